"""A rescoring for programs: everything as JSON, the scores as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from typing import Any

from phingpt_bench.core import jsonio
from phingpt_bench.render.board.text import csv_cell
from phingpt_bench.rescore.values import OURS, Report, Value
from phingpt_bench.scoring.version import VERSION

HEAD = ("file", "task", "protocol", "scorer", "scope", "metric", "score", "low", "high", "rows", "missing", "all_rows")


def to_json(report: Report) -> str:
    """One object; scores are fractions, null is undefined."""
    case, found = report.case, report.case.matching
    places = report.table.places

    def rows(which: Sequence[int]) -> dict[str, Any]:
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
    # lone surrogates out of damaged answers, which no file takes, become question marks
    return jsonio.dumps(value, indent=1).encode("utf-8", "replace").decode("utf-8") + "\n"


def to_csv(report: Report) -> str:
    """A line a score: of every scorer, then by label or type (ours). Empty where undefined."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    rows: list[tuple[object, ...]] = []
    target, case = report.target, report.case
    start = (report.table.path, target.task or target.dataset, target.protocol)
    end = (report.n, sum(case.missing), case.whole)
    for scored in report.scored:
        for name, value in scored.values.items():
            low, high = (value.interval.low, value.interval.high) if value.interval else (None, None)
            rows.append((*start, scored.scorer, "all", name, value.score, low, high, *end))
    if any(scored.scorer == OURS for scored in report.scored):
        for one in report.details.classes:
            for name in ("precision", "recall", "f1", "partial", "typed"):
                if target.kind == "spans" or name not in ("partial", "typed"):
                    rows.append((*start, OURS, one.name, name, getattr(one, name), None, None, *end))
    writer.writerows(map(csv_cell, row) for row in rows)
    return out.getvalue().encode("utf-8", "replace").decode("utf-8")


def _value(value: Value) -> dict[str, Any]:
    ends = value.interval
    return {
        "score": value.score,
        "low": None if ends is None else ends.low,
        "high": None if ends is None else ends.high,
        "method": None if ends is None else ends.method,
    }


def _recorded(report: Report) -> dict[str, Any] | None:
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
