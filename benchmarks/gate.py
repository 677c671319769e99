# python -m benchmarks.gate --out results/benchmarks/gate.json
"""How many planted copies the gate against training on test rows finds, what it takes for one, and how fast it is."""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.command import command
from benchmarks.planted import EDITS, planted
from phingpt_bench.core import jsonio
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.copies.fold import fold
from phingpt_bench.data.copies.index import Index, Match, Target
from phingpt_bench.data.copies.kinds import KINDS, NORMALISED
from phingpt_bench.data.copies.signatures import alike, signatures
from phingpt_bench.data.sources import mirror

REAL, DEMO = ("fpb", "tfns"), ("demo_sentiment",)
BACKGROUND = 0.015  # of the test rows, at most, may be called copies without being ones
JUDGED = Path(__file__).with_name("gate_judged.json")  # pairs of row ids that were read: true where they are a copy


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__)
    made.add_argument("--texts", type=int, default=600, metavar="N", help="copies of each kind and seed (default 600)")
    made.add_argument("--seeds", type=int, default=3, metavar="N", help="ways to halve a dataset (default 3)")
    made.add_argument("--rows", type=int, default=1_000_000, metavar="N", help="training rows of the timing")
    made.add_argument("--demo", action="store_true", help="the demonstration corpus, not the real sets")
    made.add_argument("--unread", type=Path, metavar="FILE", help="write the pairs that are not judged yet, with texts")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Plant, measure, print, write; 1 if an aim is missed, 2 when the timing fails."""
    args = parser().parse_args(argv)
    names = DEMO if args.demo or mirror() is None else REAL
    facts = report.facts("gate", args, "no model")
    data = {name: _data_set(name, args) for name in names}
    if args.unread:
        jsonio.write_jsonl(args.unread, [pair for found in data.values() for pair in found.pop("unread")])
    for found in data.values():
        found.pop("unread", None)
    results: dict[str, Any] = {"data": data, "speed": None}
    if args.rows:
        try:
            results["speed"] = speed(args.rows)
        except BenchError as err:
            print(f"error: {err}", file=sys.stderr)
            return 2
    print(table(results))
    report.save(args.out, facts, results)
    return 0 if all(met for _, _, met in aims(results)) else 1


def _data_set(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Recall of each edit over all seeds, and what is called a copy in a half of the dataset without planting."""
    rows = {row["text"]: row["id"] for split in catalogue.load(name).values() for row in split}
    hits: dict[str, list[bool]] = {edit: [] for edit in EDITS}
    called: dict[str, Any] = {}
    declared: dict[str, Any] = {}
    unread: list[dict[str, str]] = []
    judged = jsonio.read_json(JUDGED).get(name, {})
    for seed in range(args.seeds):
        test, train = halves(list(rows), seed)
        index = Index([Target(name, test, [*test, *train])])
        for edit in EDITS:
            copies = planted(edit, test[: args.texts], train, seed)
            # one at a time: a row that is found through the copy of another would not count
            hits[edit] += [(name, at) in index.search([copy]) for at, copy in copies]
        found = [(test[row], train[match.training], match) for (_, row), match in index.search(train).items()]
        if seed == 0:  # whose pairs have been read
            declared = _declared(test, train, args.texts)
            called = background(found, len(test), rows, judged)
            unread = [{"pair": pair_id(rows, a, b), "test": a, "training": b} for a, b, match in found
                   if match.kind > NORMALISED and pair_id(rows, a, b) not in judged]  # fmt: skip
    recall = {
        edit: {"n": len(own), "recall": sum(own) / max(1, len(own)), "aim": EDITS[edit][1]}
        for edit, own in hits.items()
    }
    return {"rows": len(rows), "recall": recall, "background": called, "declared": declared, "unread": unread}


def _declared(test: Sequence[str], train: Sequence[str], texts: int) -> dict[str, Any]:
    """The same by signatures alone, as a file of row hashes has them: recall, and what is called near in the half."""
    own = signatures([fold(text) for text in test])
    recall = {}
    for edit in EDITS:
        copies = planted(edit, test[:texts], train, 0)
        theirs = signatures([fold(copy) for _, copy in copies])
        hits = [len(alike(own[at : at + 1], theirs[row : row + 1])) for row, (at, _) in enumerate(copies)]
        recall[edit] = {"n": len(hits), "recall": sum(hits) / max(1, len(hits))}
    return {"recall": recall, "called_near": len(alike(own, signatures([fold(text) for text in train]))) / len(test)}


def halves(texts: Sequence[str], seed: int) -> tuple[list[str], list[str]]:
    """(test, training): the distinct texts in an order by the seed, cut in the middle."""
    order = list(texts)
    random.Random(f"halves:{seed}").shuffle(order)
    return order[: len(order) // 2], order[len(order) // 2 :]


def pair_id(rows: dict[str, str], test: str, training: str) -> str:
    """The ids of both texts, in whichever order: a copy is one in both directions."""
    return " ".join(sorted((rows[test], rows[training])))


def background(
    found: Sequence[tuple[str, str, Match]], n: int, rows: dict[str, str], judged: dict[str, bool]
) -> dict[str, Any]:
    """Of the n test rows: called copies by kind, and of those that are not equal how many are copies to a reader."""
    inexact = [judged.get(pair_id(rows, a, b)) for a, b, match in found if match.kind > NORMALISED]
    verdict = Counter({True: "copy", False: "not", None: "unread"}[each] for each in inexact)
    kinds = Counter(KINDS[match.kind] for _, _, match in found)
    return {
        "test_rows": n,
        "called": {kind: kinds[kind] for kind in KINDS if kinds[kind]},
        "read": {"copy": verdict["copy"], "no copy": verdict["not"], "unread": verdict["unread"]},
        "wrong_at_most": (verdict["not"] + verdict["unread"]) / n,
    }


def speed(rows: int) -> dict[str, Any]:
    """Processor seconds and peak memory of a process that indexes all test rows and searches so many training rows."""
    empty, whole = (command("benchmarks.gate_speed", str(count)) for count in (0, rows))
    return {
        "training_rows": rows,
        "cpu_seconds": whole.cpu_seconds,
        "cpu_seconds_without_rows": empty.cpu_seconds,
        "peak_host_bytes": whole.peak_host_bytes,
    }


def aims(results: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """(what, how it came out, whether the aim is met) of everything that has an aim."""
    for name, found in results["data"].items():
        for edit, own in found["recall"].items():
            if own["aim"] is not None:
                yield f"{name}: {edit}", f"{own['recall']:.3f} of {own['n']}", own["recall"] >= own["aim"]
        wrong = found["background"]["wrong_at_most"]
        yield f"{name}: called copies that are none", f"{wrong:.2%}", wrong <= BACKGROUND
    if spent := results["speed"]:
        yield (
            "processor seconds",
            f"{spent['cpu_seconds']:.0f}",
            spent["cpu_seconds"] < 60 * spent["training_rows"] / 1e6,
        )
        yield "peak memory", f"{spent['peak_host_bytes'] / 1e6:,.0f} MB", spent["peak_host_bytes"] < 1e9


def table(results: dict[str, Any]) -> str:
    """A line for everything measured."""
    lines = [f"{what:48} {value:>18}{'' if met else '  MISSED'}" for what, value, met in aims(results)]
    for name, found in results["data"].items():
        for edit, own in found["recall"].items():
            if own["aim"] is None:
                lines.append(f"{f'{name}: {edit}':48} {own['recall']:>9.3f} of {own['n']}")
        calls = found["background"]
        lines.append(f"{name}: {calls['test_rows']} rows of one half, called {calls['called']}, read {calls['read']}")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
