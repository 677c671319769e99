"""The page of published results drawn for a terminal: names are folded, never cut; meaning never rests on colour."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from phingpt_bench.board.published.values import Claims, Published, PublishedProtocol
from phingpt_bench.render.board import papers
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.markdown import source_text
from phingpt_bench.render.published.page import (
    MARKS,
    TITLE,
    Line,
    claim_texts,
    cost_text,
    costs_of,
    lines_of,
    marks_of,
    method_text,
    note_text,
    notes_of,
    rows_text,
    source_marks,
    standing,
)

SCORE, NAME = (
    8,
    30,
)  # a score column is at least so wide; longer words of a name are broken where the terminal is narrow


def render(published: Published, width: int = 80, others: Mapping[str, Sequence[str]] | None = None) -> str:
    """The page as plain text, `width` columns wide, without colour. others: as in `draw`."""
    file = io.StringIO()
    draw(published, Console(file=file, width=width, color_system=None, legacy_windows=False), others)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def draw(published: Published, console: Console, others: Mapping[str, Sequence[str]] | None = None) -> None:
    """The page on `console`. others: protocols to name that were not chosen, by dataset (see `beside`)."""
    if not published.scores and not published.claims.claims:
        console.print(Text("No published results fit."))
        return
    console.print(Text(TITLE))
    numbers = source_marks(published)
    costs = {key: f"c{i}" for i, key in enumerate(costs_of(published), 1)}
    for protocol in published.protocols:
        console.print()
        console.print(_protocol(protocol, lines_of(published, protocol), numbers, costs))
    for dataset, keys in (others or {}).items():
        console.print()
        console.print(Text(f"Other published protocols of {dataset}, by --protocol: {', '.join(keys)}."))
    if costs:
        console.print()
        console.print(_heading("Training costs"))
        for key, cost in costs_of(published).items():
            console.print(_hanging(f"{costs[key]} ", cost_text(cost)))
    if published.sources:
        console.print()
        console.print(_heading("Sources"))
        for source in published.sources:
            console.print(_hanging(f"{numbers[source.key]} ", f"{source.key}: {words.clean(source_text(source))}"))
        console.print(Text(MARKS, style="dim"))
    if published.claims.claims:
        console.print()
        console.print(_claims(published.claims))


def _protocol(
    protocol: PublishedProtocol, lines: list[Line], numbers: dict[str, int], costs: dict[str, str]
) -> RenderableType:
    ids = [id for id in protocol.metrics if any(id in line.scores for line in lines)]
    notes = notes_of(lines)
    parts: list[RenderableType] = [
        _heading(words.clean(protocol.title)),
        Text(", ".join(ids)),
        Text(rows_text(protocol), style="dim"),
        _table(protocol, ids, lines, numbers, costs, notes),
        *(_hanging(f"({number}) ", words.clean(note)) for note, number in notes.items()),
        Text(f"Beside a new run: {standing(protocol)}."),
        Text(note_text(protocol)),
    ]
    return Group(*parts)


def _table(
    protocol: PublishedProtocol,
    ids: list[str],
    lines: list[Line],
    numbers: dict[str, int],
    costs: dict[str, str],
    notes: dict[str, int],
) -> Table:
    """Name over method, then size, scores as printed, training cost and source."""
    paid = any(line.cost is not None for line in lines)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    longest = _longest(text for line in lines for text in (line.first.model, method_text(line.first)))
    table.add_column("model", overflow="fold", ratio=1, min_width=min(longest, NAME))
    table.add_column("size", justify="right", no_wrap=True)
    for id in ids:
        width = max(SCORE, _longest(line.scores[id].printed for line in lines if id in line.scores))
        table.add_column(protocol.metrics[id].head, justify="right", overflow="fold", max_width=width)
    if paid:
        table.add_column("training", justify="right", no_wrap=True)
    table.add_column("source", justify="right", no_wrap=True)
    for line in lines:
        marks = "".join(f" ({notes[note]})" for note in line.notes)
        name = Text(words.clean(line.first.model) + marks, overflow="fold")
        name.append(f"\n{method_text(line.first)}", "dim")
        scores = [words.clean(line.scores[id].printed) if id in line.scores else "" for id in ids]
        cost = "" if line.cost is None else f"{papers.published_cost(line.cost)} {costs[line.cost.key]}"
        cells = [papers.size_text(line.first.size_b), *scores, *([cost] if paid else []), marks_of(line, numbers)]
        table.add_row(name, *map(Text, cells))
    return table


def _longest(texts: Iterable[str]) -> int:
    """The width of the longest word: columns are no narrower, so that no word is broken."""
    return max((cell_len(word) for text in texts for word in text.split()), default=0)


def _claims(claims: Claims) -> RenderableType:
    cost = [] if claims.cost is None else [_hanging("- ", f"training: {cost_text(claims.cost)}")]
    about = f"{words.clean(claims.model)} ({words.clean(claims.method)}); {words.clean(source_text(claims.source))}"
    return Group(
        _heading("Claims, outside every ranking and every board"),
        Text(about),
        *(_hanging("- ", words.clean(text)) for text in claim_texts(claims)),
        *cost,
        *(_hanging("! ", words.clean(text)) for text in claims.caveats),
    )


def _heading(title: str) -> RenderableType:
    return Group(Text(title, style="bold"), Rule(style="dim", characters="-"))


def _hanging(mark: str, text: str) -> RenderableType:
    """A mark, and the text beside it in a column of its own."""
    grid = Table.grid(padding=0)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style="dim"), Text(text, style="dim"))
    return Padding(grid, 0)
