"""The listing of published results: its protocols, the models on each, costs, sources and claims."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from phingpt_bench.board.published.choice import Line, lines_of
from phingpt_bench.board.published.values import Claims, Published, PublishedProtocol
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board.published_text import published_cost, size_text, source_text
from phingpt_bench.render.published.listing_text import (
    claim_texts,
    cost_text,
    costs_of,
    marks_of,
    method_text,
    note_text,
    rows_text,
    source_marks,
    standing,
)
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Legend, Lines, Piece, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.fold import width_of
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.numbers import numbered

HEAD = sentence("Published results")
TITLE = sentence("Published results, by protocol. Nothing here was run by us, and nothing is ranked.")
MARKS = sentence(
    "source 3q: read in a document that quotes another; 3r: computed again from stored predictions or reports."
)
SCORE = 8  # a column of scores is at least so wide
NAME = 30  # longer words of a name are broken where the page is narrow


def published_blocks(
    published: Published, others: Mapping[str, Sequence[str]] | None = None, *, narrow: bool = True
) -> list[Block]:
    """The listing. others: protocols to name that were not chosen, by dataset (see `choice.beside`).

    narrow: for a terminal, with the method under the model, and notes and costs below by their marks; else each has a
    column of its own.
    """
    if not published.scores and not published.claims.claims:
        return [Lines([say("No published results fit.")])]
    numbers = source_marks(published)
    costs = {key: f"c{i}" for i, key in enumerate(costs_of(published), 1)}
    blocks: list[Block] = [Lines([say(TITLE)])]
    for protocol in published.protocols:
        blocks += _protocol(protocol, lines_of(published, protocol), numbers, costs, narrow)
    for dataset, keys in (others or {}).items():
        blocks.append(
            Title(
                say("Other published protocols of {dataset}, by --protocol", dataset=dataset),
                f"{', '.join(keys)}.",
                level=3,
            )
        )
    if costs and narrow:
        entries = [(costs[key], cost_text(cost)) for key, cost in costs_of(published).items()]
        blocks += [Title(say("Training costs"), level=1), Legend(entries)]
    if published.sources:
        entries = [
            (str(numbers[source.key]), f"{source.key}: {clean(source_text(source))}") for source in published.sources
        ]
        blocks += [Title(say("Sources"), level=1), Lines([say(MARKS)], "dim"), Legend(entries)]
    if published.claims.claims:
        blocks += _claims(published.claims)
    return blocks


def _protocol(
    protocol: PublishedProtocol, lines: list[Line], numbers: dict[str, int], costs: dict[str, str], narrow: bool
) -> list[Block]:
    ids = [id for id in protocol.metrics if any(id in line.scores for line in lines)]
    blocks: list[Block] = [
        Title(clean(protocol.title), level=1),
        Lines([", ".join(ids)]),
        Lines([rows_text(protocol)], "dim"),
    ]
    if narrow:
        notes = numbered(note for line in lines for note in line.notes)
        blocks.append(_narrow(protocol, ids, lines, numbers, costs, notes))
        blocks += [Lines([clean(spoken(note))], "dim", mark=f"({number}) ") for note, number in notes.items()]
    else:
        blocks.append(_wide(protocol, ids, lines, numbers))
    return [*blocks, Lines([say("Beside a new run: {standing}.", standing=standing(protocol)), note_text(protocol)])]


def _narrow(
    protocol: PublishedProtocol,
    ids: list[str],
    lines: list[Line],
    numbers: dict[str, int],
    costs: dict[str, str],
    notes: dict[str, int],
) -> Grid:
    """Name over method, then size, scores as printed, training cost and source."""
    paid = any(line.cost is not None for line in lines)
    longest = _longest(text for line in lines for text in (line.first.model, method_text(line.first)))
    columns = [Column(head=say("model"), fold=True, least=min(longest, NAME)), Column(head=say("size"), right=True)]
    for id in ids:
        width = max(SCORE, _longest(line.scores[id].printed for line in lines if id in line.scores))
        columns.append(Column(head=protocol.metrics[id].head, right=True, fold=True, least=width, most=width))
    columns += [Column(head=say("training"), right=True)] if paid else []
    rows: list[list[Cell]] = []
    for line in lines:
        marks = "".join(f" ({notes[note]})" for note in line.notes)
        name = (Piece(clean(line.first.model) + marks), Piece(f"\n{method_text(line.first)}", "dim"))
        cost = "" if line.cost is None else f"{published_cost(line.cost)} {costs[line.cost.key]}"
        rows.append([name, size_text(line.first.size_b), *_printed(line, ids), *([cost] if paid else [])])
        rows[-1].append(marks_of(line, numbers))
    return Grid([*columns, Column(head=say("source"), right=True)], rows)


def _wide(protocol: PublishedProtocol, ids: list[str], lines: list[Line], numbers: dict[str, int]) -> Grid:
    heads = [(protocol.metrics[id].head, True) for id in ids]
    columns = [
        Column(head=head, right=right, fold=not right)
        for head, right in (
            (say("model"), False), (say("size"), True), (say("method"), False), *heads, (say("training"), False),
            (say("source"), False), (say("note"), False),
        )
    ]  # fmt: skip
    rows = [
        [
            clean(line.first.model), size_text(line.first.size_b), method_text(line.first), *_printed(line, ids),
            "" if line.cost is None else cost_text(line.cost), marks_of(line, numbers),
            "; ".join(map(spoken, line.notes)),
        ]
        for line in lines
    ]  # fmt: skip
    return Grid(columns, rows)


def _printed(line: Line, ids: Iterable[str]) -> list[str]:
    return [clean(line.scores[id].printed) if id in line.scores else "" for id in ids]


def _longest(texts: Iterable[str]) -> int:
    """The width of the longest word: columns are no narrower, so that no word is broken."""
    return max((width_of(word) for text in texts for word in clean(text).split()), default=0)


def _claims(claims: Claims) -> list[Block]:
    about = f"{clean(claims.model)} ({clean(claims.method)}); {clean(source_text(claims.source))}"
    training = [] if claims.cost is None else [say("training: {cost}", cost=cost_text(claims.cost))]
    return [
        Title(say("Claims, outside every ranking and every board"), level=1),
        Lines([about]),
        Lines([*map(clean, claim_texts(claims)), *training], "dim", mark="- "),
        Lines([clean(text) for text in claims.caveats], "dim", mark="! "),
    ]
