"""Files of answers: every format read alike, rows matched and none dropped without a word, errors for people."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.rescore.columns import find_columns
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.rescore.table import read_table
from phingpt_bench.rescore.values import Report

COLUMNS = dict.fromkeys(("answer", "gold", "id", "text"))
LABELS = "negative,neutral,positive"
# a comma, quotes, line breaks, a character beyond the first plane, a line separator
AWKWARD = ['Profit, "up" 5%', "two\nlines", "\U0001d4d0 share", "a\u2028b", "", "  blanks  "]


def score(file: Path, **request: Any) -> Report:
    columns = {**COLUMNS, **request.pop("columns", {})}
    return rescore(Request(file=file, columns=columns, **request))


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows in the format that the ending names."""
    if file.suffix in (".csv", ".tsv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]), delimiter="\t" if file.suffix == ".tsv" else ",")
        writer.writeheader()
        writer.writerows(rows)
        file.write_bytes(out.getvalue().encode())
    elif file.suffix == ".jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif file.suffix == ".json":
        file.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), file)
    return file


@pytest.fixture(scope="module")
def demo() -> list[dict[str, Any]]:
    return catalogue.load("demo_sentiment")["test"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_every_format_gives_the_same_rows(tmp_path: Path, ending: str) -> None:
    rows = [{"id": str(i), "answer": text, "label": "neutral"} for i, text in enumerate(AWKWARD)]
    table = read_table(write(tmp_path / f"a.{ending}", rows))
    assert table.columns == {key: [row[key] for row in rows] for key in rows[0]}
    assert list(table.places)[:3] == ([2, 3, 5] if ending in ("csv", "tsv") else [1, 2, 3])


def test_a_byte_order_mark_blank_lines_and_semicolons_are_accepted(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'\xef\xbb\xbfid;answer\r\n\r\n1;"a;b"\r\n\r\n2;c\r\n')
    table = read_table(file)
    assert table.columns == {"id": ["1", "2"], "answer": ["a;b", "c"]}
    assert table.places == [3, 5]
    assert table.where(1) == f"{file}:5"


def test_bars_between_columns_and_every_line_end_are_accepted(tmp_path: Path) -> None:
    for ending, delimiter in (("\n", "|"), ("\r\n", ","), ("\r", "\t")):
        file = tmp_path / "a.csv"
        lines = (delimiter.join(row) for row in (("id", "answer"), ("1", "up"), ("2", "down")))
        file.write_bytes(ending.join(lines).encode() + ending.encode())
        assert read_table(file).columns == {"id": ["1", "2"], "answer": ["up", "down"]}


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_objects_over_several_lines_and_a_list_inside_an_object(tmp_path: Path, name: str) -> None:
    rows = [{"id": 1, "answer": "a } b"}, {"id": 2, "answer": "c"}]
    file = tmp_path / name
    file.write_text("\n".join(json.dumps(row, indent=1) for row in rows), encoding="utf-8")
    table = read_table(file)
    assert table.columns == {"id": [1, 2], "answer": ["a } b", "c"]}
    assert list(table.places) == [1, 5] and table.unit == "line"
    file.write_text(json.dumps({"model": "m", "results": rows}, indent=1), encoding="utf-8")
    table = read_table(file)
    assert table.columns == {"id": [1, 2], "answer": ["a } b", "c"]} and table.unit == "row"


def test_a_cut_object_over_several_lines_is_an_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{\n"id": 1\n}\n{\n"id": ', encoding="utf-8")
    with pytest.raises(BenchError, match="not readable as JSON"):
        read_table(file)


def test_the_columns_of_a_wide_file_are_not_all_listed(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", [{f"{'x' * 100}{at}": "1" for at in range(50)}])
    with pytest.raises(BenchError) as error:
        find_columns(read_table(file), COLUMNS)
    assert len(error.value.hint or "") < 600 and "and 38 more" in (error.value.hint or "")


@pytest.mark.parametrize("nothing", [None, "", float("nan")])
def test_rows_without_an_id_are_rows_of_their_own(tmp_path: Path, nothing: Any) -> None:
    rows = [{"id": nothing, "gold": "positive", "answer": answer} for answer in ("positive", "positive", "neutral")]
    report = score(write(tmp_path / "a.jsonl", rows), labels=LABELS)
    assert report.n == 3 and not report.case.matching.doubled


def test_gold_labels_in_another_case_are_the_same_labels(tmp_path: Path) -> None:
    rows = [{"gold": gold, "answer": "positive"} for gold in ("Positive", " POSITIVE ", "negative")]
    report = score(write(tmp_path / "a.csv", rows), labels=LABELS)
    assert report.value("phin", "acc").score == pytest.approx(2 / 3)
    with pytest.raises(BenchError, match="gold label 'UP' is not among"):  # it could be either
        score(write(tmp_path / "b.csv", [{"gold": "UP", "answer": "x"}]), labels="up-,up_,Down")


def test_rows_of_json_may_lack_a_column(tmp_path: Path) -> None:
    file = tmp_path / "answers.txt"  # told by its first character
    file.write_text('{"id": 1, "answer": "neutral"}\n{"id": 2}\n', encoding="utf-8")
    assert read_table(file).columns == {"id": [1, 2], "answer": ["neutral", None]}


def test_columns_are_guessed_by_the_surest_name_and_said(tmp_path: Path) -> None:
    rows = [{"Sentence": "x", "label": "neutral", "output": "a", "Prediction": "a"}]
    found = find_columns(read_table(write(tmp_path / "a.jsonl", rows)), COLUMNS)
    assert (found["answer"].name, found["answer"].guessed, found["answer"].also) == ("Prediction", True, ("output",))
    assert (found["gold"].name, found["text"].name, "id" in found) == ("label", "Sentence", False)
    given = find_columns(read_table(tmp_path / "a.jsonl"), {**COLUMNS, "answer": "label", "text": "none"})
    assert (given["answer"].guessed, "gold" in given, "text" in given) == (False, False, False)
    report = score(tmp_path / "a.jsonl", labels=LABELS)
    assert "answers from 'Prediction' (guessed, not 'output')" in report.notes[0]


BAD: list[tuple[str, bytes, str, str]] = [
    ("a.csv", b"", "the file is empty", ""),
    ("a.csv", b"id,answer\n", "the file holds no rows", ""),
    ("a.jsonl", b'{"id": 1}\n{"id": \n', "not readable as JSON", ":2"),
    ("a.jsonl", b'{"id": 1}\n[2]\n', "a row is an object of columns, not list", ":2"),
    ("a.json", b'[{"id": 1}, 7]', "a row is an object of columns, not int", ", row 2"),
    ("a.csv", b"id,answer\n1,a\n2\n", "1 columns, the header has 2", ":3"),
    ("a.csv", b'id,answer\n1,"a\n', "not readable as CSV", ":2"),
    ("a.csv", b"answer,answer\n1,2\n", "column 'answer' occurs twice in the header", ":1"),
    ("a.csv", b"id,answer\n1,caf\xe9\n", "not UTF-8: byte 0xe9 at offset 15", ":2"),
    ("a.csv", b"\xef\xbb\xbfid,answer\n1,caf\xe9\n", "not UTF-8: byte 0xe9 at offset 18", ":2"),
    ("a.csv", "id,answer\n1,a\n".encode("utf-16"), "is UTF-16, not UTF-8", ""),
    ("a.csv", bytes(range(256)), "is not text: a zero byte at offset 0", ""),
    ("a.bin", b"\x89PNG\r\n", "not UTF-8: byte 0x89 at offset 0", ":1"),
    ("a.txt", b"hello", "neither CSV, JSON lines, JSON nor parquet by its name", ""),
    ("a.parquet", b"PAR1 and then nothing", "not readable as parquet", ""),
]


@pytest.mark.parametrize(("name", "content", "message", "place"), BAD)
def test_a_damaged_file_is_reported_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, message: str, place: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert main(["rescore", str(file), "--labels", LABELS]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{file}{place}: {message}" in captured.err


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BenchError, match="is a folder"):
        score(tmp_path, labels=LABELS)


ROW = {"id": "1", "text": "Nokia rose", "label": "neutral", "answer": "neutral"}
REFUSED: list[tuple[list[dict[str, Any]], list[str], str]] = [
    ([ROW], ["--labels", LABELS, "--answer-column", "anwser"], "did you mean 'answer'?"),
    ([{"x": 1}], ["--labels", LABELS], "no column looks like a column of answers"),
    ([{"answer": "x"}], ["--labels", LABELS], "no column looks like a column of gold answers"),
    ([ROW, {**ROW, "id": "2", "label": "positve"}], ["--labels", LABELS], ":2: gold label 'positve' is not among"),
    ([ROW, {**ROW, "answer": "positive"}], ["--labels", LABELS], "different answers have the same id (lines 1, 2)"),
    ([ROW], ["--labels", LABELS, "--scorer", "flar"], "unknown scorer 'flar'"),
    ([ROW], ["--labels", LABELS, "--scorer", "flare-ner"], "scorer 'flare-ner' reads entities"),
    ([ROW], ["--labels", "a,b", "--gold-column", "none"], "no column looks like a column of gold answers"),
    ([{**ROW, "label": "a"}], ["--labels", "a,b", "--scorer", "fingpt"], "scorer 'fingpt' cannot score these answers"),
    ([ROW], ["--labels", "a"], "--labels names one label"),
    ([ROW], ["--labels", "a,,b"], "holds an empty name"),
    ([ROW], ["--labels", "a,b,a"], "names 'a' twice"),
    ([ROW], ["--labels", LABELS, "--answer-format", "json"], "--answer-format is for entities"),
    ([ROW], ["--labels", LABELS, "--answered-only"], "--answered-only is for the rows of a task"),
    ([ROW], ["--labels", LABELS, "--task", "phin_fpb"], "exclude each other"),
    ([ROW], [], "cannot tell which task these answers belong to"),
    ([ROW], ["--task", "phin_fbp"], "unknown task 'phin_fbp'"),
    ([ROW], ["--task", "phin_sentiment"], "is a group of tasks"),
    ([ROW], ["--task", "phin_demo_sentiment"], "no text in column 'text' is one of the task's"),
    ([ROW], ["--task", "phin_demo_sentiment", "--id-column", "id"], "no id in column 'id' is one of the task's"),
    ([{"answer": "x"}], ["--task", "phin_demo_sentiment"], "no column looks like a column of ids or texts"),
    ([ROW], ["--entity-types", "ORG"], "gold entities are not a JSON list of objects"),
    ([{**ROW, "label": '[{"start": 0, "end": 50, "type": "ORG"}]'}], ["--entity-types", "ORG"], "not within the text"),
    ([{**ROW, "label": '[{"type": "X", "text": "Nokia"}]'}], ["--entity-types", "ORG"], "gold entity of type 'X'"),
    ([{**ROW, "label": '[{"type": "ORG", "text": "Nok"}]'}], ["--entity-types", "ORG"], "'Nok' has no place"),
    ([{**ROW, "label": '[{"type": "ORG"}]'}], ["--entity-types", "ORG"], "neither offsets nor a text"),
    ([{"answer": "x", "gold": "[]"}], ["--entity-types", "ORG"], "no column looks like a column of texts"),
    ([ROW], ["--entity-types", "ORG", "--answer-format", "jsn"], "unknown answer format 'jsn'"),
    ([{"label": "neutral", "log_likelihoods": [-1, "x", -2]}], ["--labels", LABELS], "holds no list of 3 log"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "options", "message"), REFUSED)
def test_a_bad_request_ends_in_one_error_and_nothing_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: list[dict[str, Any]], options: list[str], message: str
) -> None:
    file = write(tmp_path / "a.jsonl", rows)
    assert main(["rescore", str(file), *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err


def answers(demo: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [{key: row[key], "answer": row["label"]} for row in demo]


@pytest.mark.parametrize("key", ["id", "text"])
@pytest.mark.parametrize("task", ["phin_demo_sentiment", "demo_sentiment", "demo-sentiment/v1"])
def test_rows_are_matched_in_any_order(tmp_path: Path, demo: list[dict[str, Any]], key: str, task: str) -> None:
    report = score(write(tmp_path / "a.csv", answers(demo, key)[::-1]), task=task)
    assert report.value("phin", "acc").score == 1
    assert (report.case.matching.by, report.n, report.case.whole) == (key, len(demo), True)
    assert not any("!" in note for note in report.notes)


def test_texts_that_differ_in_form_only_are_matched(tmp_path: Path, demo: list[dict[str, Any]]) -> None:
    rows = answers(demo, "text")
    damage: list[Callable[[str], str]] = [
        str.upper,
        lambda t: f" {t}\u00a0",
        lambda t: t.replace(" ", "  ").rstrip("."),
    ]
    for at, change in enumerate(damage):
        rows[at]["text"] = change(rows[at]["text"])
    report = score(write(tmp_path / "a.csv", rows), task="phin_demo_sentiment")
    assert (report.case.matching.normalised, report.value("phin", "acc").score) == (3, 1)


def test_rows_without_an_answer_are_missing_and_wrong(tmp_path: Path, demo: list[dict[str, Any]]) -> None:
    file = write(tmp_path / "a.csv", answers(demo, "id")[:100])
    report = score(file, task="phin_demo_sentiment")
    assert report.value("phin", "acc").score == pytest.approx(100 / 132)
    assert report.details.reasons == {"no answer in the file": 32}
    assert any(note.startswith("! 32 rows of the task without an answer") for note in report.notes)
    only = score(file, task="phin_demo_sentiment", answered_only=True)
    assert (only.n, only.value("phin", "acc").score, only.case.whole) == (100, 1, False)
    assert any("ANOTHER ROW SET: 32 rows" in note for note in only.notes)


def test_rows_too_many_are_reported_by_line(tmp_path: Path, demo: list[dict[str, Any]]) -> None:
    rows = answers(demo, "text")
    rows += [{"text": "Never in the task", "answer": "neutral"}, rows[0], rows[0]]
    report = score(write(tmp_path / "a.jsonl", rows), task="phin_demo_sentiment")
    assert (report.case.matching.unmatched, report.case.matching.doubled) == ([132], [133, 134])
    assert "! 1 row of the file not in the task, not scored: line 133." in report.notes
    assert "! 2 duplicate rows of the file, not scored: lines 134, 135." in report.notes
    assert report.value("phin", "acc").score == 1


def test_two_answers_to_one_row_need_a_decision(tmp_path: Path, demo: list[dict[str, Any]]) -> None:
    rows = answers(demo, "id")
    rows.append({"id": demo[0]["id"], "answer": "no idea"})
    file = write(tmp_path / "a.jsonl", rows)
    with pytest.raises(BenchError, match=r"2 rows with different answers have the same id \(lines 1, 133\)"):
        score(file, task="phin_demo_sentiment")
    assert score(file, task="phin_demo_sentiment", duplicates="first").value("phin", "acc").score == 1
    assert score(file, task="phin_demo_sentiment", duplicates="last").value("phin", "acc").score == pytest.approx(
        131 / 132
    )


def test_a_gold_column_beside_a_task(tmp_path: Path, demo: list[dict[str, Any]]) -> None:
    rows = [{**row, "label": demo[at]["label"]} for at, row in enumerate(answers(demo, "id"))]
    rows[4]["label"] = "negative" if rows[4]["label"] != "negative" else "positive"
    file = write(tmp_path / "a.jsonl", rows)
    beside = score(file, task="phin_demo_sentiment")
    assert beside.value("phin", "acc").score == 1
    assert "! 1 gold label of the file is not the task's, which counts: line 5." in beside.notes
    own = score(file, task="phin_demo_sentiment", columns={"gold": "label"})
    assert own.value("phin", "acc").score == pytest.approx(131 / 132)
    assert any("not comparable under that id" in note for note in own.notes)


def test_phrasebank_by_its_sentences(tmp_path: Path, data_mirror: Path) -> None:
    rows = catalogue.load("fpb")["test"]
    told = [{"sentence": row["text"], "output": row["label"].title()} for row in rows]
    report = score(write(tmp_path / "a.csv", told), task="phin_fpb", scorers=("all",))
    assert report.value("phin", "acc").score == 1
    assert report.value("fingpt", "acc").score == 1
    assert {scored.scorer for scored in report.scored} >= {"phin", "fingpt", "flare", "helm", "flame", "finlora"}
    # two sentences stand twice: where one of the copies is answered otherwise, their order decides
    texts = [row["text"] for row in rows]
    first = next(at for at, text in enumerate(texts) if text in texts[at + 1 :])
    told[first]["output"] = "?"
    split = score(write(tmp_path / "a.csv", told), task="phin_fpb")
    assert split.case.matching.paired == 2
    assert split.value("phin", "acc").score == pytest.approx(1211 / 1212)
    once = score(write(tmp_path / "a.csv", told[:first] + told[first + 1 :]), task="phin_fpb")
    assert (once.case.matching.shared, once.value("phin", "acc").score) == (1, 1)
    garbage = score(write(tmp_path / "b.csv", [{"id": row["id"], "answer": "?"} for row in rows]), task="phin_fpb",
                    scorers=("phin", "fingpt"))  # fmt: skip
    assert garbage.value("phin", "acc").score == 0
    assert garbage.value("fingpt", "acc").score == pytest.approx(729 / 1212)


def test_questions_of_one_text_are_told_apart(tmp_path: Path, data_mirror: Path) -> None:
    rows = catalogue.load("gold")["test"][:90]
    bare = [{"text": row["text"], "answer": row["label"]} for row in rows]
    with pytest.raises(BenchError, match="told apart by 'question'"):
        score(write(tmp_path / "a.csv", bare), task="phin_gold")
    asked = [{**row, "question": doc["question"]} for row, doc in zip(bare, rows, strict=True)]
    report = score(write(tmp_path / "b.csv", asked), task="phin_gold", answered_only=True)
    assert report.value("phin", "acc").score == 1
    assert report.value("phin", "f1_by_question").score == 1
