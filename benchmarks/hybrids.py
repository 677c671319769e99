# python -m benchmarks.hybrids results/gemma-3-270m
"""Combined runs next to their parts, and which rows go to a person: the lines of docs/why.md, from records."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from phingpt_bench.cost.prices import load_prices
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.results.compare import Comparer
from phingpt_bench.text.numbers import interval_text, p_text, score_text, signed, signed_interval


def combined(runs: Sequence[Run]) -> list[Run]:
    """The combined runs, in the order of the records."""
    return [run for run in runs if run.record.model.is_combination]


def parts_of(run: Run, runs: Sequence[Run]) -> Iterator[Run]:
    """The adapter of a combined run, then the floors that are among its parts, each on the same rows."""
    model, protocol = run.record.model, run.record.protocol
    name, *floors = (model.adapter or "").split("+")
    for other in runs:
        theirs = other.record.model
        alone = theirs.kind == "tuned" and theirs.adapter == name and other.record.protocol.setting == protocol.setting
        if other.record.task == run.record.task and alone and theirs.numerics == model.numerics:
            yield other
    for floor in floors:
        yield from (
            other
            for other in runs
            if other.kind == "floor" and other.record.task == run.record.task and other.record.model.name == floor
        )


def gains(runs: Sequence[Run], comparer: Comparer) -> list[str]:
    """A line for each combined run and part: both scores, and the difference with its test."""
    return [_gain(run, part, comparer) for run in combined(runs) for part in parts_of(run, runs)]


def _gain(run: Run, part: Run, comparer: Comparer) -> str:
    record, metric = run.record, run.record.protocol.metric
    bounds = comparer.interval(run, metric)
    test = comparer.test(run, part, metric, part.record.model.name)
    alone = part.record.model.adapter or part.record.model.name
    return (
        f"| {record.task} | {record.model.adapter} | {score_text(record.scores[metric])} "
        f"{interval_text(bounds.low, bounds.high) if bounds else ''} "
        f"| {alone} | {score_text(part.record.scores[metric])} "
        f"| {signed(test.value)} {signed_interval(test.low, test.high)}, {p_text(test.p, test.at_most)} |"
    )


def people(runs: Sequence[Run], label: float) -> list[str]:
    """A line for each target: what is handed to a person. label: the price of a label in USD."""
    return [
        f"| {run.record.task} | {part.target:.0%} | {part.handed:.0%} "
        f"| {part.accuracy:.3f} [{part.low:.3f}, {part.high:.3f}] "
        f"| {score_text(part.answered)} | ${1000 * part.handed * label:.2f} |"
        for run in combined(runs)
        for part in run.record.diagnostics.abstention or []
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder of the runs")
    runs = collect(parser.parse_args(argv).folder)
    card = load_prices()
    print("\n".join([*gains(runs, Comparer()), "", *people(runs, card.label.usd if card.label else float("nan"))]))


if __name__ == "__main__":
    main()
