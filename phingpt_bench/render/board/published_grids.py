"""Published results under a task's table, grouped by what keeps them from being compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.render.board import cost_text, published_text
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Legend, Lines, Piece, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.numbers import numbered, score_text, unknown_text


def narrow_published(rows: Sequence[PublishedRow], metric: str, most: int | None) -> list[Block]:
    """A table for each way of being comparable, under a line that says which; then the notes, and what costs cover.

    Each shows the first `most` rows, which are the best (None: all).
    """
    groups = [(group[:most], max(0, len(group) - (most or len(group)))) for group in _groups(rows)]
    shown = [row for group, _ in groups for row in group]
    notes = numbered(row.note for row in shown if row.note)
    costs = published_text.cost_marks(shown)
    blocks: list[Block] = []
    for group, more in groups:
        kinds = {published_text.evidence_text(row.evidence) for row in group}
        shared = f" ({kind})" if len(kinds) == 1 and (kind := next(iter(kinds))) else ""
        blocks += [_title(group, shared), _narrow(group, metric, shown, notes, costs)]
        blocks += [Lines([say("{n} more: --published all", n=more)], "dim")] if more else []
    blocks += [Lines([clean(spoken(note))], "dim", mark=f"({number}) ") for note, number in notes.items()]
    of_key = {row.cost.key: row.cost for row in shown if row.cost is not None}
    for key, mark in costs.items():
        blocks.append(Lines([published_text.published_cost_note(of_key[key])], "dim", mark=f"({mark}) "))
    return blocks


def wide_published(rows: Sequence[PublishedRow], metric: str) -> list[Block]:
    """The same for a page without a width: every column, then the sources."""
    heads = folding(
        say("model"), say("size"), say("method"), say("shots"), say("score"), say("training cost"),
        say("GPU-hour assumed"), say(cost_text.ON_CARD), say(cost_text.EACH), say("source"), say("note"),
        right=(1, 3, 4, 6, 7, 8),
    )  # fmt: skip
    blocks: list[Block] = []
    for group in _groups(rows):
        blocks += [_title(group), Grid(heads, [_wide_cells(row, metric) for row in group])]
    return [*blocks, _sources(rows, metric)]


def printed_published(rows: Sequence[PublishedRow], metric: str) -> list[Block]:
    """The same for a printed page: the columns that fit, then the sources."""
    heads = folding(
        say("model"), say("size"), say("method"), say("score"), say("training"), say(cost_text.ON_CARD),
        say(cost_text.EACH), say("source"), right=(1, 3, 4, 5, 6),
    )  # fmt: skip
    blocks: list[Block] = []
    for group in _groups(rows):
        blocks += [_title(group), Grid(heads, [_printed_cells(row, metric) for row in group])]
    return [*blocks, _sources(rows, metric)]


def _groups(rows: Sequence[PublishedRow]) -> list[list[PublishedRow]]:
    """The rows by what keeps them from being compared, in order of appearance."""
    return [[row for row in rows if row.comparison == how] for how in dict.fromkeys(row.comparison for row in rows)]


def _title(group: Sequence[PublishedRow], kind: str = "") -> Title:
    return Title(say("published, unranked") + kind, spoken(group[0].comparison.note), level=3)


def _sources(rows: Sequence[PublishedRow], metric: str) -> Legend:
    sources = dict.fromkeys(row.metrics[metric].source for row in rows)
    return Legend([(source.key, published_text.source_text(source)) for source in sources])


def _narrow(
    group: Sequence[PublishedRow],
    metric: str,
    shown: Sequence[PublishedRow],
    notes: Mapping[str, int],
    costs: Mapping[str, str],
) -> Grid:
    """One way of being comparable. notes, costs: marks of all `shown` rows, among which names have to be unique."""
    extra = cost_text.columns(group)
    heads = [
        Column(head=say("model"), fold=True, least=12),
        Column(head=say("size"), right=True),
        Column(head=say("method"), fold=True, least=8),
        *(Column(head=head, right=True, tall=True) for head in (say("score"), say("training"), *map(say, extra))),
    ]
    several_kinds = len({published_text.evidence_text(row.evidence) for row in group}) > 1
    # where only some rows have a mark, blanks keep the digits in line
    beside_score = max((len(f" ({notes[row.note]})") for row in group if row.note), default=0)
    marks = [f" ({costs[row.cost.key]})" if row.cost is not None and row.cost.key in costs else "" for row in group]
    beside_cost = max(map(len, marks), default=0)
    rows: list[list[Cell]] = []
    for row, mark in zip(group, marks, strict=True):
        kind = published_text.evidence_text(row.evidence) if several_kinds else ""
        note = f" ({notes[row.note]})" if row.note else ""
        assumed = cost_text.assumed_text(row.cost)
        cost = [Piece(published_text.published_cost(row.cost) + mark.ljust(beside_cost))]
        if assumed:
            cost.append(Piece(f"\n{assumed}{' ' * beside_cost}", "dim"))
        rows.append([
            published_text.published_name(row, shown) + (f" ({kind})" if kind else ""),
            published_text.size_text(row.size_b),
            _method(row),
            score_text(row.metrics[metric].value) + note.ljust(beside_score),
            tuple(cost),
            *(cost_text.cell(row, column) for column in extra),
        ])  # fmt: skip
    return Grid(heads, rows)


def _wide_cells(row: PublishedRow, metric: str) -> list[Cell]:
    cost = unknown_text()
    if row.cost is not None:
        cost = f"{published_text.published_cost(row.cost)} ({published_text.published_cost_note(row.cost)})"
    return [
        row.model, published_text.size_text(row.size_b), row.method, "" if row.shots is None else str(row.shots),
        score_text(row.metrics[metric].value), cost, cost_text.assumed_text(row.cost) or unknown_text(),
        cost_text.cell(row, cost_text.ON_CARD), cost_text.cell(row, cost_text.EACH), _source(row, metric),
        spoken(row.note or ""),
    ]  # fmt: skip


def _printed_cells(row: PublishedRow, metric: str) -> list[Cell]:
    return [
        row.model, published_text.size_text(row.size_b), _method(row), score_text(row.metrics[metric].value),
        published_text.published_cost(row.cost), cost_text.cell(row, cost_text.ON_CARD),
        cost_text.cell(row, cost_text.EACH), _source(row, metric),
    ]  # fmt: skip


def _method(row: PublishedRow) -> str:
    return clean(row.method) + (f", k={row.shots}" if row.shots else "")


def _source(row: PublishedRow, metric: str) -> str:
    kind = published_text.evidence_text(row.evidence)
    return row.metrics[metric].source.key + (f" ({kind})" if kind else "")
