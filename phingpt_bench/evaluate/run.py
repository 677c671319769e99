"""Running a plan: train what is missing, load each base once, evaluate it and its adapters, then the floors.

Every run is written as soon as it is done, so an interruption loses at most the one that is being made.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from phingpt_bench.core.records import Ledger, Model
from phingpt_bench.cost import flops
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import PriceCard, load_prices, match
from phingpt_bench.evaluate import record
from phingpt_bench.evaluate.adapters import AdapterFacts, Training
from phingpt_bench.evaluate.answers import Answers, check_scores, read_answers
from phingpt_bench.evaluate.exposure import exposure_of
from phingpt_bench.evaluate.facts import Facts, gather
from phingpt_bench.evaluate.plan import Step, limited, plan
from phingpt_bench.evaluate.running import Running
from phingpt_bench.evaluate.stages import loading, probing, run_stage, stages
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Planned, Priced, Said, Scored
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.lean import lean
from phingpt_bench.models import adapter, probe
from phingpt_bench.models.load import BaseSpec, Loaded, layer_weights, load_base
from phingpt_bench.models.memory import forget_peaks, free
from phingpt_bench.scoring.metrics import METRICS


def run(
    suite: Suite,
    facts: Facts,
    training: Training,
    *,
    only: Collection[str] = (),
    force: bool = False,
    display: Display = QUIET,
) -> list[Path]:
    """Do every step of the suite's plan that is not done; returns the folders of the runs made now.

    facts: of this suite, gathered with `fetch`. only, force: as in `plan.plan`. display: is told what is worked on.
    BenchError for an adapter that does not belong to its base or changes nothing, for a diverged training and whatever
    else the steps meet. What was finished before the error stays.
    """
    prices = load_prices()  # a price card that cannot be read is better found now than after hours
    entry = match(prices, facts.machine)
    display.tell(Priced(entry.usd_per_hour if entry else None))
    todo = [step for step in plan(suite, facts, only=only, force=force) if not step.done]
    display.tell(Planned(stages(suite, facts, todo)))
    if missing := [step for step in todo if step.kind == "train"]:
        _train(missing, facts, training, display)
        facts = gather(suite, training, facts)
        todo = [step for step in plan(suite, facts, only=only, force=force) if step.kind != "train" and not step.done]
        display.tell(Planned(stages(suite, facts, todo)))
    job = _Job(suite, facts, display, prices)
    try:
        for spec in suite.bases:
            own = [step for step in todo if step.base == spec]
            if own:
                _run_base(job, spec, own)
                free()
        for step in todo:
            if step.kind == "floor":
                _run_floor(job, step)
    except KeyboardInterrupt:
        kept = f"{job.finished} of {len(todo)} runs are kept in {suite.results_folder}"
        display.tell(Said(f"stopped: {kept}; the same command goes on from there", urgent=True))
        raise
    return [step.folder for step in todo]


def _train(steps: Sequence[Step], facts: Facts, training: Training, display: Display) -> None:
    recipes = {entry.name: entry.recipe for entry in facts.adapters}
    for step in steps:
        forget_peaks()
        training.train(recipes[step.adapter], step.folder, resume=True, display=display)
        free()


class _Job:
    """What the runs of one call share: suite, facts, display, prices, and how many are finished."""

    def __init__(self, suite: Suite, facts: Facts, display: Display, prices: PriceCard):
        self.suite, self.facts, self.display, self.prices = suite, facts, display, prices
        self.finished = 0

    @functools.cached_property
    def tasks(self) -> Any:
        """lm-eval's TaskManager, which reads every task file: once, not once a run."""
        return manager.task_manager()

    def running(self, task: TaskFacts, meter: Meter) -> Running | None:
        """Who follows the answers of a run; nobody where nobody watches."""
        return Running(self.display.tell, task, meter) if self.display.watched else None

    def finish(self, step: Step, answers: Answers, model: Model, scores: dict[str, float | None], **parts: Any) -> None:
        """Write a run's files and tell its primary score."""
        task = self.facts.tasks[step.task or ""]
        made = record.record(self.suite, step, task, model, answers, scores, parts.pop("evaluation"), **parts)
        record.write(step.folder, answers, made)
        self.finished += 1
        metric = made.protocol.metric
        self.display.tell(Scored(METRICS[metric].title, made.scores[metric], made.protocol.n, final=True))


def _run_base(job: _Job, spec: BaseSpec, steps: Sequence[Step]) -> None:
    """All runs of one base: loaded once, adapters attached and probed before the first score."""
    wanted = dict.fromkeys(step.adapter for step in steps if step.adapter is not None)
    adapters = {entry.name: entry for entry in job.facts.adapters if entry.name in wanted}
    meter: Meter | None = Meter()
    forget_peaks()
    with job.display.stage(loading(spec)), meter.phase("load"):
        loaded = load_base(spec)
        # bitsandbytes repacks 4-bit weights at the first forward on some CPUs, and a PEFT wrap after that computes
        # with other kernels: there the bare base cannot be asked first, and "off" is compared with nothing
        packed = spec.quantisation == "nf4" and not loaded.dequantised and loaded.model.device.type == "cpu"
        reference = None if packed or not adapters else probe.reference_logits(loaded.model, loaded.tokenizer)
        attached = {name: f"adapter_{at}" for at, name in enumerate(adapters)}  # torch takes no dots in such names
        model = adapter.attach(loaded, {attached[name]: entry.folder for name, entry in adapters.items()})
    differences: dict[str, float] = {}
    if adapters:
        with job.display.stage(probing(spec)), meter.phase("probe"):
            differences = probe.probe(model, loaded.tokenizer, list(attached.values()), reference)
    for step in steps:
        entry = adapters.get(step.adapter or "")
        name = attached[entry.name] if entry else None
        # the seconds of loading and probing are booked once, on the first run after it
        probed = None if name is None else (differences[name], reference is not None)
        with job.display.stage(run_stage(step, job.facts)), adapter.only(model, name):
            _run_model(job, step, loaded, model, entry, probed, meter or Meter())
        meter = None


def _run_model(
    job: _Job, step: Step, loaded: Loaded, model: Any, entry: AdapterFacts | None, probed: tuple[float, bool] | None,
    meter: Meter,
) -> None:  # fmt: skip
    """One base or tuned model, as `model` is switched now, on one task.

    probed: (largest on/off difference, whether "off" was compared).
    """
    from phingpt_bench.engine.lm import PhinLM

    suite, task = job.suite, job.facts.tasks[step.task or ""]
    running = job.running(task, meter)
    lm = PhinLM(pretrained=model, tokenizer=loaded.tokenizer, batch_size=suite.batch_size, meter=running or meter)
    if running is not None:
        lm.on_answer = running.told
    answers, scores = _evaluate(job, step, task, lm, meter, running)
    diagnostics: dict[str, Any] = {
        "truncated_prompts": lm.truncated,
        "cut_answers": lm.cut_answers,
        "batch_size": suite.batch_size,
        "dequantised_once": loaded.dequantised,
        "device": loaded.model.device.type,
    }
    training = exposure = None
    identity = loaded.identity
    if entry is not None and entry.card is not None and probed is not None:
        identity = adapter.tuned_identity(loaded, entry.name, entry.folder)
        training = entry.card.cost
        exposure = exposure_of(entry.card, task, suite.limit, job.facts.tasks)
        diagnostics["probe"] = {"largest_logit_difference": probed[0], "off_equals_bare_base": probed[1] or None}
        if task.name not in entry.card.templates:
            diagnostics["notes"] = ["not trained on this task"]
    evaluation = meter.ledger(job.prices)
    tokens = None if evaluation.tokens_in is None else evaluation.tokens_in + (evaluation.tokens_out or 0)
    computed = flops.forward(layer_weights(loaded), tokens, identity.adapter_parameters or 0)
    evaluation = replace(evaluation, flops=computed)
    job.finish(
        step, answers, identity, scores,
        evaluation=evaluation, training=training, exposure=exposure, diagnostics=diagnostics,
    )  # fmt: skip


def _evaluate(
    job: _Job, step: Step, task: TaskFacts, lm: Any, meter: Meter, running: Running | None
) -> tuple[Answers, dict[str, float | None]]:
    """One task through lm-eval, and its answers with scores that agree with lm-eval's.

    The meter books the model's time under "evaluate", the rest (rendering, scoring) under "harness".
    """
    from lm_eval import simple_evaluate

    suite = job.suite
    # simple_evaluate leaves the shots of the last run in the task, and then keeps a 0 against what it is asked
    task.task.set_config("num_fewshot", None)
    with meter.phase("harness"), lean(lm, lambda: meter.phase("evaluate"), running):
        results = simple_evaluate(
            model=lm,
            tasks=[task.task],
            num_fewshot=step.variant.shots,
            limit=limited(suite, task),
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=step.variant.chat_template,
            fewshot_as_multiturn=step.variant.chat_template and manager.FEWSHOT_AS_MULTITURN,
            task_manager=job.tasks,
            random_seed=suite.seed,
            numpy_random_seed=suite.seed,
            torch_random_seed=suite.seed,
            fewshot_random_seed=suite.seed,
        )
    answers = read_answers(task.dataset, results["samples"][task.name])
    return answers, check_scores(answers.outcomes, results["results"][task.name])


def _run_floor(job: _Job, step: Step) -> None:
    """Fit one cheap model on a task's training rows and run it on the test rows; the fit is its training cost."""
    from phingpt_bench.floors.registry import floor_models

    suite, task = job.suite, job.facts.tasks[step.task or ""]
    fitting, meter = Meter(), Meter()
    with job.display.stage(run_stage(step, job.facts)):
        model = floor_models(task.dataset.kind, suite.seed)[step.floor or ""]()
        with fitting.phase("train"):
            model.fit(task.task)
        answers, scores = _evaluate(job, step, task, model, meter, job.running(task, meter))
        evaluation, training = _without_peaks(meter.ledger(job.prices)), _without_peaks(fitting.ledger(job.prices))
        identity = Model(name=step.model, kind="floor")
        job.finish(step, answers, identity, scores, evaluation=evaluation, training=training, diagnostics={})


def _without_peaks(ledger: Ledger) -> Ledger:
    """The ledger without peak memory: the process held a language model before, so its peak says nothing of a floor."""
    return replace(ledger, peak_host_bytes=None, peak_gpu_bytes=None)
