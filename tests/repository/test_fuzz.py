"""Random files and answers: whatever they hold, a command ends in a value or in one error for people.

In `make test` some 5,000 inputs, in $PHINGPT_BENCH_FUZZ many times as many (the nightly run sets 20: 100,000).
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.board_factory import labels, make_run, spans
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phingpt_bench.core import config
from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.core.records import to_dict
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.data.passport import Passport
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.lmeval.task_syntax import syntax_errors
from phingpt_bench.lmeval.taskfiles import read_tasks, task_paths
from phingpt_bench.models.adapter import read_card
from phingpt_bench.rescore.json_rows import json_rows
from phingpt_bench.rescore.table import read_table
from phingpt_bench.scoring import answered
from phingpt_bench.text.clean import clean
from phingpt_bench.train.recipe import Recipe

TIMES = int(os.environ.get("PHINGPT_BENCH_FUZZ", "1"))
pytestmark = pytest.mark.timeout(120 * TIMES)
LABELS = ("negative", "neutral", "positive")
TYPES = ("PER", "LOC", "ORG")

# values as files of strangers hold them
NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), 2**63, 1e308, -0.0, float("nan"), float("inf")])
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "\0", "\x1b[2J", "\ud800", "\u202e", "../..", "{0.__class__}", "%s", "=1+1", "NUL", "a" * 5_000]
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


def examples(count: int) -> Callable[[Any], Any]:
    """The settings of a test with so many inputs in a usual run."""
    return settings(
        max_examples=count * TIMES, deadline=None, database=None, derandomize=TIMES == 1,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """A JSON value with some of its parts replaced, removed, doubled or put elsewhere."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        place, key = _place(draw, value)
        if place is None:
            return draw(VALUES)
        action = draw(st.sampled_from(("replace", "replace", "remove", "add", "double")))
        if action == "replace":
            place[key] = draw(VALUES)
        elif action == "remove":
            del place[key]
        elif action == "add" and isinstance(place, dict):
            place[draw(TEXTS)] = draw(VALUES)
        elif isinstance(place, list):
            place.append(place[key])
    return value


def _place(draw: st.DrawFn, value: Any) -> tuple[Any, Any]:
    """(list or mapping, index or key) of a part of a value, at any depth."""
    place, key = None, None
    while isinstance(value, dict | list) and value:
        place, key = value, draw(st.sampled_from(list(value) if isinstance(value, dict) else range(min(len(value), 5))))
        value = value[key]
        if draw(st.booleans()):
            break
    return place, key


def ends_well(read: Callable[[], object]) -> None:
    """Whatever is read ends in a value, or in an error for people."""
    with contextlib.suppress(BenchError):
        read()


def written(text: str | bytes, suffix: str) -> Path:
    """A file with these bytes, which the test session removes."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    path = folder / f"f{suffix}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


FOLDER = tempfile.TemporaryDirectory(prefix="phingpt-bench-fuzz-")


def shipped(*parts: str) -> list[Any]:
    """The values of all shipped YAML files of a folder."""
    return [yaml.safe_load(path.read_text()) for path in sorted(share(*parts).glob("*.yaml"))]


STRICT: dict[str, tuple[type, list[Any]]] = {
    "suites": (Suite, shipped("adapters", "suites")),
    "recipes": (Recipe, shipped("adapters", "recipes")),
    "passports": (Passport, shipped("tasks", "passports")),
    "prices": (PriceCard, [yaml.safe_load((share("results") / "prices.yaml").read_text())]),
}


@pytest.mark.slow
@pytest.mark.parametrize(("cls", "values"), STRICT.values(), ids=STRICT)
def test_strict_files(cls: type, values: list[Any]) -> None:
    @examples(150)
    @given(st.sampled_from(values).flatmap(changed))
    def check(value: Any) -> None:
        ends_well(lambda: config.build(cls, value, "f.yaml"))

    @examples(60)
    @given(st.sampled_from(values).flatmap(changed), st.integers(0, 400), st.binary(max_size=6))
    def in_a_file(value: Any, at: int, noise: bytes) -> None:
        text = yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")
        path = written(text[:at] + noise + text[at:], ".yaml")
        ends_well(lambda: config.load(path, cls))

    check()
    in_a_file()


RUNS = [
    (to_dict(run.record), to_dict(run.outcomes))
    for run in (make_run(outcomes=labels(0.6, 12, invalid=0.2)), make_run(outcomes=spans(0.6, 9)))
]


@pytest.mark.slow
@pytest.mark.parametrize("which", range(len(RUNS)), ids=["labels", "spans"])
def test_records(which: int) -> None:
    record, outcomes = RUNS[which]

    @examples(600)
    @given(
        st.booleans().flatmap(
            lambda of_record: st.tuples(st.just(of_record), changed(record if of_record else outcomes))
        )
    )
    def check(case: tuple[bool, Any]) -> None:
        of_record, value = case
        path = written(json.dumps(value if of_record else record), ".json").rename
        path = path(Path(tempfile.mkdtemp(dir=FOLDER.name)) / "run.json")
        path.with_name("outcomes.json").write_text(json.dumps(outcomes if of_record else value))
        ends_well(lambda: _scored(path))

    check()


def _scored(path: Path) -> None:
    from phingpt_bench.board.sections import build
    from phingpt_bench.results.collect import read_run

    read_both(path)
    build([read_run(path)])


def test_adapter_cards() -> None:
    card = {
        "name": "a", "recipe": {"name": "a"}, "base": "b", "base_revision": None, "quantisation": None,
        "compute_dtype": "float32", "vocabulary_digest": "0", "templates": {"t": "0"}, "row_ids": {"t": ["a"]},
        "data": {"t": "0"}, "rows": 1, "steps": 1, "parameters": 1, "limit": None, "final_loss": 0.1,
        "cost": {"seconds": {"train": 1.0}}, "created": "2026-01-01", "schema_version": 1,
    }  # fmt: skip

    @examples(200)
    @given(changed(card))
    def check(value: Any) -> None:
        path = written(json.dumps(value), ".json")
        (path.parent / "card.json").write_text(json.dumps(value))
        ends_well(lambda: read_card(path.parent))

    check()


@pytest.mark.slow
def test_task_folders() -> None:
    task = {
        "task": "t", "include": "_shared", "dataset_kwargs": {"dataset": "demo_sentiment"}, "tag": ["a"],
        "metadata": {"version": 1, "form_of": "u"}, "metric_list": [{"metric": "acc"}], "output_type": "generate_until",
    }  # fmt: skip
    group = {"group": "g", "task": ["t", {"task": "u"}]}

    @examples(250)
    @given(st.sampled_from([task, group]).flatmap(changed), st.integers(0, 200), st.binary(max_size=4))
    def check(value: Any, at: int, noise: bytes) -> None:
        text = yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")
        path = written(text[:at] + noise + text[at:], ".yaml")
        (path.parent / "_shared").write_text("metadata: {version: 2}\n")
        ends_well(lambda: list(syntax_errors(task_paths(path.parent))))
        ends_well(lambda: read_tasks([path.parent]))

    check()


ROWS = [
    {"id": "a", "text": "Sales rose", "answer": "positive", "gold": "positive"},
    {"id": "b", "answer": ["x"], "gold": 1},
]
REFERENCE = {"output": {"text": "positive"}, "tags": ["correct"]}
STATE = {
    "instance": {"id": "a", "input": {"text": "Sales rose"}, "references": [REFERENCE]}, "train_trial_index": 0,
    "result": {"completions": [{"text": "A"}]}, "output_mapping": {"A": "positive"},
}  # fmt: skip
SAMPLE = {
    "id": "a", "epoch": 1, "input": [{"role": "user", "content": "Sales rose"}], "target": ["positive"],
    "output": {"choices": [{"message": {"role": "assistant", "content": "x"}}]}, "metadata": {"k": 1},
    "attachments": {},
}  # fmt: skip
FILES: list[Any] = [
    ROWS,
    {"adapter_spec": {"model": "m"}, "request_states": [STATE]},
    [{"instance_id": "a", "predicted_text": "x", "mapped_output": "positive"}],
    {"status": "success", "eval": {"model": "m"}, "samples": [SAMPLE]},
    {"0": {"origin_prompt": "x", "prediction": "positive", "gold": "positive"}},
    [{"custom_id": "a", "response": {"status_code": 200, "body": {"choices": [{"message": {"content": "x"}}]}}}],
]


@pytest.mark.slow
def test_files_of_answers() -> None:
    @examples(300)
    @given(st.sampled_from(FILES).flatmap(changed))
    def check(value: Any) -> None:
        ends_well(lambda: json_rows("f.json", json.dumps(value)))
        lines = "\n".join(json.dumps(row) for row in value) if isinstance(value, list) else json.dumps(value)
        ends_well(lambda: json_rows("f.jsonl", lines or "{}", lines=True))

    @examples(300)
    @given(st.binary(max_size=200), st.sampled_from([".csv", ".json", ".jsonl", ".parquet", ".eval", ".gz", ""]))
    def of_bytes(data: bytes, suffix: str) -> None:
        ends_well(lambda: read_table(written(data, suffix)))

    check()
    of_bytes()


PIECES = (
    "negative", "positive", "not", "neither", "nor", "Sentiment:", "PER:", "ORG: Nokia", "<ORG>", "</ORG>", "Nokia",
    ";", "@2", "none", "{", "}", '"type"', "[", "]", ",", "\n", "<think>", "</think>", "0.5", "-1", "%", "B-ORG", "O",
    "\x1b", "\0", "\ud800", "\u202e", "```json", "1.", "é", "中", "لا",
)  # fmt: skip
ANSWERS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join))
DOC = {"id": "a", "text": "Nokia Oyj of Espoo expects sales to fall.", "label": "negative", "gold": 0, "score": 0.5,
       "labels": list(LABELS)}  # fmt: skip


@pytest.mark.slow
@examples(1_000)
@given(ANSWERS)
def test_answers_with_labels_and_numbers(answer: str) -> None:
    row = answered.written_label(DOC, LABELS, answer)
    assert row.pred in (-1, 0, 1, 2) and row.invalid == (row.pred == -1)
    number = answered.written_score(DOC, answer)
    assert number.pred is None or -1 <= number.pred <= 1
    assert "\x1b" not in clean(answer)


@pytest.mark.slow
@examples(1_000)
@given(ANSWERS, st.sampled_from(["lines", "json", "tags"]))
def test_answers_with_entities(answer: str, form: str) -> None:
    doc = {"id": "a", "text": DOC["text"], "entities": [{"start": 0, "end": 9, "type": "ORG"}]}
    row = answered.written_spans(doc, TYPES, answer, form)
    assert row.parsed is not None and row.counts is not None
    for span in row.parsed.spans:
        assert 0 <= span.start < span.end <= len(DOC["text"]) and span.type in TYPES
    for true, predicted, gold in row.counts:
        assert 0 <= true <= min(predicted, gold)
