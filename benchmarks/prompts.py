# python -m benchmarks.prompts results/smollm2-135m
"""How much scores depend on the prompt: the lines of docs/prompts.md, from records of `--prompts paraphrases`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.board.prompts import prompt_spread
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.pairing import base_of
from phingpt_bench.text.numbers import interval_text, percent, score_text


def table(runs: Sequence[Run], comparer: Comparer) -> list[str]:
    """A line for each run that was asked in other prompts: its score, and those under the others."""
    return [line for run in runs if (line := _line(run, runs, comparer)) is not None]


def _line(run: Run, runs: Sequence[Run], comparer: Comparer) -> str | None:
    record, metric = run.record, run.record.protocol.metric
    spread = prompt_spread(run, base_of(run, [one for one in runs if one.task == run.task]), metric)
    if spread is None:
        return None
    bounds = comparer.interval(run, metric)
    return (
        f"| {record.task} | {record.model.adapter or record.model.name} | {score_text(record.scores[metric])} "
        f"{interval_text(bounds.low, bounds.high) if bounds else ''} "
        f"| {score_text(spread.low)}-{score_text(spread.high)} ({spread.n}) | {percent(spread.changed)} "
        f"| {'' if spread.better is None else f'{spread.better} of {spread.compared}'} |"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder of the runs")
    print("\n".join(table(collect(parser.parse_args(argv).folder), Comparer())))


if __name__ == "__main__":
    main()
