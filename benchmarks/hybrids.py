# python -m benchmarks.hybrids RUN_FOLDER ... --out results/benchmarks/hybrids.json
"""Scores of combined runs, and which of their rows go to a person (docs/why.md), from records of `combine`.

The adapters are not shipped, so the records are not committed: this file keeps their figures, without rows.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from phingpt_bench.core.jsonio import write_json
from phingpt_bench.core.records import RECORD, RunRecord, read_record
from phingpt_bench.cost.prices import load_prices


def kept(record: RunRecord) -> dict[str, Any]:
    """The figures of a combined run."""
    return {
        "task": record.task, "system": record.model.adapter, "n": record.protocol.n, "metric": record.protocol.metric,
        "scores": record.scores, "abstention": [asdict(one) for one in record.diagnostics.abstention or []],
    }  # fmt: skip


def table(found: Sequence[dict[str, Any]], label: float) -> list[str]:
    """The lines of docs/why.md: what is handed to a person for each target. label: the price of a label in USD."""
    return [
        f"| {one['task']} | {part['target']:.0%} | {part['handed']:.0%} "
        f"| {part['accuracy']:.3f} [{part['low']:.3f}, {part['high']:.3f}] "
        f"| {part['answered']:.3f} | ${1000 * part['handed'] * label:.2f} |"
        for one in found
        for part in one["abstention"]
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="folders of combined runs")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    found = [kept(read_record(folder / RECORD)) for folder in args.folders]
    card = load_prices()
    write_json(args.out, found)
    print("\n".join(table(found, card.label.usd if card.label else float("nan"))))


if __name__ == "__main__":
    main()
