# python -m benchmarks.study fpb.json tfns.json fin.json finer.json --out results/benchmarks/study.json
"""What adapters learned to look at: figures of explanations of base and adapter, without their rows (docs/why.md).

Each file is what `phingpt-bench why base ADAPTER --task T --rows random --limit N --faithfulness --format json` writes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.words import mean_text
from phingpt_bench.core.jsonio import write_json

WORDS = 8  # of each task: those whose contribution changed most
K = 3  # words that are removed, or kept, in the table


def kept(why: dict[str, Any]) -> dict[str, Any]:
    """The figures of an explanation of two systems; of the words those whose change is not 0."""
    changed = [one for one in why["words"] if one["change"] and _excludes_zero(one["change"])]
    return {
        "task": why["task"], "systems": why["systems"], "runs": why["runs"], "choice": why["choice"],
        "rows": len(why["rows"]), "of": why["asked"], "agreement": why["agreement"], "faithful": why["faithful"],
        "words": sorted(changed, key=lambda one: -abs(one["change"]["value"]))[:WORDS],
        "common_words": len(why["words"]), "changed_words": len(changed),
    }  # fmt: skip


def faithfulness(found: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of docs/why.md: what K words do, for each task and system."""
    return [
        f"| {one['task']} | {system} | {figures['removed']['n']} | "
        + " | ".join(mean_text(figures[name]) for name in ("removed", "removed_random", "alone", "alone_random"))
        + " |"
        for one in found
        for system, every in zip(one["systems"], one["faithful"], strict=True)
        for figures in every
        if figures["k"] == K
    ]


def attention(found: Sequence[dict[str, Any]]) -> list[str]:
    """The lines of docs/why.md: how alike base and adapter look at a text, and which words changed most.

    A task in which both explain the same row nowhere has none.
    """
    return [
        f"| {one['task']} | {one['agreement']['n']} | {mean_text(one['agreement'])} "
        f"| {one['changed_words']} of {one['common_words']} "
        f"| {', '.join(_word(word) for word in one['words'][:5])} |"
        for one in found
        if one["agreement"]
    ]


def _word(word: dict[str, Any]) -> str:
    before, after = (side["value"] for side in word["sides"])
    return f"{word['word']} {before:+.2f} → {after:+.2f}"


def _excludes_zero(mean: dict[str, Any]) -> bool:
    interval = mean["interval"]
    return interval is not None and bool(interval["low"] > 0 or interval["high"] < 0)


def main(argv: Sequence[str] | None = None) -> None:
    """Write the file and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, help="explanations of two systems as JSON")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args(argv)
    found = [kept(json.loads(file.read_text(encoding="utf-8"))) for file in args.files]
    write_json(args.out, found)
    print("\n".join([*faithfulness(found), "", *attention(found)]))


if __name__ == "__main__":
    main()
