"""Runs that need no base: baselines, which are fitted first, and checks of the scoring."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate import kept_floors
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.stages import run_stage
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.events import Advanced, Said

if TYPE_CHECKING:
    from phingpt_bench.lmeval.documents import DocumentLM


def run_without_base(job: Job, step: Step) -> None:
    """Fit a baseline on a task's training rows, or take a check, and run it on the test rows.

    The fit is the training cost of a baseline; a check has none.
    """
    from phingpt_bench.floors.learnt import LearntLM

    task = job.task(step)
    fitting, meter = Meter("cpu"), Meter("cpu")
    place: Path | None = None
    with job.display.stage(run_stage(step, job.facts)):
        model = _without_base(step, task, job.suite.seed)
        if isinstance(model, LearntLM):
            place = kept_floors.place(step, task)
            if step.reason is None and _was_kept(job, step, place):
                return
            if job.suite.limit is not None:
                text = sentence(
                    "{name} learns from all training rows: --limit shortens the test rows alone", name=step.model
                )
                job.display.tell(Said(text))
            model.on_fit = lambda fits: job.display.tell(Advanced(note=fits))
        with fitting.phase("train"):
            model.fit(task.task)
        answers, scores = job.evaluate(step, model, meter, job.running(step, meter))
        by = Answerer(
            model=Model(name=step.model, kind="check"),
            evaluation=_without_peaks(meter.ledger(job.prices)),
            diagnostics=answers.diagnostics,
        )
        if step.kind == "floor":
            by = replace(
                by,
                model=Model(name=step.model, kind="floor"),
                training=_without_peaks(fitting.ledger(job.prices)),
                exposure=job.exposures.of_floor(task, job.suite.limit, reads=model.reads_texts),
            )
        files = job.finish(step, answers, scores, by)
        if place is not None:
            kept_floors.keep(place, files)


def _was_kept(job: Job, step: Step, place: Path) -> bool:
    """Take the run of a baseline from the cache, with the cost that was measured; False if it is not there."""
    kept = kept_floors.read(place, job.suite)
    if kept is None:
        return False
    made, files = kept
    day = (made.provenance.measured or made.created)[:10]
    job.display.tell(Said(sentence("{name} was fitted on {day}, on this machine", name=step.model, day=day)))
    job.display.tell(Advanced(count=step.documents))
    job.keep(step, files)
    job.report(made)
    return True


def _without_base(step: Step, task: TaskFacts, seed: int) -> DocumentLM:
    from phingpt_bench.floors.registry import floor_models
    from phingpt_bench.lmeval.documents import CHECKS

    return CHECKS[step.model]() if step.kind == "check" else floor_models(task.dataset.kind, seed)[step.model]()


def _without_peaks(ledger: Ledger) -> Ledger:
    """The ledger without peak memory: the process may have held a language model before."""
    return replace(ledger, peak_host_bytes=None, peak_gpu_bytes=None)
