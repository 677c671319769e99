"""The plan of a suite: its steps by task, and how much there is to do."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.evaluate.plan import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.text.blocks import Across, Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.numbers import things
from phingpt_bench.text.quantities import duration_text

UNKNOWN = "unknown"
COLUMNS = (
    Column(head="task, model", fold=True, least=24),
    Column(head="requests", right=True),
    Column(head="time", right=True),
    Column(head="state", fold=True, least=12),
)


def plan_blocks(suite: Suite, steps: Sequence[Step], changed: Sequence[str] = ()) -> list[Block]:
    """A row a step, by task, then sums. Time is what a step took here before, if it did.

    changed: the overrides that the suite was read with, as they were written.
    """
    rows: list[Sequence[Cell] | Across] = []
    trainings = [step for step in steps if step.kind == "train"]
    if trainings:
        rows.append(Across("adapters to train"))
    rows += [[f"  {step.model}", "", _time(step), _state(step)] for step in trainings]
    for task in dict.fromkeys(step.task for step in steps if step.task is not None):
        own = [step for step in steps if step.task == task]
        rows.append(Across(f"{task}, {things(own[0].documents, 'document')}"))
        for step in own:
            name = step.model if step.kind == "evaluate" else f"{step.kind}: {step.model}"
            rows.append([f"  {name}", f"{step.requests:,}", _time(step), _state(step)])
    title = Title(f"suite {suite.name}", f"records in {suite.results_folder}/", level=1)
    overridden = [Lines([f"with {' '.join(changed)}"])] if changed else []
    return [title, *overridden, Grid(COLUMNS, rows), Lines([_sums(steps)])]


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
    parts = [things(len(left) - len(runs), "training")] if len(runs) < len(left) else []
    requests = sum(step.requests for step in runs if step.kind == "evaluate")
    parts += [f"{things(len(runs), 'run')} with {things(requests, 'request')} to models"] if runs else []
    return f"To do: {' and '.join(parts)}. Time on this machine, from earlier runs: {time}."
