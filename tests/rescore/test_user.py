"""What people bring who know nothing of us: two columns that could be answers, labels in Spanish, no network."""

from __future__ import annotations

import json
import logging
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from helpers.paths import ROOT

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue, network
from phingpt_bench.rescore.columns import find_columns
from phingpt_bench.rescore.options import Reading
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.rescore.table import read_table
from phingpt_bench.scoring import answered

COLUMNS = dict.fromkeys(("answer", "gold", "id", "text"))
LABELS = "negative,neutral,positive"
DOCS = ROOT / "docs" / "rescore.md"


def write(file: Path, rows: list[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def accuracy(file: Path, **request: Any) -> float | None:
    columns = {**COLUMNS, **request.pop("columns", {})}
    return rescore(Request(file=file, columns=columns, **request)).value("phin", "acc").score


@pytest.mark.slow
@pytest.mark.parametrize("other", ["output", "prediction", "Generated Text"])
def test_two_columns_that_fit_as_answers_are_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], other: str
) -> None:
    """FLARE's files hold the gold in "answer", and a harness adds the model's text as another column."""
    docs = catalogue.load("demo_sentiment")["test"]
    rows = [{"text": doc["text"], "answer": doc["label"], other: "neutral"} for doc in docs]
    file = write(tmp_path / "a.jsonl", rows)
    task = ["rescore", str(file), "--task", "phin_demo_sentiment"]
    assert main(task) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"'answer' and '{other}' could both be the answers" in captured.err
    assert "--answer-column" in captured.err
    neutral = sum(doc["label"] == "neutral" for doc in docs) / len(docs)
    assert accuracy(file, task="phin_demo_sentiment", columns={"answer": other}) == pytest.approx(neutral)
    assert accuracy(file, labels=LABELS, columns={"gold": "answer"}) == pytest.approx(neutral)
    assert accuracy(file, task="phin_demo_sentiment", columns={"answer": "answer"}) == 1


def test_rows_of_one_document_or_text_widen_the_interval(tmp_path: Path) -> None:
    """Four rows an article: by a column of the file, or because their texts are equal."""
    rows = [{"output": "no", "gold": "no" if at % 8 < 4 else "yes", "text": f"text {at}"} for at in range(80)]
    alone = write(tmp_path / "alone.jsonl", rows)
    named = write(tmp_path / "named.jsonl", [{**row, "article_id": at // 4} for at, row in enumerate(rows)])
    told = write(tmp_path / "told.jsonl", [{**row, "paper": at // 4} for at, row in enumerate(rows)])
    texts = write(tmp_path / "texts.jsonl", [{**row, "text": f"Text {at // 4}!"} for at, row in enumerate(rows)])

    def found(file: Path, **columns: str) -> Any:
        request = Request(file=file, labels="no,yes", columns={**COLUMNS, **columns})
        return rescore(request).value("phin", "acc").interval

    assert found(alone).method == "wilson"
    assert {found(file).method for file in (named, texts)} == {"wilson-clustered"}
    assert found(named) == found(texts) == found(told, document="paper")
    assert found(named).high - found(named).low > 1.5 * (found(alone).high - found(alone).low)


def test_columns_that_say_the_same_are_no_choice(tmp_path: Path) -> None:
    rows = [{"label": "neutral", "output": "a", "Prediction": "a"}]
    found = find_columns(read_table(write(tmp_path / "a.jsonl", rows)), COLUMNS)
    assert (found["answer"].name, found["answer"].also) == ("Prediction", ("output",))


def test_columns_of_a_doc_are_no_answers_of_lm_eval(tmp_path: Path) -> None:
    """Rows with an "output" of their own, as instruction data have it, beside what the model gave."""
    lines: list[dict[str, Any]] = [{
        "doc": {"text": "a", "output": "positive"}, "target": "positive", "arguments": {}, "filter": "none",
        "resps": [["negative"]], "filtered_resps": ["negative"],
    }]  # fmt: skip
    assert accuracy(write(tmp_path / "a.jsonl", lines), labels=LABELS) == 0
    lines[0] |= {"resps": [[["-1.0", "False"]], [["-2.0", "False"]], [["-3.0", "False"]]]}
    assert accuracy(write(tmp_path / "a.jsonl", lines), labels=LABELS) == 0


def read(names: str, answer: str) -> str | None:
    labels = names.split(",")
    doc = {"id": "1", "text": "", "label": labels[0]}
    return answered.written_label(doc, labels, answer).parsed


@pytest.mark.parametrize(("names", "answer", "label"), [
    ("negativo,neutro,positivo", "Positiva", "positivo"),
    ("negativo,neutro,positivo", "neutral", "neutro"),
    ("negativo,neutro,positivo", "The sentiment is positive.", "positivo"),
    ("negativo,neutro,positivo", "bearish", "negativo"),
    ("negativa,neutral,positiva", "Es negativo", "negativa"),
    ("negativa,neutral,positiva", "neutro", "neutral"),
    ("NEGATIVE,NEUTRAL,POSITIVE", "positiva", "POSITIVE"),
    ("sí,no", "yes", "sí"),
    ("sí,no", "si", "sí"),
    ("si,no", "Sí.", "si"),
    ("sí,no", "No.", "no"),
    ("yes,no", "sí", "yes"),
    # what the set itself tells apart stands for nothing else
    ("bearish,neutral,bullish", "bullish", "bullish"),
    ("bearish,neutral,bullish", "positive", None),
    ("negative,bearish,positive", "bearish", "bearish"),
    ("negative,negativo,positive", "negativa", None),
    ("negative,negativo,positive", "positivo", "positive"),
    ("dovish,hawkish,neutral", "positivo", None),
])  # fmt: skip
def test_a_set_of_polarities_knows_its_other_words(names: str, answer: str, label: str | None) -> None:
    assert read(names, answer) == label


def test_the_tasks_are_read_by_the_words_that_they_always_were() -> None:
    """Scores on record were made with these; another word would change them."""
    before = {
        "negativo": "negative", "negativa": "negative", "bearish": "negative", "neutro": "neutral",
        "neutra": "neutral", "positivo": "positive", "positiva": "positive", "bullish": "positive",
        "sí": "yes", "si": "yes",
    }  # fmt: skip
    for name in catalogue.names():
        names = catalogue.dataset(name).labels
        topics = {word: label for word, label in answered.TOPICS.items() if label in names}
        assert answered.aliases(names) == topics | {w: label for w, label in before.items() if label in names}, name


def blocks() -> tuple[str, list[list[str]]]:
    """The file and the command lines of the first section of the document."""
    section = DOCS.read_text(encoding="utf-8").split("\n## ")[1]
    content = re.search(r"```csv\n(.*?)```", section, re.DOTALL)
    assert content is not None
    lines = re.findall(r"^    phingpt-bench (rescore .*)$", section, re.MULTILINE)
    return content[1], [shlex.split(line) for line in lines]


def test_the_example_of_the_document_works_as_it_is_copied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content, lines = blocks()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    Path("answers.csv").write_text(content, encoding="utf-8")
    assert len(lines) >= 2
    for line in lines:
        assert main(line) == 0, line
        assert "rows scored as" in capsys.readouterr().out


def test_the_document_names_every_other_word() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert [word for word in answered.aliases(LABELS.split(",")) if f"`{word}`" not in text] == []


def test_a_run_without_its_samples_says_so(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BenchError, match=r"this run's samples\.jsonl is not there") as error:
        accuracy(tmp_path)
    assert "machine that made them" in (error.value.hint or "")


def test_one_of_something_is_written_as_one(tmp_path: Path, data_mirror: Path) -> None:
    from collections import Counter

    docs = catalogue.load("fpb")["test"]
    twice = next(text for text, count in Counter(doc["text"] for doc in docs).items() if count == 2)
    file = write(tmp_path / "a.jsonl", [{"text": twice, "answer": "neutral"}])
    said = " ".join(rescore(Request(file=file, task="phin_fpb", columns=COLUMNS)).notes)
    assert "1 further row of the task has the text of an answered one" in said


def test_one_disputed_label_is_written_as_one(tmp_path: Path) -> None:
    docs = catalogue.load("demo_sentiment")["test"]
    rows = [{"id": doc["id"], "answer": "neutral", "label": doc["label"]} for doc in docs]
    rows[0]["label"] = "negative"  # a neutral one
    file = write(tmp_path / "a.jsonl", rows)
    said = " ".join(rescore(Request(file=file, task="demo_sentiment", columns=COLUMNS)).notes)
    assert "1 gold label of the file is not the task's, which counts" in said


@pytest.mark.parametrize("gold", [2, "2", 1.0, "-1"])
def test_numbers_as_gold_labels_get_a_hint(tmp_path: Path, gold: Any) -> None:
    file = write(tmp_path / "a.jsonl", [{"answer": "neutral", "label": gold}])
    with pytest.raises(BenchError, match="is not among") as error:
        accuracy(file, labels=LABELS)
    assert "write the names" in (error.value.hint or "") and "--codes" in (error.value.hint or "")
    code = str(gold)
    codes = {"-1": "negative", "2": "positive", "0": "neutral"} | {code: "neutral"}
    listed = ",".join(f"{one}={label}" for one, label in codes.items() if one in (code, "0"))
    request = Request(file=file, labels=LABELS, columns=COLUMNS, reading=Reading(codes=listed))
    assert rescore(request).value("phin", "acc").score == 1


def test_the_folder_of_the_output_is_made_as_by_every_verb(tmp_path: Path) -> None:
    file = write(tmp_path / "a.jsonl", [{"answer": "neutral", "label": "neutral"}])
    out = tmp_path / "nowhere" / "x.md"
    assert main(["rescore", str(file), "--labels", LABELS, "--output", str(out)]) == 0
    assert out.stat().st_size > 0


def test_without_network_or_mirror_the_hint_comes_at_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(network, "reachable", lambda endpoint: False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    logging.getLogger("huggingface_hub").setLevel(logging.WARNING)
    file = write(tmp_path / "a.jsonl", [{"text": "x", "answer": "neutral"}])
    assert main(["rescore", str(file), "--task", "phin_fpb"]) == 2
    err = capfd.readouterr().err
    assert "Retry" not in err and "phingpt-bench data pull fpb" in err
    assert constants.HF_HUB_OFFLINE is False  # as it was


def test_a_dataset_that_is_available_locally_asks_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "reachable", lambda endpoint: pytest.fail("asked"))
    catalogue.load("demo_sentiment")
