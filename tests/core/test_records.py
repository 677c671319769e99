"""Records of every schema load and mean the same; what a record or outcomes cannot hold is named with its place."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import example_runs, labels, spans
from helpers.page_factory import with_probs
from helpers.paths import GOLDEN
from hypothesis import given
from hypothesis import strategies as st

from phingpt_bench.core import upgrades
from phingpt_bench.core.config import build
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Compared
from phingpt_bench.core.jsonio import columns_text
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import GIB, Machine
from phingpt_bench.core.outcomes import Outcomes, read_outcomes
from phingpt_bench.core.records import SCHEMA_VERSION, RunRecord, read_record, run_record, to_dict
from phingpt_bench.models.adapter import AdapterCard

RECORDS = GOLDEN / "records"
BOX = Machine(processor="AMD EPYC", cores=2, memory_bytes=24 * GIB, gpus=[])


def stored(name: str) -> dict[str, Any]:
    return json.loads((RECORDS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("schema", [1, 2, 3])
def test_a_record_of_every_schema_loads_and_says_the_same(schema: int) -> None:
    old = stored(f"schema-{schema}")
    assert old["schema_version"] == schema
    record = read_record(RECORDS / f"schema-{schema}.json")
    assert record.schema_version == SCHEMA_VERSION
    for name in ("run_id", "created", "suite", "task", "task_version", "limit", "seed", "scores"):
        assert getattr(record, name) == old[name]
    for name, part in (("model", record.model), ("protocol", record.protocol)):
        assert {key: getattr(part, key) for key in old[name]} == old[name]
    for name in ("evaluation", "training"):
        spent, before = getattr(record, name), old[name]
        assert (spent.seconds, spent.usd, spent.tokens_in) == (before["seconds"], before["usd"], before["tokens_in"])
        assert spent.machine == BOX
        assert dataclasses.asdict(spent.price) == before["price"]
    exposure = record.exposure
    assert exposure is not None
    assert {"ids": exposure.ids, **exposure.counts} == {k: v for k, v in old["exposure"].items() if k != "compared"}
    assert exposure.compared is not None and exposure.compared.by == "texts"
    assert f"{exposure.compared.training_rows} training rows" in old["exposure"]["compared"]
    for name, value in old["diagnostics"].items():
        if name == "probe":
            assert dataclasses.asdict(record.diagnostics.probe) == value  # type: ignore[arg-type]
        elif name != "notes":
            assert getattr(record.diagnostics, name) == value
    environment = dataclasses.asdict(record.provenance.environment)
    assert environment == {name: old["provenance"][name] for name in environment}
    fingerprint, before = record.provenance.fingerprint, old["provenance"]["fingerprint"]
    assert fingerprint is not None
    for name in ("template", "setup", "rows", "adapter", "limit", "seed"):
        assert getattr(fingerprint, name) == before[name]
    base = [fingerprint.base, fingerprint.base_revision, fingerprint.quantisation, fingerprint.compute_dtype]
    assert base == before["base"]
    assert run_record(json.loads(json.dumps(to_dict(record))), "again") == record


def test_what_names_and_notes_said_is_in_fields_now() -> None:
    record = read_record(RECORDS / "schema-3.json")
    assert record.form_of == "phin_fpb" and record.task == "phin_fpb_gen"
    assert record.diagnostics.trained_on_task is False
    fingerprint = record.provenance.fingerprint
    assert fingerprint is not None and (fingerprint.shots, fingerprint.chat_template) == (5, False)
    assert (fingerprint.device, fingerprint.dequantise, fingerprint.batch_size) == ("cpu", "auto", 16)
    assert list(record.provenance.amendments) == ["clusters_added"]
    assert read_record(RECORDS / "schema-1.json").form_of is None
    old = stored("schema-1")
    assert not run_record(old, "x").protocol.synthetic
    assert run_record({**old, "task": "phin_demo_ner"}, "x").protocol.synthetic
    old["protocol"]["dataset"] = "Something (synthetic)"
    assert run_record(old, "x").protocol.synthetic


def test_every_schema_has_its_step() -> None:
    assert sorted(upgrades.UPGRADES) == list(range(1, SCHEMA_VERSION))


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("2 x AMD EPYC, 23 GB, no GPU", Machine(processor="AMD EPYC", cores=2, memory_bytes=23 * GIB, gpus=[])),
        (
            "16 x AMD EPYC, 128 GB, 2 x NVIDIA H100 PCIe, 1 x Tesla T4",
            Machine(
                processor="AMD EPYC", cores=16, memory_bytes=128 * GIB,
                gpus=["NVIDIA H100 PCIe", "NVIDIA H100 PCIe", "Tesla T4"],
            ),
        ),
        (
            "8 x Intel, memory unknown, 1 x NVIDIA L4",
            Machine(processor="Intel", cores=8, memory_bytes=None, gpus=["NVIDIA L4"]),
        ),
        ("somebody's laptop", None),
        ("2 x AMD EPYC, 23 GB, a GPU", None),
        ("", None),
    ],
)  # fmt: skip
def test_machines_that_were_sentences(text: str, want: Machine | None) -> None:
    assert build(Ledger, upgrades.ledger({"seconds": {}, "machine": text}), "x").machine == want


def test_exposure_that_was_a_sentence() -> None:
    def compared(text: object) -> Compared | None:
        old = {**stored("schema-3"), "exposure": {"exact": 1, "compared": text}}
        exposure = run_record(old, "x").exposure
        assert exposure is not None and (exposure.counts, exposure.seen) == ({"exact": 1}, 1)
        return exposure.compared

    assert compared("row ids only (no mirror)") == Compared(by="ids", why="no mirror")
    assert compared("row ids only (two\nlines)") == Compared(by="ids", why="two\nlines")
    assert compared("somehow") is compared(None) is None


def test_the_fingerprint_of_a_floor_and_one_that_lacks_a_part() -> None:
    old = stored("schema-1")
    old["provenance"]["fingerprint"] |= {"base": ["floor", "majority"], "variant": "5-shot chat"}
    found = run_record(old, "x").provenance.fingerprint
    assert found is not None and (found.baseline, found.base) == ("majority", None)
    assert (found.shots, found.chat_template) == (5, True)
    del old["provenance"]["fingerprint"]["rows"]
    assert run_record(old, "x").provenance.fingerprint is None


def test_the_first_cards_load() -> None:
    old = stored("card-1")
    card = build(AdapterCard, upgrades.card(old), "card.json")
    assert (card.cost.machine, card.cost.usd, card.row_ids) == (BOX, old["cost"]["usd"], old["row_ids"])
    assert card.provenance.adapted_layers == old["provenance"]["adapted layers"]
    assert (card.provenance.rows_too_long, card.provenance.dequantised_once) == (0, True)
    assert card.provenance.environment.packages == old["provenance"]["packages"]
    assert build(AdapterCard, json.loads(json.dumps(to_dict(card))), "again") == card


@pytest.mark.parametrize("schema", [0, 99, "new", None, True])
def test_an_unknown_schema_is_refused(schema: object) -> None:
    with pytest.raises(BenchError) as told:
        run_record({**stored("schema-3"), "schema_version": schema}, "run.json")
    assert told.value.where == "run.json"
    if schema == 99:
        assert told.value.hint == "update phingpt-bench"


def test_records_go_to_json_and_back_unchanged() -> None:
    for run in example_runs():
        assert run_record(json.loads(json.dumps(to_dict(run.record))), "x") == run.record
        assert build(Outcomes, json.loads(json.dumps(to_dict(run.outcomes))), "x") == run.outcomes


def test_several_mistakes_are_one_line_and_thousands_are_counted() -> None:
    old = stored("schema-3")
    old["model"]["kind"], old["seed"] = "champion", "one"
    with pytest.raises(BenchError) as told:
        run_record(old, "run.json")
    assert "model.kind: unknown value 'champion'" in told.value.message and "; seed: expected" in told.value.message
    with pytest.raises(BenchError) as told:
        build(Outcomes, {"kind": "labels", "labels": ["a"], "ids": [1] * 1000}, "outcomes.json")
    assert told.value.message.startswith("ids[0]: expected text, got 1; ids[1]:")
    assert told.value.message.endswith("and 995 more")


CHOSEN = with_probs(labels(0.7, 6, seed=1))
FAULTS: list[tuple[Outcomes, dict[str, Any], str]] = [
    (CHOSEN, {"ids": []}, "ids: no rows"),
    (CHOSEN, {"ids": ["a"] * 6}, "ids: not distinct"),
    (CHOSEN, {"gold": [0, 1, 2]}, "gold: 3 values for 6 rows"),
    (CHOSEN, {"pred": []}, "pred: 0 values for 6 rows"),
    (CHOSEN, {"invalid": [True]}, "invalid: 1 values for 6 rows"),
    (CHOSEN, {"clusters": [0, 0]}, "clusters: 2 values for 6 rows"),
    (CHOSEN, {"gold": [0, 1, 2, 0, 1, 3]}, "gold[5]: 3 is not a place in the 3 labels"),
    (CHOSEN, {"gold": [0, 1, 2, 0, 1, -1]}, "gold[5]: -1 is not a place"),
    (CHOSEN, {"pred": [-2, 1, 2, 0, 1, 0], "probs": []}, "pred[0]: -2 is not a place"),
    (CHOSEN, {"pred": [0.5, 1.0, 2.0, 0.0, 1.0, 0.0]}, "pred[0]: 0.5 is not a place"),
    (CHOSEN, {"groups": [0, -1, 0, 0, 0, 0]}, "groups: a question is below 0"),
    (CHOSEN, {"probs": [[1.0]] * 6}, "probs[0]: 1 values for 3 labels"),
    (CHOSEN, {"pred": [1] * 6, "probs": [[0.2, 0.5, 0.3]] * 5 + [[0.6, 0.3, 0.1]]}, "probs[5]: pred is 1, and another"),
    (CHOSEN, {"pred": [-1] * 6}, "probs[0]: pred is -1, and another"),
    (spans(0.5, 2), {"counts": [[[0, 0, 0]] * 3] * 2}, "counts[0]: not 4 times"),
    (spans(0.5, 2), {"counts": [[[0, 0]] * 4] * 2}, "counts[0]: not 4 times"),
    (
        spans(0.5, 2),
        {"counts": [[[0, 0, 0]] * 4, [[2, 1, 2], *[[0, 0, 0]] * 3]]},
        "counts[1][0]: 2 true positives of 1",
    ),
    (
        spans(0.5, 2),
        {"counts": [[[0, 0, 0]] * 4, [[1, 1, 0], *[[0, 0, 0]] * 3]]},
        "counts[1][0]: 1 true positives of 1",
    ),
    (spans(0.5, 2), {"counts": [[[0, -1, 0], *[[0, 0, 0]] * 3]] * 2}, "counts[0][0]: 0 true positives of -1"),
    (spans(0.5, 2), {"counts": [[*[[0, 0, 0]] * 3, [0, 1, 1]]] * 2}, "counts[0][3]: gold of unknown type"),
    (spans(0.5, 2), {"partial": [[0, 0, 0]] * 2}, "partial[0]: 3 values, not 4"),
    (spans(0.5, 2), {"entities": [[[]]] * 2}, "entities[0]: 1 values, not 2"),
    (
        Outcomes(kind="scores", labels=[], ids=["a", "b"], gold=[0.5, -1.0], pred=[0.5, None]),
        {"pred": ["high", None]},
        "pred[0]: expected a number, got 'high'",
    ),
    (CHOSEN, {"gold": ["neutral", 0, 0, 0, 0, 0]}, "gold[0]: expected a whole number, got 'neutral'"),
    (CHOSEN, {"probs": [[0.1, float("nan"), 0.2]] * 6}, "probs[0][1]: expected a number, got nan"),
    (CHOSEN, {"kind": "words"}, "kind: unknown value 'words'"),
    (CHOSEN, {"more": 1}, "unknown key 'more'"),
]


@pytest.mark.parametrize(("rows", "change", "told"), FAULTS, ids=[told for _, _, told in FAULTS])
def test_outcomes_that_cannot_be_are_named(rows: Outcomes, change: dict[str, Any], told: str, tmp_path: Path) -> None:
    file = tmp_path / "outcomes.json"
    file.write_text(columns_text(to_dict(rows)), encoding="utf-8")
    assert read_outcomes(file) == rows
    file.write_text(json.dumps({**to_dict(rows), **change}), encoding="utf-8")
    with pytest.raises(BenchError) as caught:
        read_outcomes(file)
    assert told in caught.value.message and caught.value.where == str(file)


def test_an_exact_tie_and_rows_without_a_finite_probability_are_no_fault(tmp_path: Path) -> None:
    rows = Outcomes(
        kind="labels", labels=["a", "b"], ids=["1", "2", "3"], gold=[0, 1, 1], pred=[0, 1, -1],
        probs=[[0.5, 0.5], [0.5, 0.5], None],
    )  # fmt: skip
    (tmp_path / "outcomes.json").write_text(columns_text(to_dict(rows)), encoding="utf-8")
    assert read_outcomes(tmp_path / "outcomes.json") == rows


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=2)),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    value: list[list[float] | None]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OneByOne:
    value: tuple[tuple[float, ...] | None, ...]


@given(st.lists(VALUES, max_size=4))
def test_whole_columns_are_checked_as_their_values_are(value: list[Any]) -> None:
    """A list that is looked at as a whole (lists) gives what its values one by one (tuples, never as a whole) give."""

    def built(cls: type) -> object:
        try:
            return [None if row is None else list(row) for row in build(cls, {"value": value}, "x").value]
        except BenchError as err:
            return err.message

    assert built(Columns) == built(OneByOne)


def test_the_types_of_a_record_can_all_be_read() -> None:
    """A field of a type that the builder does not know would fail only where it is in a file."""
    read = build(RunRecord, to_dict(read_record(RECORDS / "schema-3.json")), "x")
    assert dataclasses.is_dataclass(read.provenance.fingerprint)
