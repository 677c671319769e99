# python -m benchmarks.overlaps --out results/overlaps.json
"""How many test rows of each dataset have a copy in the training rows of the others, and of published models."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import KINDS
from phingpt_bench.core.jsonio import write_json
from phingpt_bench.data import catalogue, training_sets
from phingpt_bench.data.copies.gate import Gate
from phingpt_bench.data.rows import Rows

Splits = Mapping[str, Rows]


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.overlaps", description=__doc__)
    made.add_argument("--only", nargs="+", metavar="NAME", help="these datasets; by default all that are here")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Load what is here, compare, print, write; 1 if a dataset is missing, as its counts are then missing too."""
    args = parser().parse_args(argv)
    data: dict[str, Splits] = {}
    missing = []
    for name in args.only or catalogue.names():
        try:
            data[name] = catalogue.load(name)
        except BenchError as err:
            missing.append(name)
            print(f"{name}: {err.message}", file=sys.stderr)
    gate = Gate(data)
    results = {
        "data": {name: _found(gate, data, _rows(splits, training_sets.TRAINED)) for name, splits in data.items()},
        "published": {
            name: _found(gate, data, [row for part, splits in own.trained_on.items() if part in data
                                      for row in _rows(data[part], splits)])
            for name, own in training_sets.published().items()
        },
    }  # fmt: skip
    for kind, sets in results.items():
        for name, tests in sets.items():
            for protocol, found in tests.items():
                print(f"{kind:10}{name:22}{protocol:34}{sum(found['seen'].values()):6} of {found['rows']}")
    if args.out:
        write_json(args.out, results)
    return 1 if missing else 0


def _rows(splits: Splits, wanted: Iterable[str]) -> list[dict[str, Any]]:
    return [row for split in wanted for row in splits.get(split, ())]


def _found(gate: Gate, data: Mapping[str, Splits], training: Rows) -> dict[str, Any]:
    """{protocol: {"rows", "seen": {kind: count}}} of the datasets in which anything was found."""
    found = {}
    for name, kinds in gate.search(training).items():
        counts = Counter(kinds.values())
        if counts:
            seen = {kind: counts[kind] for kind in KINDS if counts[kind]}
            found[catalogue.dataset(name).protocol] = {"rows": len(data[name]["test"]), "seen": seen}
    return found


if __name__ == "__main__":
    raise SystemExit(main())
