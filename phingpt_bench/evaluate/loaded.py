"""Runs on a base that is loaded here: it stays loaded while its tasks and adapters come one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import PARAPHRASES
from phingpt_bench.core.machine import packages
from phingpt_bench.cost import flops
from phingpt_bench.cost.meters import Meter
from phingpt_bench.engine.budgets import default_rows, default_slots
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.blocks import showing
from phingpt_bench.evaluate.content_free import content_free
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.kept import FOLDER, Kept, portion_of
from phingpt_bench.evaluate.loading import Attached, Held, load_with
from phingpt_bench.evaluate.paraphrased import paraphrased
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.spread import spread
from phingpt_bench.evaluate.stages import run_stage
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.lmeval.asking import set_thinking
from phingpt_bench.models import adapter, adapter_source
from phingpt_bench.models.base_spec import BaseSpec, device
from phingpt_bench.models.load import Loaded, layer_weights


class LoadedBase:
    """A base in memory with the adapters that its runs need; further ones are attached when their runs come.

    The seconds of loading and probing are booked once, on the first run after them.
    """

    def __init__(self, job: Job, spec: BaseSpec, adapters: Sequence[AdapterFacts]):
        """adapters: to attach at once. BenchError for one that does not belong to the base or changes nothing."""
        self._job, self._spec, self._meter = job, spec, Meter(device(spec))
        self._held: Held = load_with(spec, adapters, job.display, self._meter)

    def takes(self, entry: AdapterFacts | None) -> bool:
        """Whether a run with this adapter needs no other loading of the base."""
        return entry is None or self._held.has(entry) or self._held.open

    def do(self, step: Step, entry: AdapterFacts | None, ahead: Sequence[AdapterFacts] = ()) -> None:
        """One run. ahead: the adapters that come after it; others may have to make room."""
        job, held = self._job, self._held
        planned = None if step.fingerprint is None else step.fingerprint.device
        if planned is not None and planned != device(self._spec):
            raise BenchError(
                "planned for {planned}, and this worker has {own}",
                hint="start the command on a machine like the workers', or give every base a device",
                planned=planned,
                own=device(self._spec),
            )
        if entry is not None and not held.has(entry):
            held.attach(entry, ahead, job.display, self._meter)
        attached = None if entry is None else held.attached[entry.name]
        name = None if attached is None else attached.name
        with job.display.stage(run_stage(step, job.facts)), adapter.only(held.model, name):
            _run_model(job, step, held.loaded, held.model, attached, self._meter)
        self._meter = Meter(device(self._spec))

    def close(self) -> None:
        """Nothing to do: the memory is given back when nothing refers to it any more."""


def _run_model(job: Job, step: Step, loaded: Loaded, model: Any, entry: Attached | None, meter: Meter) -> None:
    """Run one base or tuned model on one task, with the adapter that is active in `model`."""
    from phingpt_bench.engine.lm import PhinLM

    suite, kind = job.suite, loaded.model.device.type
    running = job.running(step, meter)
    rows = suite.batch_size or default_rows(kind)
    lm = PhinLM(
        pretrained=model,
        tokenizer=loaded.tokenizer,
        batch_size=rows,
        slots=suite.batch_size or default_slots(kind),
        meter=running or meter,
    )
    lm.skip_long = suite.skip_long
    if step.variant.thinking is not None:
        set_thinking(lm, loaded.tokenizer, on=step.variant.thinking == "on")
    if running is not None:
        lm.on_answer = running.add_answer
    documents = portion_of(loaded.identity.parameters, kind)
    kept = Kept(kept_file(suite, step), _decides(loaded, step), documents)
    answers, scores = job.evaluate(step, lm, meter, running, kept)
    skipped = lm.skipped // job.task(step).requests if lm.skip_long else None
    if skipped == len(answers.outcomes.ids):
        raise BenchError(
            "all {n:,} rows are longer than the {tokens:,} tokens that the model reads",
            hint="take a model with a longer context, or fewer examples",
            n=skipped,
            tokens=lm.max_length,
        )
    with meter.phase("harness"), showing(job.task(step), step.variant.block):
        prior = content_free(lm, job.task(step), step.variant)
        moved = spread(lm, job.task(step), step.variant, answers.outcomes)
    prompts = None
    if step.paraphrases:
        with meter.phase(PARAPHRASES):
            manager = job.facts.known.manager
            note = None if running is None else running.note_paraphrases
            prompts = paraphrased(lm, job.task(step), step.variant, answers.outcomes, manager, note)
    by = Answerer(
        model=loaded.identity,
        evaluation=meter.ledger(job.prices),
        paraphrases=prompts,
        diagnostics=replace(
            answers.diagnostics,
            content_free=prior,
            spread=moved,
            truncated_prompts=lm.truncated,
            cut_answers=lm.cut_answers,
            empty_answers=None if answers.empty is None else answers.empty - (skipped or 0),
            skipped_rows=skipped,
            batch_size=rows,
            memory_splits=lm.splits or None,
            dequantised_once=loaded.dequantised,
            device=kind,
            threads=loaded.threads,
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
    return [asdict(loaded.identity), fingerprint, loaded.dequantised, packages()]


def _tuned(job: Job, step: Step, loaded: Loaded, entry: Attached, by: Answerer) -> Answerer:
    """The facts of a base with an adapter."""
    card, task, facts = entry.facts.card, job.task(step), entry.facts
    by = replace(by, model=adapter.tuned_identity(loaded, facts.name, facts.folder))
    changed = None if facts.method is None or entry.probe.off_equals_bare_base is not False else facts.method.alone
    model, limit = loaded.spec.model, job.suite.limit
    named = None if card is not None else adapter_source.other_base(facts.folder, model)
    found = replace(by.diagnostics, probe=entry.probe, changed_base=changed, named_base=named)
    if card is None:
        exposure = job.exposures.of_elsewhere(facts.trained_on, model, task, limit)
        return replace(by, exposure=exposure, diagnostics=found)
    return replace(
        by,
        training=card.cost,
        exposure=job.exposures.of_adapter(card.row_ids, model, task, limit),
        diagnostics=replace(found, trained_on_task=task.name in card.templates),
    )
