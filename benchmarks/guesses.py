"""How far a run's time is from the median of its near ones, in the shipped records: the factors of evaluate/guess.py.

    python -m benchmarks.guesses [RESULTS]

Each record is guessed from all others of its machine. Times measured beside other processes are not comparable
with others, and a plan leaves them out; here those of the commonest number of processes are taken, as if it were one.
"""

from __future__ import annotations

import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from phingpt_bench.core.paths import share
from phingpt_bench.core.records import RunRecord, read_record
from phingpt_bench.evaluate.guess import NEAR, Near, guessed, seconds_of, traits_of


def records(folder: Path) -> list[RunRecord]:
    """The records of runs whose times were measured beside as many processes, each as if it had been alone."""
    found = [read_record(file) for file in sorted(folder.glob("*/runs/*/*/run.json"))]
    timed = [(one, machine) for one in found if (machine := one.evaluation.machine) is not None]
    (most, _), *_ = Counter(machine.workers for _, machine in timed).most_common(1)
    return [
        replace(one, evaluation=replace(one.evaluation, machine=replace(machine, workers=1)))
        for one, machine in timed
        if machine.workers == most
    ]


def others(record: RunRecord, known: list[RunRecord]) -> list[RunRecord]:
    """The records of its machine without itself and its copies, such as floors taken from the cache."""
    machine, seconds = record.evaluation.machine, record.evaluation.seconds
    assert machine is not None
    same = [one for one in known if one.evaluation.machine is not None and machine.like(one.evaluation.machine)]
    return [one for one in same if one.evaluation.seconds != seconds]


def ratios(near: Near, known: list[RunRecord]) -> Iterator[float]:
    """For each record with near ones: its time over their median."""
    for record in known:
        traits = traits_of(record)
        # a floor has its own record on the same task where that is measured at all
        times = [
            seconds_of(one, whole=traits.floor)
            for one in others(record, known)
            if near.holds(traits, traits_of(one)) and not (traits.floor and one.task == record.task)
        ]
        if times:
            yield seconds_of(record, whole=traits.floor) / statistics.median(times)


def covered(known: list[RunRecord]) -> tuple[int, int]:
    """(records within their guessed range, records with a guess), each guessed from the others of its machine."""
    inside = guesses = 0
    for record in known:
        traits = traits_of(record)
        rest = [(traits_of(one), one) for one in others(record, known)]
        rest = [(own, one) for own, one in rest if not (traits.floor and own.task == traits.task)]
        guess = guessed(traits, record.protocol.n, rest)
        if guess is not None:
            guesses += 1
            seconds = seconds_of(record, whole=True)
            inside += guess.low <= seconds <= guess.high
    return inside, guesses


def main() -> None:
    """Print the shares of each kind of nearness, and how many of all guesses hold."""
    known = records(Path(sys.argv[1]) if len(sys.argv) > 1 else share("results"))
    print(f"{len(known)} records")
    for near in NEAR:
        found = sorted(ratios(near, known))
        if found:
            cuts = [found[round(at * (len(found) - 1))] for at in (0, 0.05, 0.5, 0.95, 1)]
            text = "  ".join(f"{cut:.2f}" for cut in cuts)
            print(f"{near.name}: {len(found)} records, least, 5 %, median, 95 %, most: {text}")
    inside, guesses = covered(known)
    print(f"{inside} of {guesses} guesses hold")


if __name__ == "__main__":
    main()
