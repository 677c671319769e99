"""The samples that lm-eval stores are answers like others: rows out of "doc", answers before any filter."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.rescore.lm_eval_samples import task_in_name
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.rescore.values import Report

COLUMNS = dict.fromkeys(("answer", "gold", "id", "text"))
LABELS = ("negative", "neutral", "positive")
NAME = "samples_phin_demo_sentiment_2026-01-31T10-20-30.123456.jsonl"


def written(doc: dict[str, Any], answer: str, filter_: str = "none") -> dict[str, Any]:
    """A line as lm-eval 0.4 writes it for a generated answer; its "answer" is what the doc says is right."""
    return {
        "doc_id": 0,
        "doc": {**doc, "answer": "wrong column", "gold": 1},
        "target": doc["label"],
        "arguments": {"gen_args_0": {"arg_0": f"News: {doc['text']}", "arg_1": {"until": ["\n"]}}},
        "resps": [[answer]],
        "filtered_resps": [answer if filter_ == "none" else "[invalid]"],
        "filter": filter_,
        "metrics": ["acc"],
    }


def compared(doc: dict[str, Any], values: list[float], target: Any) -> dict[str, Any]:
    """A line of a multiple-choice task."""
    return {
        "doc": doc,
        "target": target,
        "arguments": {f"gen_args_{i}": {"arg_0": "News:", "arg_1": f" {name}"} for i, name in enumerate(LABELS)},
        "resps": [[[str(value), "False"]] for value in values],
        "filtered_resps": [[str(value), "False"] for value in values],
        "filter": "none",
    }


def score(file: Path, rows: list[dict[str, Any]], **request: Any) -> Report:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    columns = {**COLUMNS, **request.pop("columns", {})}
    return rescore(Request(file=file, columns=columns, **request))


@pytest.fixture(scope="module")
def docs() -> list[dict[str, Any]]:
    return catalogue.load("demo_sentiment")["test"]


def test_the_task_is_in_the_name() -> None:
    assert task_in_name(f"x/{NAME}") == "phin_demo_sentiment"
    assert task_in_name("samples.jsonl") is None and task_in_name("samples_of_mine.jsonl") is None


def test_written_answers_of_several_filters_count_once(tmp_path: Path, docs: list[dict[str, Any]]) -> None:
    rows = [written(doc, f"It is {doc['label']}.", name) for doc in docs for name in ("none", "regex")]
    report = score(tmp_path / NAME, rows)
    assert report.target.task == "phin_demo_sentiment" and report.n == len(docs)
    assert report.value("phin", "acc").score == 1
    assert not report.case.matching.doubled and not report.case.disputed
    assert f"{len(docs)} lines of further filters" in report.notes[0]


def test_log_likelihoods_are_numbers_in_texts(tmp_path: Path, docs: list[dict[str, Any]]) -> None:
    rows = [compared(doc, [-3.0 + 2 * (name == doc["label"]) for name in LABELS], doc["label"]) for doc in docs]
    rows[0]["resps"][0][0][0] = "-inf"
    report = score(tmp_path / NAME, rows)
    assert report.value("phin", "acc").score == pytest.approx((len(docs) - 1) / len(docs))
    assert report.details.reasons == {"a log-likelihood is not finite": 1}


def test_an_index_as_target_is_the_choice(tmp_path: Path) -> None:
    rows = [compared({"sentence": "a"}, [-1.0, -2.0, -3.0], target) for target in (0, "0", "negative", 2)]
    report = score(tmp_path / "a.jsonl", rows, labels=",".join(LABELS))
    assert report.value("phin", "acc").score == pytest.approx(3 / 4)


def test_samples_of_another_task_need_only_labels(tmp_path: Path) -> None:
    rows = [written({"text": "x", "label": name}, name) for name in LABELS]
    assert score(tmp_path / "samples_x.jsonl", rows, labels=",".join(LABELS)).value("phin", "acc").score == 1


def test_what_is_neither_answer_nor_choice_is_reported_with_its_line(
    tmp_path: Path, docs: list[dict[str, Any]]
) -> None:
    rows = [written(docs[0], "positive"), {**written(docs[1], ""), "resps": [[["-1.5", "x", "y"]]]}]
    with pytest.raises(BenchError, match="neither an answer") as error:
        score(tmp_path / NAME, rows)
    assert (error.value.where or "").endswith(":2")


@pytest.mark.parametrize(
    "value", [5, None, "", [], [[]], [[[]]], [[["-1"]]], [[[10**400, "False"]]], {"a": 1}, "\ud800"]
)
def test_answers_of_any_shape_end_in_scores_or_one_error(
    value: object, tmp_path: Path, docs: list[dict[str, Any]]
) -> None:
    for row in (written(docs[0], "positive"), compared(docs[0], [-1.0, -2.0, -3.0], docs[0]["label"])):
        with contextlib.suppress(BenchError):
            score(tmp_path / NAME, [{**row, "resps": value, "filtered_resps": value}])
        with contextlib.suppress(BenchError):
            score(tmp_path / "a.jsonl", [{**row, "target": value}], labels=",".join(LABELS))
