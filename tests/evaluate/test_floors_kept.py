"""Baselines on few rows: fitted once on a machine, their progress shown, the costs of the first run kept apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.board_factory import make_run, write_run

import phingpt_bench as pb
from phingpt_bench.core import gpus, machine
from phingpt_bench.core.agreement import record_faults
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.ledgers import WARM_UP
from phingpt_bench.core.records import OUTCOMES, RECORD, SAMPLES, to_dict
from phingpt_bench.evaluate import kept_floors
from phingpt_bench.evaluate.steps import without_base
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import task_facts
from phingpt_bench.floors.classical import TfidfLM
from phingpt_bench.results.collect import collect


def runs(folder: Path) -> dict:
    return {run.record.model.name: run.record for run in collect(folder)}


@pytest.mark.slow
def test_a_learned_floor_is_fitted_once_and_the_first_run_does_not_pay_for_imports(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(TfidfLM, "GRID", (1.0,))
    suite = Suite(name="one", tasks=["phin_demo_sentiment"], limit=4, results=tmp_path / "one")
    pb.evaluate(suite, quiet=False)
    said = capsys.readouterr().err
    assert "tfidf-lr learns from all training rows" in said

    first = runs(tmp_path / "one")
    spent = {name: record.evaluation.seconds for name, record in first.items()}
    assert sum(WARM_UP in phases for phases in spent.values()) == 1
    alone = {name: sum(phases.values()) - phases.get(WARM_UP, 0) for name, phases in spent.items()}
    assert alone["majority"] < alone["tfidf-lr"]

    monkeypatch.setattr(TfidfLM, "learn", lambda *_: pytest.fail("fitted again"))
    pb.evaluate(replace(suite, name="two", results=tmp_path / "two"), quiet=False)
    assert "tfidf-lr was fitted on" in capsys.readouterr().err
    again = runs(tmp_path / "two")
    assert again["tfidf-lr"].suite == "two"
    assert again["tfidf-lr"].scores == first["tfidf-lr"].scores
    assert again["tfidf-lr"].evaluation == first["tfidf-lr"].evaluation
    assert len(collect(tmp_path / "one", tmp_path / "two", every=True)) == len(first) + len(again)
    assert again["majority"].run_id != first["majority"].run_id, "only what is learned is kept"


def test_what_a_baseline_is_fitted_with_has_its_part_in_the_place(tmp_path, monkeypatch):
    monkeypatch.setattr(gpus, "output_of", lambda *words: pytest.fail(f"asked {words}"))
    suite, task = Suite(name="one", tasks=["phin_demo_sentiment"], results=tmp_path), task_facts("phin_demo_sentiment")
    step = without_base(suite, task, "floor", "tfidf-lr")
    found, right = kept_floors.place(step, task), machine.version
    assert kept_floors.place(step, task) == found
    for package in ("torch", "scikit-learn", "sklearn-crfsuite"):
        monkeypatch.setattr(machine, "version", lambda name, package=package: right(name) if name != package else "0")
        assert kept_floors.place(step, task) != found


def test_a_kept_run_that_cannot_be_read_is_fitted_again(tmp_path):
    suite, run = Suite(name="one", tasks=["phin_demo_sentiment"], tags=["w1"]), make_run(kind="floor")
    write_run(tmp_path, run)
    (tmp_path / SAMPLES).write_bytes(b"{}\n")
    digests = {name: file_digest(tmp_path / name) for name in (OUTCOMES, SAMPLES)}
    record = replace(run.record, provenance=replace(run.record.provenance, files=digests))
    write_json(tmp_path / RECORD, to_dict(record))
    found = kept_floors.read(tmp_path, suite)
    assert found is not None
    record, files = found
    assert (record.suite, record.tags) == ("one", ["w1"])
    assert record.created > run.record.created and record.run_id != run.record.run_id, "a run of its own, of now"
    assert record.provenance.measured == run.record.created, "which says when it was measured"
    assert set(files) == set(kept_floors.FILES)
    assert not list(record_faults(record))
    for name, content in files.items():  # cut, or of another run than the others
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        assert kept_floors.read(tmp_path, suite) is None, name
        (tmp_path / name).unlink()
        assert kept_floors.read(tmp_path, suite) is None, name
        (tmp_path / name).write_bytes(content)
    write_json(tmp_path / RECORD, {**read_json(tmp_path / RECORD), "seed": "none"})
    assert kept_floors.read(tmp_path, suite) is None


def test_each_fit_is_announced():
    said: list[str] = []

    class Some(TfidfLM):
        def trial(self, task, train, validation):
            return lambda setting: setting

        def fitted(self, task, docs, setting):
            return None

    class Task:
        class config:
            task = "t"

        training_docs = validation_docs = staticmethod(lambda: [{"text": "a"}])

    model = Some()
    model.on_fit = said.append
    model.learn(Task())
    assert [str(one) for one in said] == [f"fit {number} of 6" for number in range(1, 7)]
