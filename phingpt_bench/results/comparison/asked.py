"""The comparisons that somebody asks for by the names of two systems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.paths import results_folder
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.protocols import protocol_of
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run, collect
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.build import compare, corrected_tests
from phingpt_bench.results.comparison.gate import Verdict, verdicts
from phingpt_bench.results.comparison.systems import pairs, resolve, run_file
from phingpt_bench.results.comparison.values import Comparison


@dataclass(frozen=True, slots=True)
class Asked:
    """The comparisons, with what was asked of them."""

    comparisons: tuple[Comparison, ...]
    tested: int  # tasks that share Holm's correction: all that both systems were tested on
    gate: tuple[Verdict, ...] | None = None  # whether B is worse, of each comparison; None if that was not asked


def comparisons(
    a: str,
    b: str,
    runs: Sequence[Run],
    *,
    tasks: Sequence[str] = (),
    metric: str | None = None,
    across_engines: bool = False,
    details: bool | None = None,
    margin: float | None = None,
) -> Asked:
    """What changed from A to B on each task that both were run on.

    a, b: names as a board shows them, or folders of runs. tasks: only these tasks, datasets or protocols. metric: in
    place of the primary one, where a task has it. details: with everything by row, label and type; None:
    where tasks were named, or there is one only. margin: of the gate (gate.py), None
    for none. BenchError for names that fit no run or several, and for a task or metric that not both have.
    """
    cache = Cache()
    comparer = Comparer(cache)
    found = pairs(*resolve(a, b, runs))
    wanted = _wanted(tasks, found)
    if details is None:
        details = bool(tasks) or len(wanted) < 2
    shared = [comparer.scores(one).keys() & comparer.scores(other).keys() for one, other in found]
    if metric is not None and not any(metric in both for both in shared):
        raise unknown(sentence("metric"), metric, set().union(*shared))
    tested = corrected_tests(found, comparer, metric, across=across_engines)
    made = tuple(
        compare(
            one, other, comparer, metric=metric if metric in both else None, runs=runs, test=test, details=details
        )
        for (one, other), test, both in zip(found, tested, shared, strict=True)
        if one.record.task in wanted
    )  # fmt: skip
    gate = None
    if margin is not None:
        shown = [pair for pair in found if pair[0].record.task in wanted]
        tests, metrics = [one.test for one in made], [one.metric for one in made]
        gate = tuple(verdicts(shown, tests, metrics, margin, comparer))
    cache.save()
    return Asked(made, sum(test.p is not None for test in tested), gate)


def runs_for(a: str, b: str, folder: Path | None = None) -> list[Run]:
    """The runs among which names, and twins of runs given by their folders, are looked for.

    folder: of the results. None: the folders that `a` and `b` lie in where both are folders of runs, otherwise results/
    here or the shipped results.
    """
    files = [run_file(a), run_file(b)]
    if folder is None and None not in files:
        beside = {file.resolve().parents[2] for file in files if file}  # <results>/runs/<task>/<model>/run.json
        return [run for each in sorted(beside) if each.name == "runs" for run in collect(each)]
    return collect(folder or results_folder())


def _wanted(asked: Collection[str], found: Sequence[tuple[Run, Run]]) -> set[str]:
    """The tasks to show. BenchError for one that not both systems have."""
    protocols = {a.record.task: a.record.protocol.id for a, _ in found}
    if not asked:
        return set(protocols)
    wanted = set()
    for name in asked:
        mine = {name} & protocols.keys()
        mine = mine or {task for task, protocol in protocols.items() if protocol == protocol_of(name)}
        if not mine:
            raise unknown(sentence("task"), name, protocols, where=sentence("tasks that both were run on"))
        wanted |= mine
    return wanted
