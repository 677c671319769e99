"""A rescoring for programs: everything as JSON, the scores as CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from phingpt_bench.core import jsonio
from phingpt_bench.rescore.values import OURS, Report, Value
from phingpt_bench.scoring.version import VERSION
from phingpt_bench.text.write_csv import csv_text

FIELDS = (
    "file", "task", "protocol", "scorer", "scope", "metric", "score", "low", "high", "rows", "missing", "all_rows",
)  # fmt: skip
CLASS_SCORES = ("precision", "recall", "f1", "partial", "typed")  # the last two of entities only


def to_json(report: Report) -> str:
    """One object; scores are fractions, null is undefined."""
    case, found = report.case, report.case.matching
    places = report.table.places

    def rows(which: Sequence[int]) -> dict[str, object]:
        return {"number": len(which), "at": [places[row] for row in which[:100]]}

    value = {
        "file": report.table.path,
        "task": report.target.task,
        "dataset": report.target.dataset,
        "protocol": report.target.protocol,
        "kind": report.target.kind,
        "labels": list(report.target.names),
        "answer_format": report.target.form,
        "columns": {role: dataclasses.asdict(column) for role, column in report.columns.items()},
        "rows": {
            "scored": report.n,
            "in_file": len(report.table),
            "unit": report.table.unit,
            "matched_by": found.by,
            "gold": case.gold_of,
            "all_rows_of_task": case.whole,
            "missing": sum(case.missing),
            "missing_ids": [doc["id"] for doc, gone in zip(case.docs, case.missing, strict=True) if gone][:100],
            "left_out": case.left_out,
            "unmatched": rows(found.unmatched),
            "doubled": rows(found.doubled),
            "disputed": rows(case.disputed),
            "normalised": found.normalised,
            "shared": found.shared,
            "paired": found.paired,
        },
        "scorers": [
            {
                "name": scored.scorer,
                "rule": scored.rule,
                "primary": scored.primary,
                "scores": {name: _value(value) for name, value in scored.values.items()},
                "differs": scored.differs,
                "examples": [dataclasses.asdict(example) for example in scored.examples],
            }
            for scored in report.scored
        ],
        "left_out": report.unfit,
        "details": dataclasses.asdict(report.details),
        "level": 0.95,
        "resamples": report.resamples,
        "recorded": _recorded(report),
        "notes": report.notes,
    }
    return jsonio.json_text(value)


def to_csv(report: Report) -> str:
    """One line per score: of every scorer, then by label or type (ours). Empty if undefined."""
    return csv_text(FIELDS, records(report))


def records(report: Report) -> list[dict[str, object]]:
    """A flat row a score with the keys FIELDS: of every scorer, then by label or type (ours). None if undefined."""
    target, case = report.target, report.case
    shared = {
        "file": report.table.path, "task": target.task or target.dataset, "protocol": target.protocol,
        "rows": report.n, "missing": sum(case.missing), "all_rows": case.whole,
    }  # fmt: skip
    found: list[dict[str, object]] = []
    for scored in report.scored:
        for name, value in scored.values.items():
            ends = value.interval
            low, high = (None, None) if ends is None else (ends.low, ends.high)
            score = {"scorer": scored.scorer, "scope": "all", "metric": name, "score": value.score}
            found.append({**shared, **score, "low": low, "high": high})
    if any(scored.scorer == OURS for scored in report.scored):
        for one in report.details.classes:
            for name in CLASS_SCORES[: None if target.kind == "spans" else 3]:
                score = {"scorer": OURS, "scope": one.name, "metric": name, "score": getattr(one, name)}
                found.append({**shared, **score})
    return found


def _value(value: Value) -> dict[str, object]:
    ends = value.interval
    return {
        "score": value.score,
        "low": None if ends is None else ends.low,
        "high": None if ends is None else ends.high,
        "method": None if ends is None else ends.method,
    }


def _recorded(report: Report) -> dict[str, object] | None:
    found = report.recorded
    if found is None:
        return None
    return {
        "run_id": found.record.run_id,
        "created": found.record.created,
        "model": found.record.model.name,
        "complete": found.complete,
        "scoring": {"recorded": found.version, "now": VERSION, "changed": list(found.changed)},
        "changes": {
            change.metric: {"recorded": change.recorded, "now": change.now, "difference": change.difference}
            for change in found.changes
        },
        "read_otherwise": len(found.otherwise),
        "examples": [
            {"at": report.table.places[at], "recorded": then, "now": now} for at, then, now in found.otherwise[:3]
        ],
    }
