"""Published results under a task's table for a terminal, grouped by what keeps them from being compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.render.board import costs, papers
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.table import Table
from phingpt_bench.text.language import say, spoken


def published_tables(rows: Sequence[PublishedRow], metric: str, most: int | None) -> RenderableType:
    """A table for each way of being comparable, under a line that says which; then the notes, and what costs cover.

    Each shows the first `most` rows, which are the best (None: all).
    """
    parts: list[RenderableType] = []
    groups = [[row for row in rows if row.comparison == c] for c in dict.fromkeys(row.comparison for row in rows)]
    hidden = [max(0, len(group) - (most or len(group))) for group in groups]
    groups = [group[:most] for group in groups]
    shown = [row for group in groups for row in group]
    notes, marks = papers.note_marks(shown), papers.cost_marks(shown)
    for group, more in zip(groups, hidden, strict=True):
        kinds = {papers.evidence_text(row.evidence) for row in group}
        shared = f" ({kind})" if len(kinds) == 1 and (kind := next(iter(kinds))) else ""
        how = spoken(group[0].comparison.note)
        title = Text(say("published, unranked{kind}: {how}", kind=shared, how=how), style="italic")
        parts += [Text(""), title, _table(group, metric, shown, notes, marks)]
        parts += [Text(say("{n} more: --published all", n=more), style="dim")] if more else []
    parts += [Text(f"({number}) {words.clean(spoken(note))}", style="dim") for note, number in notes.items()]
    of_key = {row.cost.key: row.cost for row in shown if row.cost is not None}
    parts += [Text(f"({mark}) {papers.published_cost_note(of_key[key])}", style="dim") for key, mark in marks.items()]
    return Group(*parts)


def _table(
    group: Sequence[PublishedRow],
    metric: str,
    shown: Sequence[PublishedRow],
    notes: Mapping[str, int],
    marks: Mapping[str, str],
) -> Table:
    """One way of being comparable. notes, marks: of all `shown` rows, whose names tell each other apart."""
    table = Table()
    table.add_column(say("model"), overflow="fold", ratio=3)
    table.add_column(say("size"), justify="right", no_wrap=True)
    table.add_column(say("method"), overflow="fold", ratio=2)
    table.add_column(say("score"), justify="right", no_wrap=True)
    table.add_column(say("training"), justify="right", no_wrap=True)
    extra = costs.columns(group)
    for column in extra:
        table.add_column(say(column), justify="right", no_wrap=True)
    several_kinds = len({papers.evidence_text(row.evidence) for row in group}) > 1
    # where only some rows have a mark, spaces keep the digits in line
    beside_score = max((len(f" ({notes[row.note]})") for row in group if row.note), default=0)
    beside_cost = 4 if marks else 0
    for row in group:
        kind = papers.evidence_text(row.evidence) if several_kinds else ""
        note = f" ({notes[row.note]})" if row.note else ""
        mark = f" ({marks[row.cost.key]})" if row.cost is not None and row.cost.key in marks else ""
        assumed = costs.assumed_text(row.cost)
        cost = Text(papers.published_cost(row.cost) + mark.ljust(beside_cost))
        table.add_row(
            Text(papers.published_name(row, shown) + (f" ({kind})" if kind else "")),
            papers.size_text(row.size_b),
            Text(words.clean(row.method) + (f", k={row.shots}" if row.shots else "")),
            Text(words.score_text(row.metrics[metric].value) + note.ljust(beside_score)),
            cost.append(f"\n{assumed}{' ' * beside_cost}" if assumed else "", style="dim"),
            *(Text(costs.cell(row, column)) for column in extra),
        )
    return table
