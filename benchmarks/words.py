# python -m benchmarks.words base.json tfidf.json --out results/benchmarks/words.json
"""Do systems look at the words that people marked? Figures of explanations in JSON, without their rows (docs/why.md).

Each file is what `phingpt-bench why RUN --task T --rows all --limit N --faithfulness --format json` writes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.jsonio import write_json


def kept(why: dict[str, Any]) -> list[dict[str, Any]]:
    """The figures of each system of an explanation, with what identifies them."""
    return [
        {
            "task": why["task"], "system": system, "run": run, "rows": len(why["rows"]), "choice": why["choice"],
            "of": why["asked"], "people": people, "faithful": faithful,
        }
        for system, run, people, faithful in zip(
            why["systems"], why["runs"], why["people"], why["faithful"], strict=True
        )
    ]  # fmt: skip


def table(found: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of docs/why.md: agreement with people, one for each system."""
    return [
        f"| {one['system']} | {one['people']['f1']['n']} | "
        + " | ".join(mean_text(one["people"][name]) for name in ("f1", "f1_gain", "precision", "precision_gain"))
        + " |"
        for one in found
        if one["people"]
    ]


def mean_text(mean: dict[str, Any]) -> str:
    """A mean over rows with its interval, both in JSON."""
    return f"{mean['value']:.2f} [{mean['interval']['low']:.2f}, {mean['interval']['high']:.2f}]"


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="explanations as JSON")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    found = [one for file in args.files for one in kept(json.loads(file.read_text(encoding="utf-8")))]
    write_json(args.out, found)
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
