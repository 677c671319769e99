"""results/published.yaml: schema, evidence, and every value against the notes it was taken from, where at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from phingpt_bench.board.published import EVIDENCE, load
from phingpt_bench.board.text import published_cost_note
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.scoring.metrics import METRICS

COUNTS = {
    "fpb/fingpt-25-seed42/v1": 25,
    "tfns/validation/v1": 25,
    "fin/flare-98/v1": 27,
    "finer-ord/test-1075/v1": 38,
}
# the names under which the notes keep what is one of our protocols and metrics
NOTED = {
    ("fpb/fingpt-25-seed42/v1", "f1_weighted"): ("fpb-fingpt-1212",),
    ("fpb/fingpt-25-seed42/v1", "acc"): ("fpb-fingpt-1212-acc",),
    ("fpb/fingpt-25-seed42/v1", "f1_macro"): ("fpb-fingpt-1212-macro",),
    ("tfns/validation/v1", "f1_weighted"): ("tfns-2388",),
    ("tfns/validation/v1", "acc"): ("tfns-2388-acc",),
    ("tfns/validation/v1", "f1_macro"): ("tfns-2388-macro",),
    ("fin/flare-98/v1", "entity_f1"): ("ner-flare-98",),
    ("finer-ord/test-1075/v1", "entity_f1"): ("finerord-test-strict", "finerord-1074-strict", "finerord-uniner"),
}


def test_every_protocol_has_its_rows_and_its_primary_metric():
    rows = load()
    assert {protocol: len(found) for protocol, found in rows.items()} == COUNTS
    for protocol, found in rows.items():
        primary = "f1_weighted" if protocol.startswith(("fpb", "tfns")) else "entity_f1"
        assert all(primary in row.metrics and set(row.metrics) <= set(METRICS) for row in found)


def test_rows_say_where_they_come_from_and_how_comparable_they_are():
    for found in load().values():
        for row in found:
            assert row.evidence in EVIDENCE
            assert row.comparison.note
            for value in row.metrics.values():
                assert value.source.arxiv or value.source.commit or value.source.repository
                assert value.source.commit is None or len(value.source.commit) == 40
                assert float(value.printed) in (pytest.approx(value.value), pytest.approx(100 * value.value))


def test_nothing_from_memory_or_at_second_hand():
    text = share("results", "published.yaml").read_text(encoding="utf-8")
    body = text.split("\nversion:", 1)[1]
    assert "RECALLED" not in text
    assert "secondary" not in body
    assert "memory" not in body


def test_flare_has_another_metric_and_the_doubtful_cost_is_marked():
    rows = load()
    assert all(row.comparison.same_rows and not row.comparison.same_metric for row in rows["fin/flare-98/v1"])
    costs = {row.cost.key: row.cost for found in rows.values() for row in found if row.cost is not None}
    doubtful = {key for key, cost in costs.items() if cost.doubtful}
    assert doubtful == {"a100-5h-v31", "a100-5h-v32", "rtx3090-6h", "rtx3090-4h"}
    assert all(costs[key].note in published_cost_note(costs[key]) for key in doubtful)


def test_a_cost_is_that_of_a_training_and_never_of_a_base_that_was_not_trained():
    for found in load().values():
        assert all(row.cost is None for row in found if row.method == "zero-shot")


def test_values_equal_the_notes():
    data = os.environ.get("PHINGPT_BENCH_DATA")
    notes = Path(data).parent / "notes" / "published.json" if data else None
    if notes is None or not notes.is_file():
        pytest.skip("needs the notes beside $PHINGPT_BENCH_DATA")
    names = {name for group in NOTED.values() for name in group}
    noted: dict[tuple, list[tuple]] = {}
    for record in json.loads(notes.read_text(encoding="utf-8")):
        if record["status"] == "VERIFIED" and record["evidence"] in EVIDENCE and record["protocol_id"] in names:
            noted.setdefault((record["protocol_id"], record["model"], record["method"], record["shots"]), []).append(
                (float(record["value"]), record["printed"], record["source"]["commit"], record["source"]["arxiv"])
            )
    ours = 0
    for protocol, found in load().items():
        for row in found:
            for metric, value in row.metrics.items():
                entries = [
                    entry
                    for name in NOTED[protocol, metric]
                    for entry in noted.get((name, row.model, row.method, row.shots), [])
                ]
                assert (value.value, value.printed, value.source.commit, value.source.arxiv) in entries
                ours += 1
    assert ours == sum(map(len, noted.values()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("value: 0.882,", "value: 88.2,"), "not a fraction"),
        (("      evidence: primary", "      evidence: memory"), "evidence 'memory'"),
        (("comparable: ner-flare", "comparable: ner-flair"), "did you mean 'ner-flare'"),
        (("source: pixiu-readme", "source: pixiu-readm"), "did you mean 'pixiu-readme'"),
        (("      shots: null\n", "      shotz: null\n"), "not a file of published results"),
        (("version: 1", "version: [1"), ":"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, change, message):
    text = share("results", "published.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    bad = tmp_path / "published.yaml"
    bad.write_text(text.replace(change[0], change[1], 1), encoding="utf-8")
    with pytest.raises(BenchError) as told:
        load(bad)
    assert message in str(told.value)
    assert str(bad) in str(told.value)
