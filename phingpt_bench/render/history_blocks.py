"""The histories of models as tables: a line for each run, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phingpt_bench.render.measures import higher_is_better, metric_name
from phingpt_bench.results.history import History, Step, listed, span
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Lines, Piece, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.numbers import interval_text, p_text, score_text, signed


def history_blocks(histories: Sequence[History], folders: Sequence[Path], options: Sequence[str] = ()) -> list[Block]:
    """A table for each model, task and setting, with what it hides.

    folders: those that were given; their names tell runs apart. options: those that hide runs.
    """
    blocks: list[Block] = []
    for one in histories:
        about = f"{clean(one.protocol)}, {metric_name(one.metric)}"
        if one.limit is not None:
            about += ", " + say_n("first {n:,} row", "first {n:,} rows", one.limit)
        blocks.append(Title(f"{clean(one.name)}, {clean(one.variant)}", clean(one.task), about, level=1))
        columns = (
            Column(head=say("date")),
            Column(head=say("folder"), fold=True, least=8),
            Column(head=say("score"), right=True),
            Column(head=say("95% CI"), right=True),
            Column(head=say("vs previous"), right=True, tall=True),
            Column(head=say("p"), right=True),
            Column(head=say("changed"), fold=True, least=8),
        )
        blocks.append(Grid(columns, [_row(step, one, folders) for step in one.steps]))
        if one.hidden:
            blocks.append(Lines([_hidden(one, options)]))
    blocks.append(
        Lines([say("p of a paired test against the run before, on the same rows; * p < 0.05, not corrected")], "dim")
    )
    return blocks


def _hidden(history: History, options: Sequence[str]) -> str:
    """How many runs are not shown, of which days, and the options that hide them."""
    text = say_n(
        "{n:,} more run, of {days}, is hidden: leave out {options} to see it.",
        "{n:,} more runs, of {days}, are hidden: leave out {options} to see them.",
        len(history.hidden),
        days=span(history.hidden),
        options=listed(options),
    )
    if not history.gaps:
        return text
    return text + " " + say("A run is compared with the run shown before it.")


def _row(step: Step, history: History, folders: Sequence[Path]) -> list[Cell]:
    since, role, tags = step.since, "", step.run.record.tags
    value, p = "", ""
    if since is not None and since.reason is not None:
        value, p = say("no test"), spoken(since.reason)
    elif since is not None:
        value = signed(since.value, "*" if since.significant else "")
        p = p_text(since.p, since.at_most).removeprefix("p=").removeprefix("p")
        if since.significant and since.value is not None:
            role = "good" if (since.value > 0) == higher_is_better(history.metric) else "bad"
    interval = "" if step.interval is None else interval_text(step.interval.low, step.interval.high)
    changed = ", ".join(spoken(name) for name in step.changed)
    changed = " ".join(filter(None, [changed or ("" if since is None else "-"), *(f"#{tag}" for tag in tags)]))
    return [
        step.run.record.created[:10], clean(_folder(step.run.path, folders)), score_text(step.score), interval,
        (Piece(value, role),), p, clean(changed),
    ]  # fmt: skip


def _folder(path: Path, folders: Sequence[Path]) -> str:
    """The folder that was given; of a single one the part of it that holds the run's own folders."""
    parents = [folder for folder in folders if folder in path.parents]
    if len(folders) > 1 and parents:
        return max(parents, key=lambda folder: len(folder.parts)).name
    inner = path.relative_to(parents[0]).parts if parents else path.parts
    return inner[0] if len(inner) > 1 and inner[0] != "runs" else (parents[0].name if parents else "")
