"""The plan of a suite as a table for the terminal, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.cost.ledger import duration_text
from phingpt_bench.evaluate.plan import Step
from phingpt_bench.evaluate.suite import Suite

UNKNOWN = "unknown"


def plan_table(suite: Suite, steps: Sequence[Step]) -> Any:
    """A rich renderable: one row a step, by task, then sums. Time is what a step took here before, if it did."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("task, model")
    table.add_column("requests", justify="right", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("state")
    trainings = [step for step in steps if step.kind == "train"]
    if trainings:
        table.add_row(Text("adapters to train", style="bold"))
    for step in trainings:
        table.add_row(Text(f"  {step.model}"), "", _time(step), Text(_state(step)))
    for task in dict.fromkeys(step.task for step in steps if step.task is not None):
        own = [step for step in steps if step.task == task]
        table.add_row(Text(f"{task}, {own[0].documents:,} documents", style="bold"))
        for step in own:
            name = step.model if step.kind == "evaluate" else f"{step.kind}: {step.model}"
            table.add_row(Text(f"  {name}"), f"{step.requests:,}", _time(step), Text(_state(step)))
    head = Text(f"suite {suite.name}, records in {suite.results_folder}/", style="bold")
    return Group(head, table, Text(_sums(steps)))


def plan_text(suite: Suite, steps: Sequence[Step], width: int = 80) -> str:
    """The table as plain text."""
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(plan_table(suite, steps))
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines()) + "\n"  # type: ignore[attr-defined]


def _time(step: Step) -> str:
    if step.seconds is None:
        return UNKNOWN
    return ("~" if step.scaled else "") + duration_text(step.seconds)


def _state(step: Step) -> str:
    if step.done:
        return "done"
    return f"again: {step.reason}" if step.reason else "to do"


def _sums(steps: Sequence[Step]) -> str:
    """How much there is to do; the time only where it is known of every step."""
    left = [step for step in steps if not step.done]
    if not left:
        return "Nothing to do: everything is there."
    runs = [step for step in left if step.kind != "train"]
    known = [step.seconds for step in left if step.seconds is not None]
    time = duration_text(sum(known)) if known else UNKNOWN
    if known and len(known) < len(left):
        time += f" for {len(known)} of the {len(left)} steps, unknown for the rest"
    parts = [_many(len(left) - len(runs), "training")] if len(runs) < len(left) else []
    requests = sum(step.requests for step in runs if step.kind == "evaluate")
    parts += [f"{_many(len(runs), 'run')} with {requests:,} requests to models"] if runs else []
    return f"To do: {' and '.join(parts)}. Time on this machine, from earlier runs: {time}."


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
