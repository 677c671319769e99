# python -m benchmarks.coverage --out results/benchmarks/coverage.json
"""How often intervals cover and tests err, in made-up worlds whose truth is known (docs/statistics.md)."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scenarios import SCENARIOS
from phingpt_bench.core.jsonio import write_json


def share(name: str, count: int, resamples: int) -> dict[str, Any]:
    """Of `count` worlds of a scenario, the share that covered (or erred), with its standard error."""
    scenario, draw = SCENARIOS[name], np.random.default_rng(list(name.encode()))
    began = time.process_time()
    hits = sum(bool(scenario.trial(draw, resamples)) for _ in range(count))
    found = hits / count
    low, high = scenario.aim
    return {
        "kind": scenario.kind, "text": scenario.text, "share": found,
        "standard_error": math.sqrt(found * (1 - found) / count), "held": scenario.held,
        "within": low <= found <= high, "seconds": round(time.process_time() - began, 1),
    }  # fmt: skip


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__)
    made.add_argument("--worlds", type=int, default=2000, metavar="N", help="of each scenario (default 2,000)")
    made.add_argument("--resamples", type=int, default=500, metavar="N", help="of each bootstrap or permutation")
    made.add_argument("--only", action="append", default=[], metavar="NAME", help="this scenario; may be repeated")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Simulate, print, write; 1 if a share that is held to an aim misses it."""
    args = parser().parse_args(argv)
    found: dict[str, Any] = {}
    for name in args.only or SCENARIOS:
        found[name] = share(name, args.worlds, args.resamples)
        mark = "" if found[name]["within"] or not found[name]["held"] else "  MISSED"
        print(
            f"{found[name]['kind']:6} {100 * found[name]['share']:5.1f} %  {name}: {found[name]['text']}{mark}",
            flush=True,
        )
        if args.out:  # after each, so that an interruption loses one
            write_json(args.out, {"worlds": args.worlds, "resamples": args.resamples, "scenarios": found})
    return 0 if all(entry["within"] or not entry["held"] for entry in found.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
