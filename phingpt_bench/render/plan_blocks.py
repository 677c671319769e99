"""The plan of a suite: its steps by task, and how much there is to do."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.fees import Fee
from phingpt_bench.evaluate.needs import Need
from phingpt_bench.evaluate.run import Work
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.text.blocks import Across, Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.language import count, say, say_n, spoken
from phingpt_bench.text.money import usd_text
from phingpt_bench.text.numbers import unknown_text
from phingpt_bench.text.quantities import duration_text

HEADS = (sentence("task, model"), sentence("requests"), sentence("time"), sentence("state"))


def _columns() -> tuple[Column, ...]:
    task, requests, time, state = map(say, HEADS)
    return (
        Column(head=task, fold=True, least=24),
        Column(head=requests, right=True),
        Column(head=time, right=True),
        Column(head=state, fold=True, least=12),
    )


def plan_blocks(
    suite: Suite,
    steps: Sequence[Step],
    changed: Sequence[str] = (),
    needs: Sequence[Need] = (),
    notes: Sequence[str] = (),
    fees: Sequence[Fee] = (),
) -> list[Block]:
    """One row per step, by task, then sums. Time is what a step took here before, or a range guessed from near ones.

    changed: the overrides that the suite was read with, as they were written. needs: estimates of memory. notes: on
        served models.
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
            asked = count(step.requests) if step.requests else ""  # a floor is no model that is asked
            rows.append([f"  {name}", asked, _time(step), _state(step)])
    title = Title(
        say("suite {name}", name=suite.name), say("records in {folder}/", folder=suite.results_folder), level=1
    )
    overridden = [Lines([say("with {changes}", changes=" ".join(changed))])] if changed else []
    return [
        title,
        *overridden,
        Grid(_columns(), rows),
        Lines(
            [
                _sums(steps),
                *_guesses(steps),
                *_unasked(suite, steps),
                *map(_memory, needs),
                *map(spoken, notes),
                *map(_fee, fees),
            ]
        ),
    ]


def _unasked(suite: Suite, steps: Sequence[Step]) -> list[str]:
    """Which runs are not asked paraphrases, where the suite wants them."""
    without = [step for step in steps if step.kind == "evaluate" and suite.paraphrases and not step.paraphrases]
    names = ", ".join(dict.fromkeys(f"{step.task} ({step.variant})" for step in without))
    return (
        [say("Without paraphrases, as none are shipped for its labels or prompt: {names}", names=names)]
        if names
        else []
    )


def _memory(need: Need) -> str:
    """An estimate of memory in a line, and whether it fits."""
    facts = {"what": need.what, "needed": need.needed / 1e9, "device": need.device}
    text = say("Memory to evaluate {what}: about {needed:.1f} GB on {device}", **facts)
    if need.training:
        text = say("Memory to train {what}: about {needed:.1f} GB on {device}", **facts)
    if need.available is None:
        return say("{text} (estimated).", text=text)
    free = need.available / 1e9
    if need.is_too_much:
        return say("{text}, MORE than the {free:.1f} GB that are free (estimated).", text=text, free=free)
    return say("{text}, of {free:.1f} GB that are free (estimated).", text=text, free=free)


def _fee(fee: Fee) -> str:
    """An estimate of USD in a line."""
    return say_n(
        "{n:,} run of {what} costs {low} with short answers, at most {high} (estimated from the length of prompts).",
        "{n:,} runs of {what} cost {low} with short answers, at most {high} (estimated from the length of prompts).",
        fee.runs,
        what=fee.what,
        low=usd_text(fee.usd.low),
        high=usd_text(fee.usd.high),
    )


def failed_blocks(work: Work) -> list[Block]:
    """The cells that failed, with their reasons."""
    named = {cell.id: cell.step for cell in work.cells}
    lines = [say_n("{n:,} cell failed:", "{n:,} cells failed:", len(work.failed))]
    for name, reason in work.failed.items():
        step = named[name]
        who = f"{step.task}: {step.model}" if step.task else say("train {name}", name=step.model)
        lines.append(f"  {who}: {spoken(reason)}")
    return [Lines(lines)]


def _time(step: Step) -> str:
    if step.seconds is None:
        return unknown_text() if step.guess is None else f"{_range(step.guess.low, step.guess.high)}?"
    return ("~" if step.scaled else "") + duration_text(step.seconds)


def _range(low: float, high: float) -> str:
    """A range of durations, with its unit once where both ends have the same: "2-16 min", "40 s-3 min"."""
    first, last = duration_text(low), duration_text(high)
    (number, unit), (_, other) = first.partition(" ")[::2], last.partition(" ")[::2]
    if first == last or first.startswith("<"):
        return f"<{last.removeprefix('<')}" if first.startswith("<") else first
    return f"{number}-{last}" if unit == other and " " not in unit else f"{first}-{last}"


def _state(step: Step) -> str:
    if step.done:
        return say("done, at another address (--force asks this one)") if step.other_server else say("done")
    if step.reason:
        return say("again: {reason}", reason=step.reason)
    return say("to do: {note}", note=step.note) if step.note else say("to do")


def _sums(steps: Sequence[Step]) -> str:
    """How much there is to do; the time only where it is known of every step."""
    left = [step for step in steps if not step.done]
    if not left:
        return say("Nothing to do: everything is there.") if steps else say("Nothing to do: this part has no runs.")
    runs = [step for step in left if step.kind != "train"]
    known = [step.seconds for step in left if step.seconds is not None]
    time = duration_text(sum(known)) if known else say("unknown")
    if known and len(known) < len(left):
        time = say("{time} for {k} of the {n} steps, unknown for the rest", time=time, k=len(known), n=len(left))
    trainings = say_n("{n:,} training", "{n:,} trainings", len(left) - len(runs)) if len(runs) < len(left) else ""
    requests = sum(step.requests for step in runs)
    asked = say_n("{n:,} request to models", "{n:,} requests to models", requests)
    made = say_n("{n:,} run with {requests}", "{n:,} runs with {requests}", len(runs), requests=asked) if runs else ""
    both = say("{trainings} and {runs}", trainings=trainings, runs=made) if trainings and made else trainings or made
    return say("To do: {what}. Time on this machine, from earlier runs: {time}.", what=both, time=time)


def _guesses(steps: Sequence[Step]) -> list[str]:
    """What the guessed times are from, and why the others have none; nothing where all times are known."""
    left = [step for step in steps if not step.done and step.seconds is None]
    guesses = [step.guess for step in left if step.guess is not None]
    lines = []
    if guesses:
        together = _range(sum(guess.low for guess in guesses), sum(guess.high for guess in guesses))
        near = ", ".join(dict.fromkeys(spoken(guess.near) for guess in guesses))
        lines.append(
            say_n(
                "? {n:,} guess, {time}, from runs here of {near}; of ten, nine lie in such a range.",
                "? {n:,} guesses, {time} together, from runs here of {near}; of ten, nine lie in such a range.",
                len(guesses),
                time=together,
                near=near,
            )
        )
    runs = [step for step in left if step.guess is None and step.kind != "train"]
    if any(step.kind == "train" for step in left):
        lines.append(say("A training is not guessed: its time depends on its rows and steps."))
    if runs:
        lines.append(
            say_n(
                "No guess for {n:,} run: nothing near was measured here, such as the same base on such a task.",
                "No guess for {n:,} runs: nothing near was measured here, such as the same base on such a task.",
                len(runs),
            )
        )
    return lines
