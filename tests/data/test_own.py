"""A user's own files: every form gives the same examples, and what is left out follows stated rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.own import spoken_in
from phingpt_bench.data.own.clean import cleaned
from phingpt_bench.data.own.columns import number
from phingpt_bench.data.own.example import Example
from phingpt_bench.data.own.read import read
from phingpt_bench.data.own.split import split
from phingpt_bench.data.own.spoken_in import language_of
from phingpt_bench.data.own.table import Columns
from phingpt_bench.data.own.text_file import text_of

TEXTS = ["La empresa ganó mucho, más que nunca", "Las ventas se hunden en España"]
LABELS = ["positivo", "negativo"]
ENTITY = {"start": 11, "end": 17, "type": "ORG"}
MARKED = "La empresa Iberda crece ."


def no_one(_question: str, _names: object) -> str | None:
    return None


def rows(*columns: str) -> list[dict[str, str]]:
    return [dict(zip(columns, pair, strict=True)) for pair in zip(TEXTS, LABELS, strict=True)]


def csv_of(delimiter: str, *names: str) -> str:
    lines = [delimiter.join(names)] + [f'"{a}"{delimiter}{b}' for a, b in zip(TEXTS, LABELS, strict=True)]
    return "\r\n".join(lines)


LABELLED: dict[str, tuple[str, bytes]] = {
    "comma": ("a.csv", csv_of(",", "text", "label").encode()),
    "excel in Spain": ("a.csv", csv_of(";", "Titular", "Sentimiento").encode("cp1252")),
    "tabs": ("a.tsv", csv_of("\t", "Frase", "Etiqueta").encode("utf-8-sig")),
    "utf-16": ("a.csv", csv_of(",", "texto", "clase").encode("utf-16")),
    "json lines": ("a.jsonl", "\n".join(map(json.dumps, rows("sentence", "gold"))).encode()),
    "json": ("a.json", json.dumps(rows("texto", "categoría")).encode()),
    "doccano": ("a.jsonl", "\n".join(json.dumps({"id": 1, "text": t, "label": [x]})
                                     for t, x in zip(TEXTS, LABELS, strict=True)).encode()),
    "prodigy": ("a.jsonl", "\n".join(json.dumps({"text": t, "label": x, "answer": "accept", "_input_hash": 1})
                                     for t, x in zip(TEXTS, LABELS, strict=True)).encode()),
    "prodigy, options": ("a.jsonl", "\n".join(
        json.dumps({"text": t, "options": [{"id": x}], "accept": [x], "answer": "accept"})
        for t, x in zip(TEXTS, LABELS, strict=True)).encode()),
    "label studio": ("a.json", json.dumps([
        {"data": {"text": t}, "annotations": [{"result": [{"type": "choices", "value": {"choices": [x]}}]}]}
        for t, x in zip(TEXTS, LABELS, strict=True)]).encode()),
}  # fmt: skip


@pytest.mark.parametrize(("file", "content"), LABELLED.values(), ids=LABELLED.keys())
def test_labels_are_read_from_every_form(tmp_path: Path, file: str, content: bytes) -> None:
    (tmp_path / file).write_bytes(content)
    found = read(tmp_path / file, Columns(), no_one)
    assert found.kind == "labels"
    assert [(one.text, one.label) for one in found.examples] == list(zip(TEXTS, LABELS, strict=True))


CONLL = "-DOCSTART- -X- O\n\nLa X O\nempresa X O\nIberda X B-ORG\ncrece X O\n. X O\n"
SPANS: dict[str, Callable[[Path], Path]] = {}


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def lines(folder: Path, *values: Any) -> Path:
    return written(folder / "a.jsonl", "\n".join(map(json.dumps, values)))


SPANS |= {
    "conll": lambda folder: written(folder / "a.conll", CONLL),
    "bioes in a .txt": lambda folder: written(folder / "a.txt", "La O\nempresa O\nIberda S-ORG\ncrece O\n. O\n"),
    "offsets": lambda folder: lines(folder, {"text": MARKED, "entities": [ENTITY]}),
    "spanish offsets": lambda folder: lines(
        folder, {"texto": MARKED, "entidades": [{"inicio": 11, "fin": 17, "tipo": "ORG"}]}
    ),
    "doccano": lambda folder: lines(folder, {"id": 1, "text": MARKED, "label": [[11, 17, "ORG"]]}),
    "doccano, new": lambda folder: lines(
        folder,
        {"text": MARKED, "entities": [{"id": 1, "label": "ORG", "start_offset": 11, "end_offset": 17}]},
    ),
    "prodigy": lambda folder: lines(
        folder,
        {"text": MARKED, "spans": [{"start": 11, "end": 17, "label": "ORG"}], "tokens": [], "answer": "accept"},
        {"text": "x", "spans": [], "answer": "reject"},
    ),
    "tokens": lambda folder: lines(
        folder, {"tokens": MARKED.split(), "ner_tags": ["O", "O", "U-ORG", "O", "O"]}
    ),
    "label studio": lambda folder: written(folder / "a.json", json.dumps([{
        "data": {"text": MARKED}, "annotations": [
            {"was_cancelled": True, "result": []},
            {"result": [{"type": "labels", "value": {"start": 11, "end": 17, "text": "Iberda", "labels": ["ORG"]}}]},
        ]}])),
    "label studio, min": lambda folder: written(folder / "a.json", json.dumps([
        {"text": MARKED, "id": 3, "label": [{"start": 11, "end": 17, "text": "Iberda", "labels": ["ORG"]}]}])),
    "brat": lambda folder: written(folder / "b" / "doc.ann", "T1\tORG 11 17\tIberda\nR1\tx Arg1:T1\n")
    and written(folder / "b" / "doc.txt", f"{MARKED}\n").parent,
}  # fmt: skip


@pytest.mark.parametrize("make", SPANS.values(), ids=SPANS.keys())
def test_entities_are_read_from_every_form(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    found = read(make(tmp_path), Columns(), no_one)
    assert found.kind == "spans"
    assert [(one.text, one.entities) for one in found.examples] == [(MARKED, [ENTITY])]


@pytest.mark.parametrize("tags", ["O O B-A I-A O", "O O B-A E-A O", "O O I-A I-A O", "O O B-A L-A O"])
def test_the_dialects_of_tags_are_the_same_entity(tags: str) -> None:
    assert from_bio(["a", "b", "c", "d", "e"], tags.split())["entities"] == [{"start": 4, "end": 7, "type": "A"}]


def test_neighbours_stay_two_entities() -> None:
    for tags in ("B-A B-A", "S-A S-A", "B-A S-A", "U-A B-A"):
        assert len(from_bio(["a", "b"], tags.split())["entities"]) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written_as", "value"),
    [("0,5", 0.5), ("-0,25", -0.25), ("1.234,5", 1234.5), ("0.5", 0.5), ("\u22121", -1.0), ("a", None), (True, None)],
)
def test_numbers_have_a_decimal_point_or_comma(written_as: object, value: float | None) -> None:
    assert number(written_as) == value


def test_scores_with_decimal_commas_are_scores(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", 'texto;puntuación\n"Sube";0,5\n"Baja";-0,75\n')
    found = read(file, Columns(), no_one)
    assert found.kind == "scores" and [one.score for one in found.examples] == [0.5, -0.75]
    written(file, "texto;puntuación\nSube;3,5\n")
    with pytest.raises(BenchError, match="not a number from -1 to 1"):
        read(file, Columns(), no_one)


def test_numbers_as_labels_need_names(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "text,label\nup,2\ndown,0\n")
    with pytest.raises(BenchError, match="numbers, which say nothing") as told:
        read(file, Columns(), no_one)
    assert "--codes 0=A,2=B" in (told.value.hint or "")
    found = read(file, Columns(codes={"0": "negative", "2": "positive"}), no_one)
    assert [one.label for one in found.examples] == ["positive", "negative"]


def test_columns_are_found_by_their_values_asked_for_or_named_in_the_error(tmp_path: Path) -> None:
    text = "c1,c2,c3\n" + "\n".join(
        f"The company reports result number {i} today,{i},{'a' if i % 2 else 'b'}" for i in range(20)
    )
    file = written(tmp_path / "a.csv", text)
    found = read(file, Columns(), no_one)
    assert found.examples[1].text.endswith("1 today") and found.examples[1].label == "a"
    short = written(tmp_path / "b.csv", "c1,c2\nx,y\nz,w\n")
    with pytest.raises(BenchError, match="Which column holds the texts") as told:
        read(short, Columns(), no_one)
    assert told.value.hint == "--text NAME: c1, c2"
    answers = iter(["c1", "c2"])
    found = read(short, Columns(), lambda _question, _names: next(answers))
    assert [(one.text, one.label) for one in found.examples] == [("x", "y"), ("z", "w")]
    with pytest.raises(BenchError, match="column"):
        read(short, Columns(text="c3"), no_one)


def test_a_column_of_parts_makes_the_splits(tmp_path: Path) -> None:
    file = written(tmp_path / "a.csv", "texto,etiqueta,partición\nuno,a,entrenamiento\ndos,b,prueba\n")
    assert [one.part for one in read(file, Columns(), no_one).examples] == ["train", "test"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", "PK", "is a workbook"),
        ("a.conll", "La O\nempresa\n", "a token without a tag"),
        ("a.jsonl", '{"text": "abc", "entities": [{"start": 1, "end": 9, "type": "X"}]}', "is not in a text of 3"),
        (
            "a.jsonl",
            '{"text": "abc", "entities": [{"start": 0, "end": 1, "type": "X", "text": "b"}]}',
            "its offsets give 'a'",
        ),
        ("a.jsonl", '{"text": "abc", "label": ["x", "y"]}', "2 labels for one text"),
        ("a.jsonl", '{"tokens": ["a"], "tags": ["O", "O"]}', "1 tokens and 2 tags"),
        ("a.json", "[1]", "not a JSON object"),
        ("a.jsonl", "{", "not readable as JSON"),
        ("a.csv", " \n", "the file is empty"),
        ("a.csv", "text,label\n", "Which column|holds no rows"),
    ],
)
def test_what_cannot_be_read_is_an_error_with_its_place(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(BenchError, match=message) as told:
        read(written(tmp_path / name, content), Columns(), no_one)
    assert told.value.where


def one(text: str, label: str | None, place: str = "") -> Example:
    return Example(text=text, label=label, place=place)


def test_rows_are_cleaned_by_the_stated_rules() -> None:
    parts = {
        "train": [one("Up.", "good"), one("up", "Good"), one("Down", "bad"), one("", "bad"), one("x", None),
                  one("Shared!", "good")],
        "test": [one("shared", "good"), one("Other", "bad")],
    }  # fmt: skip
    left, notes = cleaned(parts)
    assert [[row.text for row in part] for part in left.values()] == [["Up.", "Down"], ["shared", "Other"]]
    assert [str(note) for note in notes] == [
        "1 row without a text is left out", "1 row without an answer is left out",
        "labels in another case: Good = good",
        "1 duplicate is left out", "1 train row has the text of a row that is tested, and is left out",
    ]  # fmt: skip


def test_contradictions_are_refused_dropped_or_kept() -> None:
    parts = {"test": [one("Up", "good", "f:1"), one("up!", "bad", "f:2"), one("Down", "bad")]}
    with pytest.raises(BenchError, match="one text and two answers: good and bad") as told:
        cleaned(parts)
    assert told.value.where == "f:1, f:2" and "--contradictions drop" in (told.value.hint or "")
    assert [row.text for row in cleaned(parts, "drop")[0]["test"]] == ["Down"]
    left, notes = cleaned(parts, "keep")
    assert len(left["test"]) == 3 and notes == ["1 text with several answers is kept"]


def test_of_overlapping_entities_the_longest_stays() -> None:
    held = [
        {"start": 0, "end": 4, "type": "A"},
        {"start": 0, "end": 9, "type": "B"},
        {"start": 10, "end": 12, "type": "A"},
    ]
    left, notes = cleaned({"test": [Example(text="Banco BBVA es", entities=held, place="")]})
    assert [entity["type"] for entity in left["test"][0].entities or []] == ["B", "A"]
    assert notes == ["1 entity overlaps a longer one and is left out"]


def test_one_file_is_cut_so_that_copies_and_documents_stay_together() -> None:
    given = [one(f"Row number {i // 2}{'.' if i % 2 else ''}", f"{i % 2}") for i in range(400)]
    parts, rules = split({"train": given})
    assert sorted(parts) == ["test", "train", "validation"] and len(rules) == 2
    keys = [{row.text.rstrip(".") for row in part} for part in parts.values()]
    assert not keys[0] & keys[1] and not keys[0] & keys[2] and not keys[1] & keys[2]
    assert 0.12 < len(parts["test"]) / 400 < 0.28
    documents = [Example(text=f"t{i}", label="a", document=str(i % 40), place="") for i in range(400)]
    parts, _ = split({"train": documents})
    held = [{row.document for row in part} for part in parts.values()]
    assert not held[0] & held[1] and not held[0] & held[2]
    with pytest.raises(BenchError, match="too small"):
        split({"train": given[:1]})


def test_the_language_is_that_of_the_commonest_words() -> None:
    assert language_of(TEXTS) == "es"
    assert language_of(["The company has a loss of the year"]) == "en"
    assert language_of(["1234"]) is None


def test_a_third_language_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(spoken_in._WORDS, "de", frozenset(["der", "die", "das", "und", "in", "es", "mit"]))
    assert language_of(["Die Firma und der Umsatz in Espoo"]) == "de"
    assert language_of(TEXTS) == "es"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "text,label\n", "holds no rows, only a header"),
        ("a.json", "[]", "the file holds no rows"),
        (
            "a.csv",
            "".join(f"Sales rose in {i} of the towns,{'up' if i % 2 else 'down'}\n" for i in range(20)),
            "first line",
        ),
        ("a.csv", b"text,label\nM\xc3\xbcller,up\nM\xfcller,down\n", "some lines are UTF-8"),
        (
            "a.jsonl",
            '{"text": "Apple rose", "entities": [[0, 5, "ORG"]]}\n{"text": "x", "entities": ["A"]}\n',
            "an entity is",
        ),
        ("a.jsonl", '{"tokens": ["a"], "tags": ["B-X"]}\n{"text": "x"}\n', "not readable in the form"),
        (
            "a.jsonl",
            '{"data": {"text": "x"}, "annotations": [{"result": [{"value": {"labels": ["A"]}}]}]}\n',
            "not readable in",
        ),
        ("a.csv", "text,score\n" + "A,0.5\nB,inf\n", "not a number"),
    ],
)
def test_a_file_that_cannot_be_read_right_is_an_error_for_people(
    tmp_path: Path, name: str, text: str | bytes, message: str
) -> None:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    wanted = Columns(score="score") if "score" in str(text) else Columns()
    with pytest.raises(BenchError, match=message):
        read(file, wanted, no_one)


def test_infinite_is_no_number() -> None:
    assert number("inf") is None
    assert number(float("nan")) is None


def test_labels_and_scores_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("text,label,score\nA,up,0.5\n")
    with pytest.raises(BenchError, match="give one of them"):
        read(file, Columns(label="label", score="score"), no_one)


SPANISH = ["Telefónica perdió más por la caída de su filial", "El euríbor subió según España"] * 3


@pytest.mark.parametrize("encoding", ["cp850", "mac_roman"])
def test_letters_of_another_code_page_are_not_taken_for_those_of_cp1252(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(
        "\n".join(["texto;clase", *(f"{text};{n % 2}" for n, text in enumerate(SPANISH))]).encode(encoding)
    )
    with pytest.raises(BenchError, match="is not UTF-8, and read as cp1252 it has") as told:
        text_of(file)
    assert told.value.hint is not None and f"--encoding {encoding}" in told.value.hint
    assert text_of(file, encoding)[0].count("Telefónica") == 3
    assert text_of(file, "cp1252")[0]  # whoever names it gets it


@pytest.mark.parametrize(
    "text",
    [
        "The company\u2019s profit rose\u2014and fell",
        "Un cœur à Málaga, según él",
        "Gewinn wächst, Größe fällt",
        "Coût: 5 €",
    ],
)
def test_text_that_is_cp1252_is_read_as_that(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(f"text,label\n{text},a\n".encode("cp1252"))
    assert text in text_of(file)[0]


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a comma"), (";", "a semicolon"), ("\t", "a tab"), ("|", "a vertical bar")]
)
def test_a_line_with_too_many_fields_names_the_sign_between_them(tmp_path: Path, delimiter: str, name: str) -> None:
    content = "\n".join(delimiter.join(row) for row in (("text", "label"), ("A b", "up"), ("C d", "e", "up")))
    with pytest.raises(BenchError, match="3 columns, the header has 2") as told:
        read(written(tmp_path / "a.csv", content), Columns(), no_one)
    assert told.value.where == f"{tmp_path / 'a.csv'}:3"
    assert told.value.hint is not None and f"a field with {name}, a quote" in told.value.hint


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        (Columns(label="text"), "--label"),
        (Columns(text="label", label="label"), "--label"),
        (Columns(score="text"), "--score"),
    ],
)
def test_one_column_is_not_both_text_and_answer(tmp_path: Path, wanted: Columns, where: str) -> None:
    file = written(tmp_path / "a.csv", "text,label\nSales rose a lot,up\nSales fell a lot,down\n")
    with pytest.raises(BenchError, match="would be both the text and the answer") as told:
        read(file, wanted, no_one)
    assert told.value.where == where


@pytest.mark.parametrize("wanted", [Columns(label="NER"), Columns(text="a"), Columns(codes={"0": "a"})])
def test_columns_of_a_file_without_columns_are_refused(tmp_path: Path, wanted: Columns) -> None:
    file = written(tmp_path / "a.conll", "La O\nIberda B-ORG\n")
    with pytest.raises(BenchError, match="is for tables with named columns") as told:
        read(file, wanted, no_one)
    assert told.value.where in ("--label", "--text", "--codes")


@pytest.mark.parametrize(("given", "near"), [("titulare.csv", True), ("titulares.cvs", True), ("x.csv", False)])
def test_a_missing_file_has_the_nearest_name_beside_it_as_a_hint(tmp_path: Path, given: str, near: bool) -> None:
    written(tmp_path / "titulares.csv", "text,label\nA,up\n")
    with pytest.raises(BenchError, match="no such file") as told:
        read(tmp_path / given, Columns(), no_one)
    assert (told.value.hint == f"did you mean '{tmp_path / 'titulares.csv'}'?") == near
