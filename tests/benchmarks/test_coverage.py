"""Intervals cover and tests err as often as they claim: few scenarios here, all of them in the committed file."""

from __future__ import annotations

import re

import pytest
from helpers.paths import ROOT

from benchmarks import coverage
from benchmarks.coverage import share
from benchmarks.scenarios import SCENARIOS
from phingpt_bench.core.jsonio import read_json

pytestmark = pytest.mark.slow

FULL = ROOT / "results" / "benchmarks" / "coverage.json"
PAGE = ROOT / "docs" / "statistics.md"
# resamples of the quick ones; an interval from few of them is a little too short
QUICK = {
    "accuracy": 1, "clustered accuracy": 1, "difference of accuracy": 1, "McNemar": 1, "weighted F1": 250,
    "clustered entity F1": 250, "5 seeds, accuracy": 30,
}  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_2000_worlds(name):
    found = share(name, 2000, QUICK[name])
    low, high = SCENARIOS[name].aim
    assert low <= found["share"] <= high


def test_a_world_is_the_same_every_time_and_a_wrong_interval_is_seen():
    assert share("accuracy", 50, 1) | {"seconds": 0} == share("accuracy", 50, 1) | {"seconds": 0}
    ignored = share("clustered accuracy, ignored", 1000, 1)
    assert ignored["share"] < 0.88
    assert not ignored["within"]


def test_the_committed_file_holds_every_scenario_and_its_aims():
    full = read_json(FULL)
    assert full["worlds"] == 2000
    assert list(full["scenarios"]) == list(SCENARIOS)
    for name, found in full["scenarios"].items():
        scenario = SCENARIOS[name]
        assert (found["text"], found["held"]) == (scenario.text, scenario.held)
        assert not scenario.held or scenario.aim[0] <= found["share"] <= scenario.aim[1], name


def test_the_page_says_what_the_file_holds():
    said = re.findall(r"^\| (\*?)(.+?)\1 \| (.+?) \| ([\d.]+) % \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    full = read_json(FULL)["scenarios"]
    assert {name: (text, percent) for _, name, text, percent in said} == {
        name: (found["text"], f"{100 * found['share']:.1f}") for name, found in full.items()
    }
    assert {name for mark, name, _, _ in said if mark} == {name for name, found in full.items() if not found["held"]}


def test_the_command(tmp_path, capsys):
    out = tmp_path / "coverage.json"
    assert coverage.main(["--only", "accuracy", "--worlds", "400", "--out", str(out)]) == 0
    assert "accuracy: Wilson, 300 rows" in capsys.readouterr().out
    assert list(read_json(out)["scenarios"]) == ["accuracy"]
    missed = ["--only", "accuracy", "--worlds", "1"]  # one world covers or does not
    assert coverage.main(missed) == 1
