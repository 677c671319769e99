"""Documented figures on words, rows for people and prompts are those of the committed files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers.paths import ROOT
from helpers.why_factory import labels_why

from benchmarks import hybrids, prompts, study, words
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.cost.prices import load_prices
from phingpt_bench.results.collect import collect
from phingpt_bench.results.compare import Comparer
from phingpt_bench.why.export import to_json

FOLDER = ROOT / "results" / "benchmarks"
PAGE = (ROOT / "docs" / "why.md").read_text(encoding="utf-8")


def test_marked_words_are_documented_as_measured() -> None:
    lines = words.table(read_json(FOLDER / "words.json"))
    assert lines and all(line in PAGE for line in lines)


def test_what_an_adapter_looks_at_is_documented_as_measured() -> None:
    found = read_json(FOLDER / "study.json")
    lines = [*study.faithfulness(found), *study.attention(found)]
    assert len(lines) >= 3 and all(line in PAGE for line in lines)


@pytest.mark.slow
def test_hybrids_are_documented_as_recorded() -> None:
    runs, label = collect(ROOT / "results" / "gemma-3-270m"), load_prices().label
    assert label is not None
    lines = [*hybrids.gains(runs, Comparer()), *hybrids.people(runs, label.usd)]
    assert len(lines) >= 10 and [line for line in lines if line not in PAGE] == []


@pytest.mark.slow
def test_prompt_ranges_are_documented_as_recorded() -> None:
    page = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
    lines = prompts.table(collect(ROOT / "results" / "smollm2-135m"), Comparer())
    assert len(lines) >= 3 and [line for line in lines if line not in page] == []


def test_a_study_keeps_figures_and_the_words_that_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "why.json"
    file.write_text(to_json(labels_why(), with_text=False), encoding="utf-8")
    study.main([str(file), "--out", str(tmp_path / "study.json")])
    (one,) = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert (one["rows"], one["systems"]) == (30, ["base", "tuned"])
    first = one["words"][0]
    assert first["word"] == "fell" and first["change"]["value"] > 1, "the one word that tuning made matter"
    assert 0 < one["changed_words"] < one["common_words"]
    said = capsys.readouterr().out
    assert "| phin_demo_sentiment | tuned | 30 | 0.50 [0.40, 0.60] |" in said and "fell +" in said
