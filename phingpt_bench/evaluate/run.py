"""Running a plan: its cells are carried out by one worker here, or by many, and every run is written when it is done.

So an interruption loses at most the cells that are under way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from phingpt_bench.core.at_work import at_work
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.core.workplace import check_folder
from phingpt_bench.cost.prices import load_prices, match
from phingpt_bench.evaluate.adapters import AdapterFacts, Training
from phingpt_bench.evaluate.cells import Cell, cells_of, part
from phingpt_bench.evaluate.executor import Ended, Executor, carry_out
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.facts import Facts, machine_of, with_trained
from phingpt_bench.evaluate.here import Here
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.needs import needs
from phingpt_bench.evaluate.plan import plan
from phingpt_bench.evaluate.schedule import Schedule
from phingpt_bench.evaluate.stages import stages
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.worker import Worker
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Planned, Priced, Said


@dataclass(slots=True)
class Work:
    """What is to be done for a suite, and how far it is."""

    suite: Suite
    facts: Facts
    training: Training
    cells: list[Cell]
    """Those that are not done, in the order of the plan."""

    done: list[Path] = field(default_factory=list)
    """The folders of the new runs."""

    force: bool = False
    """Whether runs that are there are done again."""

    failed: dict[str, str] = field(default_factory=dict)
    """Why, by the id of the cell."""

    errors: list[BenchError] = field(default_factory=list)
    """Those of the cells, each with its task and model as `where`."""

    @property
    def adapters(self) -> Mapping[str, AdapterFacts]:
        """The adapters as they are on the disk, by name."""
        return {entry.name: entry for entry in self.facts.adapters}


Started = Callable[[Work, Display], contextlib.AbstractContextManager[Executor]]


def run(
    suite: Suite,
    facts: Facts,
    training: Training,
    *,
    only: Collection[str] = (),
    force: bool = False,
    share: tuple[int, int] = (1, 1),
    display: Display = QUIET,
    started: Started | None = None,
) -> Work:
    """Do every cell of the suite's plan that is not done.

    Args:
        suite: the suite.
        facts: of this suite, gathered with `fetch`.
        training: makes the adapters that are missing.
        only: as in `plan.plan`.
        force: as in `plan.plan`.
        share: part and number of parts (`cells.part`).
        display: gets the events.
        started: makes the executor; by default one worker in this process.

    A cell that fails by itself is in `failed` and `errors`, and the others are done. BenchError, without workers
    elsewhere, for what fails before a run: an adapter that does not belong to its base or changes nothing, a diverged
    training. What was finished before an error is kept.
    """
    prices = load_prices()  # an unreadable price card should fail now, not after hours
    cells = part(cells_of(plan(suite, facts, only=only, force=force), facts), *share)
    work = Work(suite, facts, training, [cell for cell in cells if not cell.step.done], force=force)
    entry = match(prices, machine_of(next((cell.step.base for cell in work.cells), None)))
    display.tell(Priced(entry.usd_per_hour if entry else None))
    display.tell(Planned(stages(suite, facts, [cell.step for cell in work.cells])))
    for cell in work.cells:
        if cell.step.kind == "train":
            check_folder(cell.step.folder)
    schedule = Schedule(work.cells, in_order=started is None)
    with contextlib.ExitStack() as stack:
        if started is None:
            stack.enter_context(at_work())
        executor = stack.enter_context((started or _here)(work, display))
        for need in needs(suite, facts, [cell.step for cell in work.cells]):  # while other workers begin
            if need.is_too_much:
                display.tell(Said(need.warning, urgent=True))
        try:
            carry_out(schedule, executor, lambda cell, ended: _settled(work, schedule, cell, ended, display))
        except KeyboardInterrupt:
            _say_kept(work, display)
            raise
    work.failed = {cell.id: schedule.failed[cell.id] for cell in work.cells if cell.id in schedule.failed}
    return work


@contextlib.contextmanager
def _here(work: Work, display: Display) -> Iterator[Executor]:
    exposures = Exposures(work.facts.known, work.facts.tasks, work.suite.trained_on)
    worker = Worker(Job(work.suite, work.facts, display, load_prices(), exposures), work.training)
    try:
        yield Here(worker, lambda: work.adapters)
    finally:
        worker.release()


def _settled(work: Work, schedule: Schedule, cell: Cell, ended: Ended, display: Display) -> None:
    """Book the end of a cell; after a training, its adapter's runs are planned again with its weights."""
    if ended.lost:
        return
    if ended.error is not None:
        step, err = cell.step, ended.error
        err.where = ": ".join(filter(None, (step.task, step.model, err.where)))
        work.errors.append(err)
        if not schedule.over:
            told = sentence("{where}: failed: {reason}; the other runs continue", where=err.where, reason=err.message)
            display.tell(Said(told, urgent=True))
        return
    if cell.step.kind != "train":
        work.done.append(cell.step.folder)
        return
    name = cell.step.model
    work.facts = with_trained(work.facts, work.suite, work.training, name)
    alone = replace(work.facts, adapters=[work.adapters[name]], floors={}, checks=(), served={})
    steps = [step for step in plan(work.suite, alone, force=work.force) if step.adapter == name]
    schedule.replace(cells_of(steps, alone))
    work.cells = [schedule.cells[one.id] for one in work.cells]
    left = [one.step for one in work.cells if schedule.waits(one.id)]
    display.tell(Planned(stages(work.suite, work.facts, left)))


def _say_kept(work: Work, display: Display) -> None:
    runs = [cell for cell in work.cells if cell.step.kind != "train"]
    kept = sentence_n(
        "stopped: {done} of {n} run is kept in {folder}; the same command resumes",
        "stopped: {done} of {n} runs are kept in {folder}; the same command resumes",
        len(runs),
        done=len(work.done),
        folder=work.suite.results_folder,
    )
    display.tell(Said(kept, urgent=True))
