"""The runs on one server: it is opened once for a base and its adapters, and runs task by task; with their cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from phingpt_bench.core.diagnostics import Served, Times
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.estimate import token_price, tokens_usd
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.plan import Step
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.running import Running
from phingpt_bench.evaluate.served import card_of, identity_of, tuned
from phingpt_bench.evaluate.stages import run_stage, starting
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Said
from phingpt_bench.served.bill import price_of
from phingpt_bench.served.opened import Opened, open_served
from phingpt_bench.served.spec import ServedSpec

if TYPE_CHECKING:
    from phingpt_bench.served.lm import ServedLM

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ELSEWHERE = (
    "engine",
    "model",
    "base_url",
    "adapters",
    "command",
    "key_variable",
    "num_concurrent",
)  # options that a record holds elsewhere, or that must not be stored


class Job(Protocol):
    """What the runs of one call share, see `run.Job`."""

    @property
    def suite(self) -> Suite:
        """The suite."""

    @property
    def facts(self) -> Facts:
        """Its facts."""

    @property
    def display(self) -> Display:
        """The display."""

    @property
    def prices(self) -> PriceCard:
        """The price card."""

    @property
    def exposures(self) -> Exposures:
        """The exposures of its models."""

    def task(self, step: Step) -> TaskFacts:
        """The task of a run."""

    def running(self, step: Step, meter: Meter) -> Running | None:
        """The observer of the answers."""

    def finish(self, step: Step, answers: Any, scores: Any, by: Answerer) -> None:
        """Write a run's files."""


@dataclass(frozen=True, slots=True)
class _On:
    """What the runs on one server share. ask: runs a task with a model (`run._evaluate`)."""

    job: Job
    spec: ServedSpec
    opened: Opened
    ask: Callable[..., Any]


def served_runs(job: Job, spec: ServedSpec, steps: Sequence[Step], ask: Callable[..., Any]) -> Iterator[Step]:
    """All runs on one server, yielded one by one. The time of starting it is booked once, on the first run.

    ask: runs a task with a model (`run._evaluate`).
    """
    meter, facts = Meter(), job.facts.served[spec]
    for line in facts.notes:
        job.display.tell(Said(line))
    opened = facts.opened
    try:
        with job.display.stage(starting(spec)), meter.phase("load"):
            if opened is None:
                opened = open_served(spec, lambda line: job.display.tell(Said(line)))
        if not priced_by_time(spec):
            meter = Meter()  # the time that an API takes for the probe is not a cost of a run
        for step in steps:
            with job.display.stage(run_stage(step, job.facts)):
                _run(_On(job, spec, opened, ask), step, meter)
            yield step
            meter = Meter()
    finally:
        if opened is not None:
            opened.close()


def _run(on: _On, step: Step, meter: Meter) -> None:
    """Run one served name on one task."""
    from phingpt_bench.served.lm import ServedLM

    job, spec, opened = on.job, on.spec, on.opened
    name = step.adapter or opened.base
    running = job.running(step, meter)
    lm = ServedLM(opened, name, meter=running or meter)
    if running is not None:
        lm.on_answer = running.add_answer
    opened.keep(job.suite.results_folder / "answers", f"{spec.title}-{spec.engine}", name)
    answers, scores = on.ask(job, step, lm, meter, running)
    known = identity_of(spec, opened, fetch=True)
    one = next((one for one in spec.adapters if one.name == step.adapter), None)
    by = Answerer(
        model=known if one is None else tuned(known, one),
        evaluation=_spent(on, lm, meter),
        diagnostics=replace(answers.diagnostics, cut_answers=lm.tally.cut_answers, served=_asked(spec, lm)),
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


def priced_by_time(spec: ServedSpec) -> bool:
    """Whether the price is that of this machine's time, as for an engine on it."""
    return spec.price is None and (spec.started_here or any(f"//{host}" in (spec.root or "") for host in LOOPBACK))


def _spent(on: _On, lm: ServedLM, meter: Meter) -> Ledger:
    """The cost of a run: tokens as billed, time including that of resumed answers, USD if a price is known.

    An engine on this machine costs the machine's time, a hosted model its tokens by the price card; other servers have
    no price. Memory peaks are left out: they are those of this program, not of the server.
    """
    job, spec, opened = on.job, on.spec, on.opened
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
        undecided_labels=found["undecided_labels"], bounded_labels=found["bounded_labels"],
        wrong_usage=found.get("wrong_usage", {}),
        reasoning_tokens=found.get("reasoning_tokens"), **times,
        settings={name: str(value) for name, value in own.items()},
    )  # fmt: skip
