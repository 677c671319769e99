"""Running a plan: train what is missing, load each base once, evaluate it and its adapters, then floors and checks.

Every run is written as soon as it is done, so an interruption loses at most the current one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.machine import environment
from phingpt_bench.core.records import Ledger, Model
from phingpt_bench.core.sentences import sentence_n
from phingpt_bench.core.workplace import check_folder
from phingpt_bench.cost import flops
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import PriceCard, load_prices, match
from phingpt_bench.evaluate import record
from phingpt_bench.evaluate.adapters import AdapterFacts, Training
from phingpt_bench.evaluate.answers import Answers, check_scores, read_answers
from phingpt_bench.evaluate.ask import ask
from phingpt_bench.evaluate.blocks import showing
from phingpt_bench.evaluate.content_free import content_free
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.facts import Facts, with_trained
from phingpt_bench.evaluate.kept import FOLDER, Kept, portion_of
from phingpt_bench.evaluate.loading import Attached, load_with
from phingpt_bench.evaluate.plan import Step, limited, plan
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.running import Running
from phingpt_bench.evaluate.serving import served_runs
from phingpt_bench.evaluate.stages import run_stage, stages
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Planned, Priced, Said, Scored
from phingpt_bench.lmeval.asking import set_thinking
from phingpt_bench.models import adapter
from phingpt_bench.models.load import BaseSpec, Loaded, layer_weights
from phingpt_bench.models.memory import forget_peaks, free
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.served.spec import ServedSpec

if TYPE_CHECKING:
    from phingpt_bench.lmeval.documents import DocumentLM

Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Job:
    """What the runs of one call share."""

    suite: Suite
    facts: Facts
    display: Display
    prices: PriceCard
    exposures: Exposures

    def task(self, step: Step) -> TaskFacts:
        """The task of a run."""
        found = self.facts.under(step.task or "", step.variant.words)
        assert found is not None  # a step was planned for it
        return found

    def running(self, step: Step, meter: Meter) -> Running | None:
        """The observer of a run's answers; None if the display shows no progress."""
        return Running(self.display.tell, self.task(step), meter) if self.display.watched else None

    def finish(self, step: Step, answers: Answers, scores: Scores, by: Answerer) -> None:
        """Write a run's files and report its primary score."""
        made = record.record(self.suite, step, self.task(step), answers, scores, by)
        record.write(step.folder, answers, made)
        metric = made.protocol.metric
        self.display.tell(Scored(METRICS[metric].title, made.scores[metric], made.protocol.n, final=True))


def run(
    suite: Suite,
    facts: Facts,
    training: Training,
    *,
    only: Collection[str] = (),
    force: bool = False,
    display: Display = QUIET,
) -> list[Path]:
    """Do every step of the suite's plan that is not done; returns the folders of the new runs.

    facts: of this suite, gathered with `fetch`. only, force: as in `plan.plan`. display: gets the events.
    BenchError for an adapter that does not belong to its base or changes nothing, for a diverged training, and from
    each step. What was finished before an error is kept.
    """
    prices = load_prices()  # an unreadable price card should fail now, not after hours
    entry = match(prices, facts.machine)
    display.tell(Priced(entry.usd_per_hour if entry else None))
    todo = [step for step in plan(suite, facts, only=only, force=force) if not step.done]
    display.tell(Planned(stages(suite, facts, todo)))
    if missing := [step for step in todo if step.kind == "train"]:
        for step in missing:
            check_folder(step.folder)
        _train(missing, facts, training, display)
        facts = with_trained(facts, suite, training)
        todo = [step for step in plan(suite, facts, only=only, force=force) if step.kind != "train" and not step.done]
        display.tell(Planned(stages(suite, facts, todo)))
    job = Job(suite, facts, display, prices, Exposures(facts.known, facts.tasks, suite.trained_on))
    finished = 0
    try:
        for spec in suite.bases:
            own = [step for step in todo if step.base == spec]
            if own:
                for _ in _served_or_loaded(job, spec, own):
                    finished += 1
                free()
        for step in todo:
            if step.base is None:
                _run_without_base(job, step)
                finished += 1
    except KeyboardInterrupt:
        kept = sentence_n(
            "stopped: {done} of {n} run is kept in {folder}; the same command resumes",
            "stopped: {done} of {n} runs are kept in {folder}; the same command resumes",
            len(todo),
            done=finished,
            folder=suite.results_folder,
        )
        display.tell(Said(kept, urgent=True))
        raise
    return [step.folder for step in todo]


def _train(steps: Sequence[Step], facts: Facts, training: Training, display: Display) -> None:
    recipes = {entry.name: entry.recipe for entry in facts.adapters}
    for step in steps:
        forget_peaks()
        training.train(recipes[step.model], step.folder, resume=True, display=display, tasks=facts.known.manager)
        free()


def _served_or_loaded(job: Job, spec: BaseSpec | ServedSpec, steps: Sequence[Step]) -> Iterator[Step]:
    if isinstance(spec, ServedSpec):
        return served_runs(job, spec, steps, _evaluate)
    return _base_runs(job, spec, steps)


def _base_runs(job: Job, spec: BaseSpec, steps: Sequence[Step]) -> Iterator[Step]:
    """All runs of one base, yielded one by one: adapters are attached and probed before the first score.

    It is loaded once, and once more for each adapter that needs it for itself (AdapterFacts.method).
    """
    alone = {entry.name: entry for entry in job.facts.adapters if entry.method and entry.method.alone}
    together = [step for step in steps if step.adapter not in alone]
    if together:
        wanted = {step.adapter for step in together}
        yield from _loaded_runs(job, spec, together, [own for own in job.facts.adapters if own.name in wanted])
    for name, entry in alone.items():
        if own := [step for step in steps if step.adapter == name]:
            if together or name != next(iter(alone)):
                free()
            yield from _loaded_runs(job, spec, own, [entry])


def _loaded_runs(job: Job, spec: BaseSpec, steps: Sequence[Step], adapters: Sequence[AdapterFacts]) -> Iterator[Step]:
    """Runs on one loading of a base. Its seconds, and those of probing, are booked once, on the first run after it."""
    meter = Meter()
    loaded, model, attached = load_with(spec, adapters, job.display, meter)
    for step in steps:
        entry = attached.get(step.adapter or "")
        with job.display.stage(run_stage(step, job.facts)), adapter.only(model, entry.name if entry else None):
            _run_model(job, step, loaded, model, entry, meter)
        yield step
        meter = Meter()


def _run_model(job: Job, step: Step, loaded: Loaded, model: Any, entry: Attached | None, meter: Meter) -> None:
    """Run one base or tuned model on one task, with the adapter that is active in `model`."""
    from phingpt_bench.engine.lm import PhinLM

    suite = job.suite
    running = job.running(step, meter)
    lm = PhinLM(pretrained=model, tokenizer=loaded.tokenizer, batch_size=suite.batch_size, meter=running or meter)
    if step.variant.thinking is not None:
        set_thinking(lm, loaded.tokenizer, on=step.variant.thinking == "on")
    if running is not None:
        lm.on_answer = running.add_answer
    documents = portion_of(loaded.identity.parameters, loaded.model.device.type)
    kept = Kept(kept_file(suite, step), _decides(loaded, step), documents)
    answers, scores = _evaluate(job, step, lm, meter, running, kept)
    with meter.phase("harness"), showing(job.task(step), step.variant.block):
        prior = content_free(lm, job.task(step), step.variant)
    by = Answerer(
        model=loaded.identity,
        evaluation=meter.ledger(job.prices),
        diagnostics=replace(
            answers.diagnostics,
            content_free=prior,
            truncated_prompts=lm.truncated,
            cut_answers=lm.cut_answers,
            batch_size=suite.batch_size,
            dequantised_once=loaded.dequantised,
            device=loaded.model.device.type,
        ),
    )
    if entry is not None:
        by = _tuned(job, step, loaded, entry, by)
    else:
        by = replace(by, exposure=job.exposures.of_base(loaded.spec.model, job.task(step), suite.limit))
    spent = by.evaluation
    tokens = None if spent.tokens_in is None else spent.tokens_in + (spent.tokens_out or 0)
    computed = flops.forward(layer_weights(loaded), tokens, by.model.adapter_parameters or 0)
    job.finish(step, answers, scores, replace(by, evaluation=replace(spent, flops=computed)))
    kept.done()


def kept_file(suite: Suite, step: Step) -> Path:
    """Where the answers of a run are while it is not whole."""
    return suite.results_folder / FOLDER / f"{step.task}_{step.folder.name}.jsonl"


def _decides(loaded: Loaded, step: Step) -> object:
    """What decides the answers besides the prompts; a change of base, adapter, device or version means new answers."""
    fingerprint = None if step.fingerprint is None else asdict(step.fingerprint)
    return [asdict(loaded.identity), fingerprint, loaded.dequantised, asdict(environment())["packages"]]


def _tuned(job: Job, step: Step, loaded: Loaded, entry: Attached, by: Answerer) -> Answerer:
    """The facts of a base with an adapter."""
    card, task, facts = entry.facts.card, job.task(step), entry.facts
    by = replace(by, model=adapter.tuned_identity(loaded, facts.name, facts.folder))
    changed = None if facts.method is None or entry.probe.off_equals_bare_base is not False else facts.method.alone
    found = replace(by.diagnostics, probe=entry.probe, changed_base=changed)
    model, limit = loaded.spec.model, job.suite.limit
    if card is None:
        exposure = job.exposures.of_elsewhere(facts.trained_on, model, task, limit)
        return replace(by, exposure=exposure, diagnostics=found)
    return replace(
        by,
        training=card.cost,
        exposure=job.exposures.of_adapter(card.row_ids, model, task, limit),
        diagnostics=replace(found, trained_on_task=task.name in card.templates),
    )


def _evaluate(
    job: Job, step: Step, lm: Any, meter: Meter, running: Running | None, kept: Kept | None = None
) -> tuple[Answers, Scores]:
    """Run one task through lm-eval; returns its answers, with scores that agree with lm-eval's; meter as for `ask`."""
    suite, task = job.suite, job.task(step)
    samples, scores = ask(
        task, lm, step.variant, job.facts.known.manager, seed=suite.seed, meter=meter, limit=limited(suite, task),
        observer=running, kept=kept,
    )  # fmt: skip
    answers = read_answers(task.dataset, samples)
    return answers, check_scores(answers.outcomes, scores)


def _run_without_base(job: Job, step: Step) -> None:
    """Fit a baseline on a task's training rows, or take a check, and run it on the test rows.

    The fit is the training cost of a baseline; a check has none.
    """
    task = job.task(step)
    fitting, meter = Meter(), Meter()
    with job.display.stage(run_stage(step, job.facts)):
        model = _without_base(step, task, job.suite.seed)
        with fitting.phase("train"):
            model.fit(task.task)
        answers, scores = _evaluate(job, step, model, meter, job.running(step, meter))
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
        job.finish(step, answers, scores, by)


def _without_base(step: Step, task: TaskFacts, seed: int) -> DocumentLM:
    from phingpt_bench.floors.registry import floor_models
    from phingpt_bench.lmeval.documents import CHECKS

    return CHECKS[step.model]() if step.kind == "check" else floor_models(task.dataset.kind, seed)[step.model]()


def _without_peaks(ledger: Ledger) -> Ledger:
    """The ledger without peak memory: the process may have held a language model before."""
    return replace(ledger, peak_host_bytes=None, peak_gpu_bytes=None)
