"""The gate's measurements: the page says what the files hold, the aims are met, and the command runs."""

from __future__ import annotations

import re

import pytest
from helpers.paths import ROOT

from benchmarks import gate, overlaps
from benchmarks.planted import EDITS, planted
from phingpt_bench.core.exposure import KINDS
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.data import catalogue, training_sets

FULL = read_json(ROOT / "results" / "benchmarks" / "gate.json")
OVERLAPS = read_json(ROOT / "results" / "overlaps.json")
PAGE = (ROOT / "docs" / "contamination.md").read_text(encoding="utf-8")


def percent(share: float) -> str:
    return f"{100 * share:.1f}"


def test_the_table_of_recall_is_that_of_the_file():
    fpb, tfns = (FULL["data"][name] for name in gate.REAL)
    lines = [
        f"| {edit} | {percent(fpb['recall'][edit]['recall'])} | {percent(tfns['recall'][edit]['recall'])} | "
        f"{'' if aim is None else f'{100 * aim:g}'} | {percent(fpb['declared']['recall'][edit]['recall'])} | "
        f"{percent(tfns['declared']['recall'][edit]['recall'])} |"
        for edit, (_, aim) in EDITS.items()
    ]
    assert "\n".join(lines) in PAGE


def test_every_aim_is_met_and_every_pair_was_read():
    found = list(gate.aims(FULL))
    assert [what for what, _, met in found if not met] == []
    assert {"processor seconds", "peak memory"} <= {what for what, _, _ in found}
    assert all(own["background"]["read"]["unread"] == 0 for own in FULL["data"].values())
    assert FULL["speed"]["training_rows"] == 1_000_000


def test_the_words_beside_the_table_say_the_same():
    calls = [FULL["data"][name]["background"] for name in gate.REAL]
    said = re.sub(r"\s+", " ", PAGE)
    for call in calls:
        assert f"{call['test_rows']:,} rows" in said
    wrong = [f"{100 * call['wrong_at_most']:.2f} %" for call in calls]
    assert f"{wrong[0]} and {wrong[1]} of the rows are false alarms" in said
    reads = [call["read"] for call in calls]
    assert f"{reads[0]['copy']} and {reads[1]['copy']} are copies to a reader" in said
    assert f"{reads[0]['no copy']} and {reads[1]['no copy']} are the same phrase" in said
    spent = FULL["speed"]
    assert f"{spent['cpu_seconds']:.0f} seconds of one core and {spent['peak_host_bytes'] / 1e6:.0f} MB" in said


def test_the_table_of_overlaps_is_that_of_the_file():
    lines = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(lines) > 10
    for trained, tested, rest in lines:
        found = OVERLAPS["data"][trained][tested]
        together = sum(found["seen"].values())
        want = [*(str(found["seen"].get(kind, 0)) for kind in KINDS), f"{together} of {found['rows']:,}"]
        assert rest == " | ".join([*want, f"{100 * together / found['rows']:.1f} %"])


def test_the_file_of_overlaps_is_of_every_data_set_and_published_model():
    assert set(OVERLAPS["data"]) == set(catalogue.names())
    assert set(OVERLAPS["published"]) == set(training_sets.published())
    rows = {own.protocol: own.rows["test"] for own in map(catalogue.dataset, catalogue.names())}
    for tests in (tests for kind in OVERLAPS.values() for tests in kind.values()):
        assert all(found["rows"] == rows[protocol] for protocol, found in tests.items())


@pytest.mark.slow
def test_the_command_on_the_demonstration_corpus(tmp_path, capsys):
    out = tmp_path / "gate.json"
    assert gate.main(["--demo", "--texts", "20", "--seeds", "1", "--rows", "0", "--out", str(out)]) in (0, 1)
    found = read_json(out)["data"]["demo_sentiment"]
    assert list(found["recall"]) == list(EDITS)
    assert found["background"]["test_rows"] == 330
    assert "one word changed" in capsys.readouterr().out


def test_overlaps_of_the_demonstration_corpus(tmp_path):
    out = tmp_path / "overlaps.json"
    assert overlaps.main(["--only", "demo_sentiment", "demo_ner", "--out", str(out)]) == 0
    assert read_json(out)["data"] == {"demo_sentiment": {}, "demo_ner": {}}  # none of its test rows is in training
    assert overlaps.main(["--only", "no_such_set"]) == 1


@pytest.mark.parametrize("edit", EDITS)
def test_a_planted_copy_is_another_text_and_the_same_every_time(edit):
    texts = [row["text"] for row in catalogue.load("demo_sentiment")["test"]][:40]
    others = [row["text"] for row in catalogue.load("demo_sentiment")["train"]]
    copies = planted(edit, texts, others, seed=3)
    assert copies == planted(edit, texts, others, seed=3)
    assert all(copy != texts[at] for at, copy in copies)
