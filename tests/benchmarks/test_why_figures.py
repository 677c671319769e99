"""Documented figures on marked words, rows for people and prompts are those of the committed files."""

from __future__ import annotations

from helpers.paths import ROOT

from benchmarks import hybrids, words
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.records import RECORD, read_record
from phingpt_bench.cost.prices import load_prices

FOLDER = ROOT / "results" / "benchmarks"
PAGE = (ROOT / "docs" / "why.md").read_text(encoding="utf-8")


def test_marked_words_are_documented_as_measured() -> None:
    lines = words.table(read_json(FOLDER / "words.json"))
    assert lines and all(line in PAGE for line in lines)


def test_rows_for_people_are_documented_as_measured() -> None:
    label = load_prices().label
    assert label is not None
    lines = hybrids.table(read_json(FOLDER / "hybrids.json"), label.usd)
    assert lines and all(line in PAGE for line in lines)


def test_prompt_ranges_are_documented_as_recorded() -> None:
    folder = ROOT / "results" / "smollm2-135m" / "runs" / "phin_fpb" / "smollm2-135m-instruct-nf4-dq-bfloat16_0-shot"
    asked = read_record(folder / RECORD).paraphrases
    assert asked is not None
    scores = [score for one in asked.scores if (score := one["f1_weighted"]) is not None]
    said = f"{min(scores):.3f}-{max(scores):.3f} under the twelve; {asked.changed:.0%}".replace("%", " %")
    assert said in (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
