"""A comparison for other programs: everything, as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from phingpt_bench.core.jsonio import json_text
from phingpt_bench.results.comparison.gate import Verdict
from phingpt_bench.results.comparison.values import Comparison

SCHEMA_VERSION = 1


def to_json(
    comparisons: Sequence[Comparison],
    docs: Sequence[Mapping[str, Mapping[str, Any]] | None] | None = None,
    gate: Sequence[Verdict] | None = None,
) -> str:
    """All comparisons with all their fields, row by row, as indented JSON, newline at the end. Unknown is null.

    docs: for each comparison the rows of the dataset by id, or None; a row then has "text". gate: the verdicts, where
    B was to be no worse than A.
    """
    found = [dataclasses.asdict(comparison) for comparison in comparisons]
    for one, mine in zip(found, docs or [], strict=False):
        if mine is None:
            continue
        for details in filter(None, (one["labels"], one["spans"], one["numbers"])):
            for row in details["rows"]:
                row["text"] = mine.get(row["id"], {}).get("text")
    whole: dict[str, object] = {"schema_version": SCHEMA_VERSION, "comparisons": found}
    if gate is not None:
        whole["gate"] = {"failed": any(one.failed for one in gate), "tasks": [dataclasses.asdict(one) for one in gate]}
    return json_text(whole)
