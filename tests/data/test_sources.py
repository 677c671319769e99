"""Where rows come from, in which order the places are asked, and that rows which are not those of the protocol stop."""

from __future__ import annotations

import random
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.data import catalogue, readers
from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.catalogue import with_ids
from phingpt_bench.data.cuts import cut_validation
from phingpt_bench.data.sources import MIRROR_VARIABLE, Source, read_file, read_rows

SOURCE = Source(
    folder="made_up",
    files={"train": "train.parquet", "test": "part/test.parquet"},
    hub_id="nobody/made-up",
    hub_splits={"test": "validation"},
    revision="c0ffee",
)
ZIPPED = replace(SOURCE, files={"all": "all.parquet"}, hub_zip=("data/made-up.zip", "made-up/Sentences.txt"))


def put(folder: Path, where: str, split: str = "train") -> None:
    """A parquet file with one row that says where it lies."""
    file = folder / SOURCE.files[split]
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"text": [where]}), file)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A Hub that has everything; the list of what it was asked for."""
    asked: list[tuple[Any, ...]] = []

    class Table:
        def to_list(self) -> list[dict[str, str]]:
            return [{"text": "hub"}]

    def load_dataset(name: str, *, split: str, revision: str | None) -> Table:
        asked.append((name, split, revision))
        return Table()

    monkeypatch.setattr("datasets.load_dataset", load_dataset)
    return asked


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("out of reach")

    monkeypatch.setattr("datasets.load_dataset", out_of_reach)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", out_of_reach)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv(MIRROR_VARIABLE, str(folder))
    return folder


def test_an_explicit_path_wins_then_the_mirror_then_the_hub(tmp_path: Path, mirror: Path, hub: list[Any]) -> None:
    put(tmp_path / "own", "own")
    put(mirror / "made_up", "mirror")
    assert read_rows(SOURCE, "train", str(tmp_path / "own")) == [{"text": "own"}]
    assert read_rows(SOURCE, "train") == [{"text": "mirror"}]
    assert hub == []
    # a split that the mirror lacks comes from the Hub, under the Hub's name and the pinned revision
    assert read_rows(SOURCE, "test") == [{"text": "hub"}]
    assert hub == [("nobody/made-up", "validation", "c0ffee")]


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_mirror_the_hub_is_asked(value: str | None, monkeypatch: pytest.MonkeyPatch, hub: list[Any]) -> None:
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(MIRROR_VARIABLE, value)
    assert read_rows(SOURCE, "train") == [{"text": "hub"}]
    assert hub == [("nobody/made-up", "train", "c0ffee")]


def test_an_explicit_path_is_never_replaced(tmp_path: Path, mirror: Path, hub: list[Any]) -> None:
    put(mirror / "made_up", "mirror")
    with pytest.raises(BenchError, match="no such data file") as caught:
        read_rows(SOURCE, "train", str(tmp_path / "own"))
    assert caught.value.where == str(tmp_path / "own" / "train.parquet")
    assert hub == []


def test_a_mirror_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hub: list[Any]) -> None:
    monkeypatch.setenv(MIRROR_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(BenchError, match=r"none is not a folder") as caught:
        read_rows(SOURCE, "train")
    assert caught.value.where == MIRROR_VARIABLE
    assert hub == []


@pytest.mark.usefixtures("no_hub")
@pytest.mark.parametrize(("source", "split"), [(SOURCE, "test"), (ZIPPED, "all")])
def test_rows_that_are_nowhere(mirror: Path, source: Source, split: str) -> None:
    with pytest.raises(BenchError, match="neither in a mirror") as caught:
        read_rows(source, split)
    assert caught.value.where == f"{mirror / 'made_up' / source.files[split]}; Hub nobody/made-up (ConnectionError)"
    assert f"made_up/{source.files[split]}" in (caught.value.hint or "")


def test_an_unknown_split_and_a_damaged_file(mirror: Path, hub: list[Any]) -> None:
    with pytest.raises(BenchError, match="no split 'dev'"):
        read_rows(SOURCE, "dev")
    file = mirror / "made_up" / "train.parquet"
    file.parent.mkdir()
    file.write_text("no parquet")
    with pytest.raises(BenchError, match="not readable as parquet") as caught:
        read_rows(SOURCE, "train")
    assert caught.value.where == str(file)
    assert hub == []


def test_the_zip_of_a_repository_with_a_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: list[Any]) -> None:
    monkeypatch.delenv(MIRROR_VARIABLE, raising=False)
    text = "Café profits rose 5 % .@positive\r\nWrite to info@mill.example .@neutral\n\nA\x85line break ?@negative"
    with zipfile.ZipFile(tmp_path / "made-up.zip", "w") as zipped:
        zipped.writestr("made-up/Sentences.txt", text.encode("latin-1"))
        zipped.writestr("made-up/License.txt", "other@member")
    asked = []

    def download(repository: str, file: str, **options: Any) -> str:
        asked.append((repository, file, options))
        return str(tmp_path / "made-up.zip")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", download)
    assert read_rows(ZIPPED, "all") == [
        {"sentence": "Café profits rose 5 % .", "label": "positive"},
        {"sentence": "Write to info@mill.example .", "label": "neutral"},
        {"sentence": "A\x85line break ?", "label": "negative"},
    ]
    assert asked == [("nobody/made-up", "data/made-up.zip", {"repo_type": "dataset", "revision": "c0ffee"})]
    assert hub == []


TEXTS = st.lists(st.text(alphabet="abc", max_size=3), max_size=40)


@given(TEXTS, st.integers(0, 100), st.randoms())
def test_the_validation_part(texts: list[str], percent: int, shuffler: random.Random) -> None:
    rows = [{"text": text, "at": at} for at, text in enumerate(texts)]
    train, validation = cut_validation(rows, percent)
    assert sorted(row["at"] for row in train + validation) == list(range(len(rows)))  # complete, each row once
    assert not {row["text"] for row in train} & {row["text"] for row in validation}  # copies are on one side
    for part in (train, validation):
        assert [row["at"] for row in part] == sorted(row["at"] for row in part)  # in file order
    shuffled = shuffler.sample(rows, len(rows))
    for part, other in zip((train, validation), cut_validation(shuffled, percent), strict=True):
        assert part == sorted(other, key=lambda row: row["at"])  # the same rows in whatever order they come
    if percent in (0, 100):
        assert (train if percent == 100 else validation) == []


def test_the_validation_part_has_its_share_and_never_changes() -> None:
    rows = [{"text": f"text {i}"} for i in range(20_000)]
    _, validation = cut_validation(rows)
    assert 0.09 < len(validation) / len(rows) < 0.11
    assert {row["text"] for row in validation} <= {row["text"] for row in cut_validation(rows, 20)[1]}
    # the rule as it was when adapters were trained: another one would move rows between the parts
    assert [row["text"] for row in validation[:3]] == PINNED


PINNED = ["text 1", "text 14", "text 33"]


def test_ids_say_which_row_and_copies_are_told_apart() -> None:
    rows = with_ids([{"text": "a"}, {"text": "b"}, {"text": "a"}, {"text": "a", "id": "own"}])
    assert [row["id"] for row in rows] == ["ca978112ca1b", "3e23e8160039", "ca978112ca1b-2", "own"]
    assert all(next(iter(row)) == "id" for row in rows)


LABELLED = [{"text": "up", "label": "positive"}, {"text": "down", "label": "negative"}]
CHANGES = {
    "label": [{"text": "up", "label": "neutral"}, LABELLED[1]],
    "text": [{"text": "up.", "label": "positive"}, LABELLED[1]],
    "order": LABELLED[::-1],
    "missing": LABELLED[:1],
    "added": [*LABELLED, {"text": "flat", "label": "neutral"}],
}


PASSPORT = """
name: made_up
protocol: made-up/v1
title: Made up
kind: labels
language: en
labels: [negative, neutral, positive]
origin: {{folder: made_up, paper: none, licence: none, unpinned: invented}}
reader: made_up
split: none
rows: {{test: 2}}
ids: {{test: "{ids}"}}
digests: {{test: "{digest}"}}
metric: f1_weighted
comparable: with nothing
"""


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """A function that makes a reader's answer, or the error it raises, that of the dataset "made_up"."""
    pinned = digest([[row["id"], row["label"]] for row in with_ids(LABELLED)])
    ids = catalogue.ids_digest(row["id"] for row in with_ids(LABELLED))
    (tmp_path / "passports").mkdir()
    (tmp_path / "passports" / "made_up.yaml").write_text(PASSPORT.format(ids=ids, digest=pinned))
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path))

    def answers(rows: Any) -> str:
        def read(origin: Any, path: str | None) -> dict[str, Any]:
            if isinstance(rows, Exception):
                raise rows
            return {"test": [{**row, "path": path} for row in rows]}

        monkeypatch.setattr(catalogue, "reader", lambda name: read)
        return pinned

    return answers


def test_the_rows_of_the_protocol_are_taken(made_up: Any) -> None:
    made_up(LABELLED)
    assert [(row["text"], row["path"]) for row in catalogue.load("made_up", "x")["test"]] == [
        ("up", "x"),
        ("down", "x"),
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_changed_rows_are_refused(change: str, made_up: Any) -> None:
    pinned = made_up(CHANGES[change])
    rows = len(CHANGES[change])
    with pytest.raises(
        BenchError, match=rf"made_up test: {rows} rows with digest \w+, expected 2 with {pinned}"
    ) as err:
        catalogue.load("made_up")
    assert "not the rows of protocol made-up/v1" in err.value.message


@pytest.mark.parametrize("error", [KeyError("sentence"), IndexError("7"), TypeError("null"), ValueError("length")])
def test_other_columns_or_codes_are_reported(error: Exception, made_up: Any) -> None:
    made_up(error)
    with pytest.raises(BenchError, match=rf"made_up has other columns or codes.*{type(error).__name__}"):
        catalogue.load("made_up")


def test_passports_of_a_folder_of_ones_own(made_up: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are found beside the shipped ones; the name in the file is that of the file; the folder must be there."""
    assert {"made_up", "fpb"} <= set(catalogue.names())
    file = tmp_path / "passports" / "made_up.yaml"
    file.rename(file.with_name("other.yaml"))
    with pytest.raises(BenchError, match=r"its name is 'made_up', and its file is other\.yaml"):
        catalogue.dataset("other")
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path / "none"))
    with pytest.raises(BenchError, match="is not a folder"):
        catalogue.names()


def test_an_unknown_reader_names_the_nearest() -> None:
    with pytest.raises(BenchError, match="did you mean 'table'"):
        readers.reader("tabel")


def test_an_unknown_dataset_names_the_nearest() -> None:
    with pytest.raises(BenchError, match="did you mean 'finer_ord'"):
        catalogue.dataset("finer-ord")


@pytest.mark.parametrize(
    ("tags", "want"),
    [
        (["O", "B-PER", "I-PER", "O"], [(2, 6, "PER")]),
        (["B-PER", "B-PER", "O", "O"], [(0, 1, "PER"), (2, 4, "PER")]),  # two that touch
        (["O", "I-ORG", "I-ORG", "O"], [(2, 6, "ORG")]),  # an I- that continues nothing opens
        (["B-PER", "I-LOC", "O", "I-LOC"], [(0, 1, "PER"), (2, 4, "LOC"), (7, 10, "LOC")]),
        (["O", "O", "O", "O"], []),
    ],
)
def test_tags_become_offsets(tags: list[str], want: list[tuple[int, int, str]]) -> None:
    row = from_bio(["a", "bb", "c", "ddd"], [*tags[:2], tags[2], tags[3]])
    assert row["text"] == "a bb c ddd"
    assert [(e["start"], e["end"], e["type"]) for e in row["entities"]] == want


def test_a_sentence_without_words_and_one_with_too_few_tags() -> None:
    assert from_bio([], []) == {"text": "", "entities": []}
    with pytest.raises(ValueError, match="shorter"):
        from_bio(["a", "b"], ["O"])


# Counts as the sources publish them, written down apart from the catalogue's own.
ROWS = {
    "fpb": {"train": 3284, "validation": 350, "test": 1212},
    "tfns": {"train": 8560, "validation": 983, "test": 2388},
    "fin": {"train": 408, "validation": 103, "test": 98},
    "finer_ord": {"train": 3262, "validation": 402, "test": 1075},
}
DIGESTS = {
    "fpb": "09f2d6adf302759b", "tfns": "dc00f3f48b348de0", "fin": "1ce3662c7eda5438", "finer_ord": "dd07bb0e053f0842",
}  # fmt: skip
# PER, ORG, LOC. As many as FiNER-ORD's B- tags (821/2026/966, 138/274/193, 284/544/300) and its I- tags that continue
# nothing (5/13/0, 0/4/0, 2/9/0).
ENTITIES = {
    "fin": {"train": (529, 230, 132), "validation": (218, 13, 39), "test": (216, 56, 39)},
    "finer_ord": {"train": (826, 2039, 966), "validation": (138, 278, 193), "test": (286, 553, 300)},
}


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", ROWS)
def test_real_splits_have_the_pinned_rows(name: str) -> None:
    splits = catalogue.load(name)
    assert {split: len(rows) for split, rows in splits.items()} == ROWS[name]
    test = digest([[row["id"], row.get("label", row.get("entities"))] for row in splits["test"]])
    assert test == DIGESTS[name]
    assert all(len({row["id"] for row in rows}) == len(rows) for rows in splits.values())


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize(
    ("name", "split", "counts"),
    [
        ("fpb", None, {"negative": 604, "neutral": 2879, "positive": 1363}),
        ("tfns", "test", {"negative": 347, "positive": 475, "neutral": 1566}),  # 0 bearish, 1 bullish, 2 neutral
    ],
)
def test_real_labels_mean_what_they_say(name: str, split: str | None, counts: dict[str, int]) -> None:
    splits = catalogue.load(name)
    rows = splits[split] if split else [row for part in splits.values() for row in part]
    assert Counter(row["label"] for row in rows) == counts


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", ENTITIES)
def test_real_entities_have_the_published_counts(name: str) -> None:
    for split, rows in catalogue.load(name).items():
        kinds = Counter(entity["type"] for row in rows for entity in row["entities"])
        assert tuple(kinds[kind] for kind in ("PER", "ORG", "LOC")) == ENTITIES[name][split]
        assert all(row["text"][e["start"] : e["end"]].strip() for row in rows for e in row["entities"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"titular;sentimiento\nventas;positivo\n", "separated by ';', not by commas"),
        (b"titular\tsentimiento\nventas\tpositivo\n", r"separated by '\\t'"),
        ("título,etiqueta\nacción,positivo\n".encode("cp1252"), "not readable as CSV in UTF-8"),
    ],
)
def test_a_file_of_a_spreadsheet_program_is_named_with_the_verb_that_reads_it(
    tmp_path: Path, content: bytes, said: str
):
    file = tmp_path / "rows.csv"
    file.write_bytes(content)
    with pytest.raises(BenchError, match=said) as told:
        read_file(file)
    assert f"phingpt-bench init task {file}" in str(told.value.hint)
