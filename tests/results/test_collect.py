"""Collecting runs from a folder: the newest wins, and what is damaged is named."""

from __future__ import annotations

import json

import pytest
from helpers.board_factory import PRICE, labels, make_run, write_run
from helpers.page_factory import with_probs

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.provenance import Fingerprint, Provenance
from phingpt_bench.results.collect import collect


def test_runs_come_back_as_they_were_written_at_any_depth(tmp_path):
    first, second = make_run("Model A"), make_run("Model B", base="made-up/model-b")
    write_run(tmp_path / "one", first)
    write_run(tmp_path / "deep" / "er" / "two", second)
    found = collect(tmp_path)
    assert [run.record for run in found] == [second.record, first.record]
    assert found[1].outcomes == first.outcomes


def test_the_newest_of_a_kind_wins_and_the_older_are_counted(tmp_path):
    for i, created in enumerate(("2000-01-02T00:00:00Z", "2000-01-03T00:00:00Z", "2000-01-01T00:00:00Z")):
        write_run(tmp_path / str(i), make_run(created=created, outcomes=labels(0.5, seed=i)))
    (run,) = collect(tmp_path)
    assert run.record.created.startswith("2000-01-03")
    assert run.older == 2


def test_another_seed_shot_or_limit_is_another_row(tmp_path):
    for i, other in enumerate(
        ({}, {"seed": 7}, {"shots": 5}, {"chat": True}, {"limit": 300}, {"adapter": "x", "kind": "tuned"})
    ):
        write_run(tmp_path / str(i), make_run(**other))
    assert len(collect(tmp_path)) == 6


def test_another_training_under_the_same_name_is_another_row(tmp_path):
    for i, digest in enumerate(("11111111", "22222222")):
        write_run(tmp_path / str(i), make_run(kind="tuned", adapter="x", digest=digest))
    assert len(collect(tmp_path)) == 2


def test_local_results_are_shown_only_when_asked_for(tmp_path):
    write_run(tmp_path / "results" / "local" / "demo" / "runs" / "a", make_run("Demo"))
    with pytest.raises(BenchError) as told:
        collect(tmp_path / "results")
    assert str(tmp_path / "results" / "local") in told.value.hint
    write_run(tmp_path / "results" / "real" / "runs" / "a", make_run("Real"))

    def names(*parts):
        return [run.record.model.name for run in collect(tmp_path.joinpath(*parts))]

    assert names() == ["Real"]
    assert names("results") == ["Real"]
    assert names("results", "local") == names("results", "local", "demo") == ["Demo"]


@pytest.mark.parametrize("name", ["absent", "empty", "file"])
def test_no_runs_is_one_line_with_a_hint(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(BenchError) as told:
        collect(tmp_path / name)
    assert name in told.value.where
    assert "phingpt-bench run" in told.value.hint


def damage(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("run.json", lambda d: d.pop("model")),
        ("run.json", lambda d: d["model"].update(kind="champion")),
        ("run.json", lambda d: d["protocol"].update(n="many")),
        ("run.json", lambda d: d["protocol"].update(n=7)),
        ("run.json", lambda d: d["protocol"].update(kind="spans")),
        ("run.json", lambda d: d["evaluation"].update(seconds=3)),
        ("run.json", lambda d: d["evaluation"].update(usd="cheap")),
        ("run.json", lambda d: d.update(schema_version=99)),
        ("run.json", lambda d: d.update(schema_version="new")),
        ("run.json", lambda d: d.update(scores=[1])),
        ("run.json", lambda d: d.update(model=None)),
        ("outcomes.json", lambda d: d.update(pred=d["pred"][:-1])),
        ("outcomes.json", lambda d: d["pred"].__setitem__(0, 3)),
        ("outcomes.json", lambda d: d["gold"].__setitem__(0, "neutral")),
        ("outcomes.json", lambda d: d["ids"].__setitem__(0, d["ids"][1])),
        ("outcomes.json", lambda d: d.update(invalid=[True])),
        ("outcomes.json", lambda d: d.update(entities=[[[], []]])),
        ("outcomes.json", lambda d: d.update(misses=[[0] * 7])),
        ("outcomes.json", lambda d: d.update(kind="words")),
        ("outcomes.json", lambda d: d.update(more=1)),
        ("outcomes.json", lambda d: d.update(ids=None)),
    ],
)
def test_a_damaged_file_is_named_with_a_hint(tmp_path, file, change):
    write_run(tmp_path / "run", make_run())
    damage(tmp_path / "run" / file, change)
    with pytest.raises(BenchError) as told:
        collect(tmp_path)
    assert str(tmp_path / "run") in told.value.where
    assert "\n" not in told.value.message
    assert told.value.hint


NAN, INF = float("nan"), float("inf")
DAMAGED = [  # place of a value in run.json, and values that it cannot have
    *[(f"{part}.usd", (NAN, -1, INF, "cheap", True)) for part in ("evaluation", "training")],
    ("evaluation.seconds.evaluate", (INF, -1, NAN, "long", None)),
    ("evaluation.seconds", (3, None)),
    ("evaluation.joules", (3, {"evaluate": -1})),
    ("evaluation.price", ("cheap", 3, {"usd_per_hour": "cheap"}, {"card": 3}, {"assumption": []})),
    ("training.price", ([1],)),
    ("evaluation.machine", (3, ["one"], "2 x AMD EPYC, 24 GB, no GPU", {"cores": 2})),
    ("evaluation.machine.cores", (0, None, "two")),
    ("evaluation.machine.gpus", (None, [1])),
    ("evaluation.tokens_in", ("many", NAN, -1)),
    ("exposure", ([1], 3)),
    *[(f"exposure.{kind}", (-1, 0.5, NAN, "two", True)) for kind in ("exact", "normalised", "near")],
    ("exposure.exact", (None,)),
    ("exposure.compared", ("texts", {"by": "guess"}, {})),
    ("diagnostics.trained_on_task", ("no", 1)),
    ("diagnostics.misses", ([1], {"type": -1})),
    ("provenance.fingerprint.seed", (None, "one")),
    *[(f"model.{name}", (0.5, "many", True, [1])) for name in ("parameters", "adapter_parameters", "training_seed")],
    *[
        (f"model.{name}", (3, ["text"], {}))
        for name in (
            "base", "base_revision", "quantisation", "compute_dtype", "adapter", "adapter_digest", "recipe_digest"
        )
    ],
    ("scores.f1_weighted", (NAN, INF, "high", [1], 10**400)),
    ("protocol.metric", ("goodness", "", None)),
]  # fmt: skip


def print_of(record):
    model = record.model
    return Fingerprint(
        template="t", setup="s", rows=record.protocol.rows_digest, base=model.base, quantisation=model.quantisation,
        compute_dtype=model.compute_dtype, adapter=model.adapter_digest, seed=record.seed,
    )  # fmt: skip


@pytest.mark.parametrize(("place", "value"), [(place, value) for place, values in DAMAGED for value in values])
def test_a_value_that_cannot_be_is_named_with_its_file(tmp_path, place, value):
    clean = Exposure(exact=0, normalised=0, near=0)
    box = Machine(processor="made-up", cores=2, memory_bytes=None, gpus=[])
    trained = Ledger(seconds={"train": 1.0}, usd=0.1, price=PRICE, machine=box)
    origin = Provenance(fingerprint=print_of(make_run(kind="tuned", adapter="x").record))
    run = make_run(kind="tuned", adapter="x", training=trained, evaluation=trained, exposure=clean, provenance=origin)
    write_run(tmp_path, run)
    collect(tmp_path)
    *above, name = place.split(".")

    def change(record):
        for part in above:
            record = record[part]
        record[name] = value

    damage(tmp_path / "run.json", change)
    with pytest.raises(BenchError) as told:
        collect(tmp_path)
    assert told.value.where == str(tmp_path / "run.json")
    assert told.value.message.startswith(place)
    assert "run it again" in told.value.hint


@pytest.mark.parametrize("value", [NAN, INF, "likely", None])
def test_probabilities_that_are_no_numbers_are_named(tmp_path, value):
    write_run(tmp_path, make_run(outcomes=with_probs(labels(0.5))))
    damage(tmp_path / "outcomes.json", lambda data: data["probs"][3].__setitem__(0, value))
    with pytest.raises(BenchError, match=r"probs\[3\]") as told:
        collect(tmp_path)
    assert told.value.where == str(tmp_path / "outcomes.json")


@pytest.mark.parametrize(("file", "text"), [("run.json", "{"), ("run.json", "[]"), ("outcomes.json", None)])
def test_a_file_that_is_no_json_or_missing_is_named(tmp_path, file, text):
    write_run(tmp_path / "run", make_run())
    if text is None:
        (tmp_path / "run" / file).unlink()
    else:
        (tmp_path / "run" / file).write_text(text)
    with pytest.raises(BenchError) as told:
        collect(tmp_path)
    assert told.value.where.endswith(file)
    assert "run it again" in told.value.hint
