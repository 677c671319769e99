"""Comparisons of two systems that are asked for by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.protocols import protocol_of
from phingpt_bench.results.cache import Cache
from phingpt_bench.results.collect import Run, collect, collect_from
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.build import compare, corrected_tests
from phingpt_bench.results.comparison.gate import Verdict, not_run, verdicts
from phingpt_bench.results.comparison.systems import System, pairs, resolve, run_file
from phingpt_bench.results.comparison.values import Comparison


@dataclass(frozen=True, slots=True)
class Asked:
    """The comparisons, with what was asked of them."""

    comparisons: tuple[Comparison, ...]
    tested: int  # tasks that share Holm's correction: all that both systems were tested on
    # for each comparison, and each task that B lacks, whether B is worse; None if that was not asked
    gate: tuple[Verdict, ...] | None = None


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
    for none. BenchError for names that match no run, or more than one, and for a task or metric that one of the two
    lacks.
    """
    cache = Cache()
    comparer = Comparer(cache)
    both = resolve(a, b, runs, _known(tasks, runs, a, b))
    found = pairs(*both)
    wanted = _wanted(tasks, found, both)
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
        lacking = [] if tasks or both[1].given else [run for task, run in both[0].runs.items() if task not in wanted]
        gate = (*verdicts(shown, tests, metrics, margin, comparer), *not_run(lacking, margin))
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
    return collect_from([] if folder is None else [folder])


def runs_of(a: str, b: str | None, task: str | None, folder: Path | None = None) -> list[Run]:
    """One run, or two of one task, by names as a board shows them or by their folders; of several seeds the first.

    task: a task, dataset or protocol; not needed where the names leave only one. BenchError as for `comparisons`.
    """
    tasks, runs = [task] if task else [], runs_for(a, b or a, folder)
    both = resolve(a, b or a, runs, _known(tasks, runs, a, b or a))
    found = pairs(*both)
    wanted = _wanted(tasks, found, both)
    left = [pair for pair in found if pair[0].record.task in wanted]
    if len(left) > 1:
        raise BenchError(
            "'{name}' has runs of {n} tasks",
            hint="say which with --task: {names}",
            name=a,
            n=len(left),
            names=", ".join(sorted(wanted)),
        )
    return [run.members[0] for run in left[0][: 2 if b else 1]]


def _known(asked: Collection[str], runs: Sequence[Run], a: str, b: str) -> set[str]:
    """The tasks of the runs that are asked for.

    BenchError for one that no run has, before anything is said of names; a folder may have tasks that no other run has.
    """
    protocols = {run.record.task: run.record.protocol.id for run in runs}
    if run_file(a) or run_file(b):
        return set(asked)
    known: set[str] = set()
    for name in asked:
        if not (meant := _called(name, protocols)):
            raise unknown(sentence("task"), name, protocols)
        known |= meant
    return known


def _wanted(asked: Collection[str], found: Sequence[tuple[Run, Run]], both: tuple[System, System]) -> set[str]:
    """The tasks to show. BenchError for one that was not run on both systems, which says on which it was not."""
    protocols = {a.record.task: a.record.protocol.id for a, _ in found}
    if not asked:
        return set(protocols)
    wanted = set()
    for name in asked:
        mine = _called(name, protocols)
        if not mine:
            for system, other, letter in ((both[0], both[1], "B"), (both[1], both[0], "A")):
                if _called(name, {task: run.record.protocol.id for task, run in system.runs.items()}):
                    raise BenchError(
                        "{letter} ({system}) has no run of '{task}', which the other has",
                        hint="tasks that both were run on: {names}",
                        letter=letter,
                        system=other.names[0],
                        task=name,
                        names=", ".join(sorted(protocols)),
                    )
            raise unknown(sentence("task"), name, protocols, where=sentence("tasks that both were run on"))
        wanted |= mine
    return wanted


def _called(name: str, protocols: Mapping[str, str]) -> set[str]:
    """The tasks of that name, or of that dataset or protocol."""
    mine = {name} & protocols.keys()
    return mine or {task for task, protocol in protocols.items() if protocol == protocol_of(name)}
