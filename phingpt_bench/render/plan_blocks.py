"""The plan of a suite: its steps by task, and how much there is to do."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.plan import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.text.blocks import Across, Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.language import count, say, say_n
from phingpt_bench.text.quantities import duration_text

UNKNOWN = sentence("unknown")
HEADS = (sentence("task, model"), sentence("requests"), sentence("time"), sentence("state"))


def _columns() -> tuple[Column, ...]:
    task, requests, time, state = map(say, HEADS)
    return (
        Column(head=task, fold=True, least=24),
        Column(head=requests, right=True),
        Column(head=time, right=True),
        Column(head=state, fold=True, least=12),
    )


def plan_blocks(suite: Suite, steps: Sequence[Step], changed: Sequence[str] = ()) -> list[Block]:
    """One row per step, by task, then sums. Time is what a step took here before, if it did.

    changed: the overrides that the suite was read with, as they were written.
    """
    rows: list[Sequence[Cell] | Across] = []
    trainings = [step for step in steps if step.kind == "train"]
    if trainings:
        rows.append(Across(say("adapters to train")))
    rows += [[f"  {step.model}", "", _time(step), _state(step)] for step in trainings]
    for task in dict.fromkeys(step.task for step in steps if step.task is not None):
        own = [step for step in steps if step.task == task]
        n = own[0].documents
        rows.append(Across(say_n("{task}, {n:,} document", "{task}, {n:,} documents", n, task=task)))
        for step in own:
            name = step.model if step.kind == "evaluate" else f"{say(step.kind)}: {step.model}"
            rows.append([f"  {name}", count(step.requests), _time(step), _state(step)])
    title = Title(
        say("suite {name}", name=suite.name), say("records in {folder}/", folder=suite.results_folder), level=1
    )
    overridden = [Lines([say("with {changes}", changes=" ".join(changed))])] if changed else []
    return [title, *overridden, Grid(_columns(), rows), Lines([_sums(steps)])]


def _time(step: Step) -> str:
    if step.seconds is None:
        return say(UNKNOWN)
    return ("~" if step.scaled else "") + duration_text(step.seconds)


def _state(step: Step) -> str:
    if step.done:
        return say("done")
    if step.reason:
        return say("again: {reason}", reason=step.reason)
    return say("to do: {note}", note=step.note) if step.note else say("to do")


def _sums(steps: Sequence[Step]) -> str:
    """How much there is to do; the time only where it is known of every step."""
    left = [step for step in steps if not step.done]
    if not left:
        return say("Nothing to do: everything is there.")
    runs = [step for step in left if step.kind != "train"]
    known = [step.seconds for step in left if step.seconds is not None]
    time = duration_text(sum(known)) if known else say(UNKNOWN)
    if known and len(known) < len(left):
        time = say("{time} for {k} of the {n} steps, unknown for the rest", time=time, k=len(known), n=len(left))
    trainings = say_n("{n:,} training", "{n:,} trainings", len(left) - len(runs)) if len(runs) < len(left) else ""
    requests = sum(step.requests for step in runs if step.kind == "evaluate")
    asked = say_n("{n:,} request to models", "{n:,} requests to models", requests)
    made = say_n("{n:,} run with {requests}", "{n:,} runs with {requests}", len(runs), requests=asked) if runs else ""
    both = say("{trainings} and {runs}", trainings=trainings, runs=made) if trainings and made else trainings or made
    return say("To do: {what}. Time on this machine, from earlier runs: {time}.", what=both, time=time)
