"""The sentiment protocols: every split rebuilt and counted again, the traps of their sources, the table reader."""

from __future__ import annotations

import functools
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import TASKS_VARIABLE, share
from phingpt_bench.data import catalogue, cuts, stamp
from phingpt_bench.data.normalise import normalise
from phingpt_bench.data.passport import Origin, Passport
from phingpt_bench.data.readers.fiqa import polarity
from phingpt_bench.data.readers.phrasebank import phrasebank
from phingpt_bench.data.readers.table import table
from phingpt_bench.data.sources import read_rows, source_of
from phingpt_bench.scoring.metrics import METRICS

# name -> (protocol, test rows, all rows), written down here a second time
PROTOCOLS = {
    "fpb": ("fpb/fingpt-25-seed42/v1", 1212, 4846),
    "fpb_flare": ("fpb/flare-970/v1", 970, 4846),
    "fpb_helm": ("fpb/helm-30-seed121/v1", 1454, 4846),
    "fpb_finbert": ("fpb/finbert-20-seed0/v1", 970, 4846),
    "fpb_allagree_5768": ("fpb/allagree-gtfintechlab-5768/v1", 453, 2264),
    "fpb_allagree_78516": ("fpb/allagree-gtfintechlab-78516/v1", 453, 2264),
    "fpb_allagree_944601": ("fpb/allagree-gtfintechlab-944601/v1", 453, 2264),
    "fiqa_fingpt": ("fiqa/fingpt-275/v1", 275, 1213),
    "fiqa_flare": ("fiqa/flare-235/v1", 235, 1173),
    "fiqa_official": ("fiqa/official-219/v1", 219, 1173),
    "fiqa_official_score": ("fiqa/official-219-score/v1", 219, 1173),
    "fiqa_pauri32": ("fiqa/pauri32-150/v1", 150, 1111),
    "tfns": ("tfns/validation/v1", 2388, 11931),
    "nwgi": ("nwgi/test-4047-7class/v1", 4047, 4047),
    "nwgi_3": ("nwgi/test-4047-3class/v1", 4047, 4047),
    "semeval": ("semeval2017-5-2/hash-20/v1", 232, 1142),
    "semeval_score": ("semeval2017-5-2/hash-20-score/v1", 232, 1142),
}
PHRASEBANK = [name for name in PROTOCOLS if name.startswith("fpb")]
FIQA = ["fiqa_fingpt", "fiqa_flare", "fiqa_official", "fiqa_pauri32", "semeval"]
SEEDS = (5768, 78516, 944601)
OVERLAP = "test rows that other splits have in train or validation"
Rows = list[dict[str, Any]]


def file_of(name: str) -> Path:
    return share("tasks", "passports", f"{name}.yaml")


@functools.cache
def splits(name: str) -> dict[str, Rows]:
    return catalogue.load(name)


def seen(name: str) -> Rows:
    """Train and validation rows."""
    return [row for split in ("train", "validation") for row in splits(name).get(split, [])]


@functools.cache
def raw(folder: str, *files: str) -> Rows:
    """Rows as the mirror holds them."""
    source = source_of(Origin(folder=folder, paper="", licence="", unpinned="mirror"), {file: file for file in files})
    return [row for file in files for row in read_rows(source, file)]


def texts(rows: Rows, column: str = "text") -> set[str]:
    return {row[column] for row in rows}


# --- every passport


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_passport_is_whole(name: str) -> None:
    passport = catalogue.dataset(name)
    protocol, test_rows, rows = PROTOCOLS[name]
    assert (passport.name, passport.protocol) == (name, protocol)
    assert (passport.rows["test"], sum(passport.rows.values())) == (test_rows, rows)
    assert passport.metric in METRICS and METRICS[passport.metric].kind == passport.kind
    assert passport.split and passport.comparable and passport.noise and passport.origin.paper and passport.licence
    assert file_of(name).read_text(encoding="utf-8").startswith(f"# phingpt-bench tasks show phin_{name}\n")
    for split, counts in passport.counts.items():
        assert list(counts) == list(passport.labels)  # in the order of the labels
        assert sum(counts.values()) == passport.rows[split]
    assert set(passport.counts) == (set() if passport.kind == "scores" else set(passport.rows))


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_split_is_rebuilt(name: str) -> None:
    passport = catalogue.dataset(name)
    assert stamp.stamp(file_of(name)) == {
        "rows": passport.rows, "ids": passport.ids, "digests": passport.digests, "counts": passport.counts
    }  # fmt: skip
    for rows in splits(name).values():
        assert len({row["id"] for row in rows}) == len(rows)
        if passport.kind == "scores":
            assert all(isinstance(row["score"], float) and -1 <= row["score"] <= 1 for row in rows)


def test_the_rows_of_earlier_records_are_the_same() -> None:
    """Records made before there were passports name these digests."""
    assert catalogue.dataset("fpb").digests == {
        "train": "57fef49cd91cf172", "validation": "da883b2d16548934", "test": "09f2d6adf302759b"
    }  # fmt: skip
    assert catalogue.dataset("tfns").digests == {
        "train": "5c08dd5c98cf874e", "validation": "1cfceb2fe8b8c362", "test": "dc00f3f48b348de0"
    }  # fmt: skip


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_noise_is_counted_again(name: str) -> None:
    """Each sentence with a count is in the passport where the count is not 0, and nowhere else."""
    passport, test, others = catalogue.dataset(name), splits(name)["test"], seen(name)
    what = "score" if passport.kind == "scores" else "label"
    given_target = "entity" in test[0]
    answers, of_target = defaultdict(set), defaultdict(set)
    for row in test + others:
        answers[row["text"]].add(row[what])
        of_target[row["text"], row.get("entity")].add(row[what])
    normal = {normalise(text) for text in texts(others)}
    counts = {
        "test rows that repeat the text of an earlier one": len(test) - len(texts(test)),
        f"texts with more than one {what}": sum(len(found) > 1 for found in answers.values()),
        f"texts with more than one {what} for the same target": sum(
            given_target and len(found) > 1 for found in of_target.values()
        ),
        "test rows whose text is also in train or validation": sum(row["text"] in texts(others) for row in test),
        "test rows whose text differs from one there only in case, accents or punctuation": sum(
            row["text"] not in texts(others) and normalise(row["text"]) in normal for row in test
        ),
        "texts in both train and validation": len(
            texts(splits(name).get("train", [])) & texts(splits(name).get("validation", []))
        ),
    }
    said = [entry.partition(": ") for entry in passport.noise if ": " in entry]
    told = {kind: int(count.split(",")[0]) for kind, _, count in said if kind in counts}
    assert told == {kind: count for kind, count in counts.items() if count}
    apart = any(count.endswith("each about another target") for _, _, count in said)
    assert not apart or len({(row["text"], row["entity"]) for row in test}) == len(test)


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", [name for name in PROTOCOLS if name.startswith(("fpb", "fiqa", "semeval"))])
def test_what_other_splits_of_the_same_texts_train_on(name: str) -> None:
    base = name.removesuffix("_score")
    family = [other for other in (PHRASEBANK if name in PHRASEBANK else FIQA) if other != base]
    found = [(other, sum(row["text"] in texts(seen(other)) for row in splits(name)["test"])) for other in family]
    sentence = f"{OVERLAP}: " + ", ".join(f"{other} {count}" for other, count in found)
    assert sentence in catalogue.dataset(name).noise


@pytest.mark.usefixtures("data_mirror")
def test_validation_comes_from_train_by_the_hash_of_the_text() -> None:
    for name in PROTOCOLS:
        if name in ("fpb_flare", "fiqa_flare", "fpb_finbert", "nwgi", "nwgi_3"):  # published, or none
            continue
        train, validation = cuts.cut_validation(seen(name))
        assert (texts(train), texts(validation)) == tuple(texts(splits(name)[s]) for s in ("train", "validation"))


# --- the rules of the PhraseBank splits, made again without the libraries that made them


@pytest.mark.usefixtures("data_mirror")
def test_phrasebank_rules() -> None:
    sentences = [row["sentence"] for row in raw("financial_phrasebank", "sentences_50agree/train.parquet")]
    order = list(range(len(sentences)))
    random.Random(121).shuffle(order)
    drawn = {
        "fpb": np.random.default_rng(42).permutation(len(sentences))[:1212],  # what `datasets` draws from
        "fpb_helm": order[3392:],
        "fpb_finbert": np.random.RandomState(0).permutation(len(sentences))[:970],  # what scikit-learn draws from
    }
    for name, rows in drawn.items():
        assert [row["text"] for row in splits(name)["test"]] == [sentences[row] for row in rows]
    assert len(splits("fpb_finbert")["validation"]) == 388


@pytest.mark.usefixtures("data_mirror")
def test_every_phrasebank_split_has_the_sentences_and_labels_of_the_source() -> None:
    names = ("negative", "neutral", "positive")
    for part in ("50agree", "allagree"):
        rows = raw("financial_phrasebank", f"sentences_{part}/train.parquet")
        source = Counter((row["sentence"], names[row["label"]]) for row in rows)
        for name in PHRASEBANK:
            if ("allagree" in name) == (part == "allagree"):
                assert Counter((row["text"], row["label"]) for row in splits(name)["test"] + seen(name)) == source


def test_unknown_rules_of_phrasebank() -> None:
    origin = Origin(folder="x", paper="p", licence="l", unpinned="u")
    with pytest.raises(BenchError, match="unknown PhraseBank split 'fingtp'") as caught:
        phrasebank(origin, None, rule="fingtp")
    assert caught.value.hint == "did you mean 'fingpt'?"
    with pytest.raises(BenchError, match="unknown agreement '55'"):
        phrasebank(origin, None, rule="helm", agreement=55)


# --- traps: codes


@pytest.mark.usefixtures("data_mirror")
def test_phrasebank_has_eight_copies_and_two_sentences_with_two_labels() -> None:
    rows = splits("fpb")["test"] + seen("fpb")
    assert (len(rows), len(texts(rows))) == (4846, 4838)
    labels = defaultdict(set)
    for row in rows:
        labels[row["text"]].add(row["label"])
    assert [found for found in labels.values() if len(found) > 1] == [{"neutral", "positive"}] * 2


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("seed", SEEDS)
def test_codes_of_the_allagree_files_are_their_own(seed: int) -> None:
    """0 positive, 1 negative, 2 neutral: with the codes of the Hub dataset not one sentence would keep its label."""
    hub = ("negative", "neutral", "positive")
    rows = raw("financial_phrasebank", "sentences_allagree/train.parquet")
    right = {row["sentence"]: hub[row["label"]] for row in rows}
    files = raw(f"financial_phrasebank_gtfintechlab_seeds/{seed}", "train.parquet", "test.parquet")
    assert not [row for row in files if hub[row["label"]] == right[row["sentence"]]]
    ours = splits(f"fpb_allagree_{seed}")["test"] + seen(f"fpb_allagree_{seed}")
    assert not [row for row in ours if row["label"] != right[row["text"]]]


@pytest.mark.usefixtures("data_mirror")
def test_codes_of_tfns_are_not_those_of_phrasebank() -> None:
    """FinLoRA read them as PhraseBank's: its test file has 475 neutral and 1,566 positive tweets."""
    rows = raw("twitter_financial_news_sentiment", "validation.parquet")
    swapped = Counter(("negative", "neutral", "positive")[row["label"]] for row in rows)
    assert (swapped["neutral"], swapped["positive"]) == (475, 1566)
    ours = Counter(row["label"] for row in splits("tfns")["test"])
    assert ours == {"negative": 347, "neutral": 1566, "positive": 475}
    assert any("475 bullish" in entry and "1,566 neutral" in entry for entry in catalogue.dataset("tfns").noise)


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize(
    ("name", "words", "label"),
    [
        ("tfns", "downgrade", "negative"),
        ("tfns", "price target raised", "positive"),
        ("fpb", "profit fell", "negative"),
        ("fpb", "profit rose", "positive"),
        ("fpb_flare", "profit fell", "negative"),
        ("fpb_flare", "profit rose", "positive"),
        ("fpb_allagree_944601", "profit fell", "negative"),
        ("fpb_allagree_944601", "profit rose", "positive"),
    ],
)
def test_labels_mean_what_they_say(name: str, words: str, label: str) -> None:
    """Swapped codes would show here, whatever a card says."""
    found = Counter(row["label"] for row in splits(name)["test"] + seen(name) if words in row["text"].lower())
    assert found.total() >= 10
    assert found[label] / found.total() > 0.8


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("folder", ["flare_fpb", "flare_fiqasa"])
def test_answers_of_flare_are_its_gold_codes(folder: str) -> None:
    rows = raw(folder, "train.parquet", "valid.parquet", "test.parquet")
    assert all(row["choices"][row["gold"]] == row["answer"] for row in rows)
    order = {"flare_fpb": ["positive", "neutral", "negative"], "flare_fiqasa": ["negative", "positive", "neutral"]}
    assert {tuple(row["choices"]) for row in rows} == {tuple(order[folder])}


@pytest.mark.usefixtures("data_mirror")
def test_nwgi_folded_to_three() -> None:
    folded = zip(splits("nwgi")["test"], splits("nwgi_3")["test"], strict=True)
    assert {(seven["label"], three["label"]) for seven, three in folded} == {
        ("strong negative", "negative"), ("moderately negative", "negative"), ("mildly negative", "neutral"),
        ("neutral", "neutral"), ("mildly positive", "neutral"), ("moderately positive", "positive"),
        ("strong positive", "positive"),
    }  # fmt: skip


# --- traps: FiQA's scores, copies and leaks


@pytest.mark.parametrize(
    ("score", "label"),
    [(-0.101, "negative"), (-0.1, "neutral"), (0.0, "neutral"), (0.099, "neutral"), (0.1, "positive"), (1, "positive")],
)
def test_the_class_of_a_score(score: float, label: str) -> None:
    assert polarity(score) == label


@pytest.mark.usefixtures("data_mirror")
def test_a_score_of_exactly_a_tenth_parts_the_sources() -> None:
    """neutral in the label column of pauri32/fiqa-2018, positive for FinGPT; nothing else divides them."""
    names = ("positive", "neutral", "negative")
    rows = raw("fiqa_2018", "train.parquet", "validation.parquet", "test.parquet")
    apart = [row for row in rows if names[row["label"]] != polarity(row["sentiment_score"])]
    assert [(row["sentiment_score"], names[row["label"]]) for row in apart] == [(0.1, "neutral")] * 2
    ours = {row["text"]: row["label"] for row in splits("fiqa_pauri32")["test"] + seen("fiqa_pauri32")}
    fingpt = {row["text"]: row["label"] for row in splits("fiqa_fingpt")["test"] + seen("fiqa_fingpt")}
    for row in apart:
        assert (ours[row["sentence"]], fingpt[row["sentence"]]) == ("neutral", "positive")


@pytest.mark.usefixtures("data_mirror")
def test_flare_has_the_official_rows_with_the_classes_of_their_scores() -> None:
    official = Counter((row["text"], row["label"]) for row in splits("fiqa_official")["test"] + seen("fiqa_official"))
    assert Counter((row["text"], row["label"]) for row in splits("fiqa_flare")["test"] + seen("fiqa_flare")) == official


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize("name", ["fiqa_official", "semeval"])
def test_classes_and_scores_are_of_the_same_rows(name: str) -> None:
    for split, rows in splits(name).items():
        for row, scored in zip(rows, splits(f"{name}_score")[split], strict=True):
            assert row == {**{key: value for key, value in scored.items() if key != "score"}, "label": row["label"]}
            assert row["label"] == polarity(scored["score"])
            assert row["entity"]


@pytest.mark.usefixtures("data_mirror")
def test_validation_of_fiqa_2018_leaks_and_is_not_ours() -> None:
    source = {part: raw("fiqa_2018", f"{part}.parquet") for part in ("train", "validation", "test")}
    published = texts(source["validation"], "sentence")
    assert (len(source["validation"]), len(published)) == (102, 87)
    assert published <= texts(source["train"], "sentence")  # the leak
    assert any("102 rows (87 distinct)" in entry for entry in catalogue.dataset("fiqa_pauri32").noise)
    assert sum(catalogue.dataset("fiqa_pauri32").rows.values()) == len(source["train"]) + len(source["test"])
    test, train, validation = (texts(splits("fiqa_pauri32")[part]) for part in ("test", "train", "validation"))
    assert not train & validation and not (train | validation) & test


@pytest.mark.usefixtures("data_mirror")
def test_fingpt_fiqa_is_drawn_from_all_three_parts() -> None:
    rows = raw("fiqa_2018", "train.parquet", "validation.parquet", "test.parquet")
    drawn = [rows[row] for row in np.random.default_rng(42).permutation(len(rows))[:275]]
    expected = [(row["sentence"], row["target"], polarity(row["sentiment_score"])) for row in drawn]
    assert [(row["text"], row["entity"], row["label"]) for row in splits("fiqa_fingpt")["test"]] == expected


@pytest.mark.usefixtures("data_mirror")
@pytest.mark.parametrize(
    ("name", "parts", "shared"),
    [("fpb_flare", ["train"], 1), ("fiqa_flare", ["train"], 16)]
    + [(f"fpb_allagree_{seed}", ["train", "validation"], n) for seed, n in zip(SEEDS, (4, 0, 1), strict=True)]
    + [("tfns", ["train", "validation"], 0)],
)
def test_texts_that_published_train_and_test_share(name: str, parts: list[str], shared: int) -> None:
    train = set().union(*(texts(splits(name)[part]) for part in parts))
    assert len(train & texts(splits(name)["test"])) == shared


@pytest.mark.usefixtures("data_mirror")
def test_headlines_of_fiqa_are_in_semeval() -> None:
    titles = texts(raw("semeval2017_task5_headlines", "train.parquet"), "title")
    official = raw("fiqa_task1_official", "train.parquet", "test.parquet")
    hub = raw("fiqa_2018", "train.parquet", "validation.parquet", "test.parquet")
    for rows, count, names in (
        (official, 354, ["fiqa_flare", "fiqa_official", "fiqa_official_score", "semeval", "semeval_score"]),
        (hub, 345, ["fiqa_fingpt", "fiqa_pauri32"]),
    ):
        headlines = texts([row for row in rows if row["format"] == "headline"], "sentence")
        assert (len(headlines), len(headlines & titles)) == (436, count)
        for name in names:
            assert any(entry.startswith(f"{count} of ") for entry in catalogue.dataset(name).noise)


@pytest.mark.usefixtures("data_mirror")
def test_copies_of_a_semeval_headline_are_on_one_side() -> None:
    parts = [{normalise(text) for text in texts(rows)} for rows in (splits("semeval")["test"], seen("semeval"))]
    assert not parts[0] & parts[1]
    assert len(splits("semeval")["test"]) > len(parts[0])  # there are copies at all


# --- the table reader, on invented rows

ROWS = [{"words": f"Shares of firm {i} moved .", "mood": i % 3, "firm": f"F{i}", "size": i / 10} for i in range(60)]
NAMES = ["down", "flat", "up"]


def own(folder: Path) -> Origin:
    return Origin(folder=str(folder), paper="none", licence="none", unpinned="invented")


def write(file: Path, rows: Rows) -> Path:
    if file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), file)
    elif file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n\n" for row in rows), encoding="utf-8")
    else:
        lines = [",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)]
        file.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8-sig")
    return file


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("codes", [NAMES, dict(enumerate(NAMES)), {str(i): name for i, name in enumerate(NAMES)}])
def test_table_of_each_format(tmp_path: Path, suffix: str, codes: Any) -> None:
    write(tmp_path / f"a.{suffix}", ROWS)
    found = table(own(tmp_path), None, files={"test": f"a.{suffix}"}, text="words", label="mood", codes=codes)
    expected = [{"text": row["words"], "label": NAMES[row["mood"]]} for row in ROWS]
    assert found == {"test": expected}
    elsewhere = Origin(folder="no/such", paper="none", licence="none", unpinned="invented")
    options = {"files": {"test": f"a.{suffix}"}, "text": "words", "label": "mood", "codes": codes}
    assert table(elsewhere, str(tmp_path), **options) == found  # an explicit path wins


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_table_of_scores_with_kept_columns(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a.{suffix}", ROWS)
    files = {"test": f"a.{suffix}"}
    [first, second, *_] = table(own(tmp_path), None, files=files, text="words", score="size", keep={"entity": "firm"})[
        "test"
    ]
    assert first == {"text": "Shares of firm 0 moved .", "score": 0.0, "entity": "F0"}
    assert second["score"] == 0.1 and isinstance(first["score"], float)
    [kept, *_] = table(own(tmp_path), None, files=files, text="words", score="size", keep=["firm"])["test"]
    assert kept["firm"] == "F0"


def test_table_cuts_what_the_source_lacks(tmp_path: Path) -> None:
    rows = ROWS + [{**row, "words": row["words"].upper()} for row in ROWS]
    write(tmp_path / "a.csv", rows)
    found = table(
        own(tmp_path), None, files={"train": "a.csv"}, text="words", label="firm", cut_test=30, cut_validation=20
    )
    assert list(found) == ["train", "validation", "test"]
    assert all(found.values()) and sum(map(len, found.values())) == len(rows)
    parts = {split: {normalise(row["text"]) for row in part} for split, part in found.items()}
    assert not parts["test"] & (parts["train"] | parts["validation"])  # also copies in capitals
    whole = table(own(tmp_path), None, files={"train": "a.csv"}, text="words", label="firm", cut_test=30)
    assert whole["test"] == found["test"]
    assert cuts.cut_validation(whole["train"], 20) == (found["train"], found["validation"])


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        ({"text": "word"}, "unknown column 'word'", "did you mean 'words'?"),
        ({"label": "moods"}, "unknown column 'moods'", "did you mean 'mood'?"),
        ({"keep": {"entity": "frim"}}, "unknown column 'frim'", "did you mean 'firm'?"),
        ({"codes": ["down", "flat"]}, "row 3: '2' is not one of the codes", "codes: 0, 1"),
        (
            {"label": "firm", "codes": {"F0": "a", "F10": "b"}},
            "row 2: 'F1' is not one of the codes",
            "did you mean 'F10'?",
        ),
        ({"label": None, "codes": None, "score": "firm"}, "row 1: 'F0' is not a number", None),
    ],
)
def test_what_does_not_fit_a_table(tmp_path: Path, options: dict[str, Any], message: str, hint: str | None) -> None:
    file = write(tmp_path / "a.csv", ROWS)
    whole = {"files": {"test": "a.csv"}, "text": "words", "label": "mood", "codes": NAMES, **options}
    with pytest.raises(BenchError) as caught:
        table(own(tmp_path), None, **whole)
    assert (caught.value.message, caught.value.where, caught.value.hint) == (message, str(file), hint)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"score": "size"}, "either label or score"),
        ({"label": None, "codes": None}, "either label or score"),
        ({"label": None, "score": "size"}, "codes need a label column"),
        ({"files": {"dev": "a.csv"}}, "unknown split 'dev'"),
        ({"cut_test": 20}, "cut_test makes the test split"),
        ({"cut_validation": 20}, "cut from train, but files has none"),
        ({"files": {"train": "a.csv", "validation": "a.csv"}, "cut_validation": 5}, "cut_validation makes the split"),
        ({"keep": {"label": "firm"}}, "cannot be called 'label'"),
    ],
)
def test_options_that_contradict_each_other(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    write(tmp_path / "a.csv", ROWS)
    whole = {"files": {"test": "a.csv"}, "text": "words", "label": "mood", "codes": NAMES, **options}
    with pytest.raises(BenchError, match=message):
        table(own(tmp_path), None, **whole)


@pytest.mark.parametrize("value", [-1, 3, True, None, 0.5, "", " 1"])
def test_a_code_is_never_guessed(tmp_path: Path, value: Any) -> None:
    """A list would take -1 for its last label and True for its second."""
    write(tmp_path / "a.jsonl", [{"words": "A firm .", "mood": value}])
    with pytest.raises(BenchError, match=r"row 1: .* is not one of the codes"):
        table(own(tmp_path), None, files={"test": "a.jsonl"}, text="words", label="mood", codes=NAMES)


@pytest.mark.parametrize("value", [True, None, "much", "nan", "inf"])
def test_a_score_is_a_number(tmp_path: Path, value: Any) -> None:
    write(tmp_path / "a.jsonl", [{"words": "A firm .", "size": value}])
    with pytest.raises(BenchError, match=r"row 1: .* is not a number"):
        table(own(tmp_path), None, files={"test": "a.jsonl"}, text="words", score="size")


@pytest.mark.parametrize(("value", "hint"), [(1, "give codes"), (None, None), ("", None)])
def test_labels_without_codes_are_words(tmp_path: Path, value: Any, hint: str | None) -> None:
    write(tmp_path / "a.jsonl", [{"words": "A firm .", "mood": value}])
    with pytest.raises(BenchError, match=r"row 1: .* is not a label") as caught:
        table(own(tmp_path), None, files={"test": "a.jsonl"}, text="words", label="mood")
    assert (caught.value.hint or "").startswith(hint or "") and bool(caught.value.hint) == bool(hint)


@pytest.mark.parametrize(
    ("name", "content", "message", "line"),
    [
        ("a.csv", "words,mood\n", "no rows", ""),
        ("a.csv", "words,mood\n,1\n", "row 1 has no text", ""),
        ("a.csv", "words,mood\nA firm , grew .,1\n", "more cells than the header has names", ":2"),
        ("a.csv", b"words,mood\n\xe9,1\n", "not readable as CSV in UTF-8", ""),
        ("a.jsonl", '{"words": "A ."}\n["A ."]\n', "not a JSON object", ":2"),
        ("a.jsonl", '{"words": "A ."}\n\n{"words": \n', "not readable as JSON", ":3"),
        ("a.xlsx", "", "data files end in .parquet, .csv, .jsonl", ""),
        ("a.parquet", "no parquet", "not readable as parquet", ""),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, content: str | bytes, message: str, line: str) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BenchError, match=message) as caught:
        table(own(tmp_path), None, files={"test": name}, text="words", label="mood")
    assert caught.value.where == f"{file}{line}"


def test_rows_that_are_on_no_hub_and_in_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path))
    origin = Origin(folder="mine", paper="none", licence="none", unpinned="invented")
    with pytest.raises(
        BenchError, match=r"dataset mine \(test\) is not in a mirror, and it is not on the Hub"
    ) as caught:
        table(origin, None, files={"test": "a.csv"}, text="words", label="mood")
    assert caught.value.where == str(tmp_path / "mine" / "a.csv")


# --- stamp: a dataset of one's own, with no Python

DRAFT = """\
name: mine
protocol: mine/v1
title: Mine
kind: labels
language: en
labels: [up, flat, down, "yes", "a: b"]
origin: {{folder: {folder}, paper: none, licence: none, unpinned: invented}}
reader: table
options:
  files: {{train: a.csv}}
  text: words
  label: mood
  codes: [down, flat, up]
  cut_test: 20
  cut_validation: 10
split: by hash
metric: f1_macro
comparable: with nothing
"""


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path))
    (tmp_path / "passports").mkdir()
    write(tmp_path / "a.csv", ROWS)
    file = tmp_path / "passports" / "mine.yaml"
    file.write_text(DRAFT.format(folder=tmp_path), encoding="utf-8")
    return file


def test_stamp_makes_a_passport_of_a_draft(draft: Path) -> None:
    with pytest.raises(BenchError, match="missing key 'rows'"):
        catalogue.dataset("mine")
    stamped = stamp.stamp(draft)
    assert list(stamped) == ["rows", "ids", "digests", "counts"]
    assert list(stamped["counts"]["test"]) == ["up", "flat", "down", "yes", "a: b"]
    assert stamped["counts"]["test"]["yes"] == 0
    text = draft.read_text(encoding="utf-8")
    draft.write_text(text + stamp.as_yaml(stamped), encoding="utf-8")
    passport = catalogue.dataset("mine")
    assert (passport.rows, passport.counts) == (stamped["rows"], stamped["counts"])
    assert {split: len(rows) for split, rows in catalogue.load("mine").items()} == stamped["rows"]
    draft.write_text(text + "rows: {}\nids: {test: wrong}\n", encoding="utf-8")
    assert stamp.stamp(draft) == stamped  # what is there already is not looked at


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("codes: [down", "codes: [dwon", "unknown label 'dwon'"),
        ("cut_test: 20", "cut_tset: 20", "unknown option of reader 'table' 'cut_tset'"),
        ("reader: table", "reader: tabel", "unknown reader 'tabel'"),
        ("kind: labels", "kind: spans", "a row of kind spans has no 'entities'"),
        ("  cut_test: 20\n", "", "the reader 'table' returns no test rows"),
        ("split: by hash\n", "", "missing key 'split'"),
    ],
)
def test_drafts_that_cannot_be_stamped(draft: Path, old: str, new: str, message: str) -> None:
    text = draft.read_text(encoding="utf-8")
    assert old in text
    draft.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BenchError, match=message):
        stamp.stamp(draft)


def test_files_that_are_no_drafts(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("- a\n")
    with pytest.raises(BenchError, match="a passport is a mapping"):
        stamp.stamp(file)
    file.write_text("")
    with pytest.raises(BenchError, match="missing key 'name'"):
        stamp.stamp(file)


def test_counts_of_spans_are_entities() -> None:
    passport = Passport(
        name="s", protocol="s/v1", title="S", kind="spans", language="en", labels=("ORG", "PER"), reader="table",
        origin=own(Path("x")), split="s", metric="entity_f1", comparable="c", **stamp.BLANK,
    )  # fmt: skip
    entities = [{"start": 0, "end": 1, "type": "PER"}, {"start": 2, "end": 3, "type": "PER"}]
    rows = [{"text": "t", "entities": []}, {"text": "a b", "entities": entities}]
    assert stamp.count(passport, rows) == {"ORG": 0, "PER": 2}
    with pytest.raises(BenchError, match="unknown label 'LOC'"):
        stamp.count(passport, [{"entities": [{"type": "LOC"}]}])


DIGESTS = st.text(alphabet="0123456789e", min_size=16, max_size=16)
COUNTS = st.dictionaries(st.sampled_from(["yes", "no", "a: b", "null", "x, y", "1"]), st.integers(0, 9), min_size=1)


@given(st.sampled_from(["train", "test"]), st.integers(0, 10**6), DIGESTS, COUNTS)
def test_stamped_fields_are_read_back_as_they_were(split: str, rows: int, digest: str, counts: dict[str, int]) -> None:
    stamped = {"rows": {split: rows}, "ids": {split: digest}, "digests": {split: digest}, "counts": {split: counts}}
    assert yaml.safe_load(stamp.as_yaml(stamped)) == stamped
    assert yaml.safe_load(stamp.as_yaml({**stamped, "counts": {}}))["counts"] == {}
