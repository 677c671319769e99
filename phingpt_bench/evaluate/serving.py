"""The runs on one server: it is opened once for a base and its adapters, and runs task by task; with their cost."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.diagnostics import Served, Times
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.cost.estimate import token_price, tokens_usd
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.served import card_of, identity_of, priced_by_time, server_digest, tuned
from phingpt_bench.evaluate.stages import run_stage, starting
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.live.events import Billed, Said
from phingpt_bench.lmeval.asking import SWITCH
from phingpt_bench.served import launch
from phingpt_bench.served.bill import price_of
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.thinking import check_thinking

if TYPE_CHECKING:
    from phingpt_bench.served.lm import ServedLM

ELSEWHERE = (
    "engine",
    "model",
    "base_url",
    "adapters",
    "command",
    "key_variable",
    "num_concurrent",
)  # options that a record holds elsewhere, or that must not be stored


class ServedBase:
    """A server that is opened once for a base and its adapters, which run task by task.

    The time of starting it is booked once, on the first run.
    """

    def __init__(self, job: Job, spec: ServedSpec):
        self._job, self._spec, self._meter = job, spec, _meter(spec)
        self._by_time = priced_by_time(spec)
        facts = job.facts.served[spec]
        for line in facts.notes:
            job.display.tell(Said(line))
        self._opened = facts.opened
        try:
            with job.display.stage(starting(spec)), self._meter.phase("load"):
                if not self._by_time:
                    job.display.tell(Billed(0.0))  # the probe is not a cost of a run
                if self._opened is None:
                    self._opened = open_served(spec, lambda line: job.display.tell(Said(line)))
                    if any(variant.thinking is not None for variant in facts.variants):
                        check_thinking(self._opened)
                else:  # opened for the plan, whose lines are printed by then
                    self._opened.link.client.report = lambda line: job.display.tell(Said(line))
        except BaseException:
            self.close()
            raise
        if not self._by_time:
            self._meter = _meter(spec)  # the time that an API takes for the probe is not a cost of a run

    def takes(self, _entry: object) -> bool:
        """Its adapters are served with it."""
        return True

    def do(self, step: Step, _entry: object = None, _ahead: object = ()) -> None:
        """One run."""
        assert self._opened is not None
        with self._job.display.stage(run_stage(step, self._job.facts)):
            if not self._by_time:
                self._job.display.tell(Billed(None if self._job.facts.served[self._spec].price is None else 0.0))
            _run(self._job, self._spec, self._opened, step, self._meter)
        self._meter = _meter(self._spec)

    def close(self) -> None:
        """Stop the server if it was started here."""
        if self._opened is not None:
            self._opened.close()


def _run(job: Job, spec: ServedSpec, opened: Opened, step: Step, meter: Meter) -> None:
    """Run one served name on one task."""
    from phingpt_bench.served.lm import ServedLM

    name = step.adapter or opened.base
    running = job.running(step, meter, job.facts.served[spec].price)
    lm = ServedLM(opened, name, meter=running or meter)
    if step.variant.thinking is not None:
        lm.chat_template_args = {SWITCH: step.variant.thinking == "on"}
    if running is not None:
        lm.on_answer = running.add_answer
    opened.keep(job.suite.results_folder / "answers", f"{spec.title}-{spec.engine}", name, step.again)
    answers, scores = job.evaluate(step, lm, meter, running)
    known = identity_of(spec, opened, fetch=True)
    one = next((one for one in spec.adapters if one.name == step.adapter), None)
    by = Answerer(
        model=known if one is None else tuned(known, one),
        evaluation=_spent(job, spec, opened, lm, meter),
        diagnostics=replace(
            answers.diagnostics, cut_answers=lm.tally.cut_answers, empty_answers=answers.empty, served=_asked(spec, lm)
        ),
    )
    card, task = None if one is None else card_of(one), job.task(step)
    if one is None:
        by = replace(by, exposure=job.exposures.of_base(spec.model, task, job.suite.limit))
    if card is not None:
        by = replace(
            by,
            training=card.cost,
            exposure=job.exposures.of_adapter(card.row_ids, spec.model, task, job.suite.limit),
            # a training knows a task by the name of its usual form
            diagnostics=replace(by.diagnostics, trained_on_task=(task.form_of or task.name) in card.templates),
        )
    job.finish(step, answers, scores, by)


def _meter(spec: ServedSpec) -> Meter:
    """The meter of the GPU of an engine that is started here; a server that runs already may use all GPUs."""
    return Meter(launch.device() if spec.started_here else None)


def _spent(job: Job, spec: ServedSpec, opened: Opened, lm: ServedLM, meter: Meter) -> Ledger:
    """The cost of a run: tokens as billed, time including that of resumed answers, USD if a price is known.

    An engine on this machine costs the machine's time, a hosted model its tokens by the price card; other servers have
    no price. Memory peaks are left out: they are those of this program, not of the server.
    """
    if opened.link.kept is not None and opened.link.kept.spent:
        meter.resume(Ledger(seconds={"evaluate": opened.link.kept.spent}))
    spent = replace(meter.ledger(job.prices), peak_host_bytes=None, peak_gpu_bytes=None)
    usage = lm.tally.usage
    counts = (None, None, None) if usage is None else (usage.tokens_in, usage.tokens_out, usage.cached)
    spent = replace(spent, tokens_in=counts[0], tokens_out=counts[1], tokens_cached=counts[2])
    if priced_by_time(spec):
        return spent
    spent = replace(spent, usd=None, price=None, machine=None, joules=None, energy_method=None)
    found = price_of(spec, job.prices, sorted(lm.tally.models))
    if found is None:
        return spent
    return replace(spent, token_price=token_price(found, job.prices), usd=tokens_usd(found, spent))


def _asked(spec: ServedSpec, lm: ServedLM) -> Served:
    found = lm.diagnostics()
    times = {
        name: Times(**found[name]) if name in found else None
        for name in ("seconds_to_first_token", "tokens_per_second")
    }
    plain = {f.name: f.default for f in fields(ServedSpec)}
    own = {name: getattr(spec, name) for name in plain if name not in ELSEWHERE and getattr(spec, name) != plain[name]}
    own = {name: Path(str(value)).name if name == "tokenizer" else value for name, value in own.items()}
    return Served(
        ladder=found["ladder"], rungs=found["rungs"], requests=found["requests"], retries=found["retries"],
        resumed_answers=found["resumed_answers"], concurrent=found["concurrent"],
        parameters_not_sent=found["parameters_not_sent"], models=found["models"], thoughts=found["thoughts"],
        fingerprints=found["fingerprints"],
        undecided_labels=found["undecided_labels"], bounded_labels=found["bounded_labels"],
        wrong_usage=found.get("wrong_usage", {}),
        reasoning_tokens=found.get("reasoning_tokens"), **times,
        server=server_digest(spec),
        settings={name: str(value) for name, value in own.items()},
    )  # fmt: skip
