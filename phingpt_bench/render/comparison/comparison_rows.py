"""Single rows of a comparison: the most telling of a fate first, with the dataset's text where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.results.comparison.row_values import Found, GoldEntity, LabelRow, ScoreRow, SpanRow
from phingpt_bench.results.comparison.values import Comparison
from phingpt_bench.text.blocks import Block, Grid, Item, Lines, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say

SHOWN = {"labels": ("fixed", "broken"), "spans": ("fixed", "broken"), "scores": ("better", "worse")}
UNPLACED = ("hallucinated", "format", "duplicate")  # kinds of misses that have no place in the text
Row = LabelRow | SpanRow | ScoreRow
Doc = Mapping[str, Any]  # a row of the dataset


def row_blocks(
    comparison: Comparison, fates: Sequence[str], most: int, docs: Mapping[str, Doc] | None = None
) -> list[Block]:
    """The first `most` rows of each of the fates (none given: those of SHOWN).

    docs: the rows of the dataset by id, to show what they say. BenchError for a fate that no row of this kind has.
    """
    details = comparison.labels or comparison.spans or comparison.numbers
    if details is None or most == 0:
        return []
    blocks: list[Block] = []
    for fate in fates or SHOWN[comparison.kind]:
        if fate not in comparison.fates:
            known = ", ".join(comparison.fates)
            raise BenchError(
                "no row of {task} can be '{fate}'", hint="fates: {names}", task=comparison.task, fate=fate, names=known
            )
        rows = chosen(details.rows, fate, most)
        if not rows:
            blocks.append(Title(say("Rows {fate}", fate=say(fate)), say("none")))
            continue
        rest = say("{k:,} of {n:,}, {order}", k=len(rows), n=comparison.fates[fate], order=_order(rows))
        blocks.append(Title(say("Rows {fate}", fate=say(fate)), rest))
        blocks += _shown(rows, comparison, docs)
    notes = []
    if any(isinstance(row, LabelRow) and (row.margin_a, row.margin_b) != (None, None) for row in details.rows):
        notes.append(say("In brackets the margin: probability of the answer minus that of the next."))
    if docs is None:
        notes.append(say("--with-text shows what the rows say, where the dataset is available locally."))
    return [*blocks, *([Lines(notes, "dim")] if notes else [])]


def chosen(rows: Sequence[Row], fate: str, most: int) -> list[Row]:
    """The rows of a fate in which the most changed: by both margins together, by errors of entities, or of numbers.

    Rows without margins come last, and rows that are alike in the order of the dataset.
    """
    return sorted((row for row in rows if row.fate == fate), key=_rank)[:most]


def _rank(row: Row) -> tuple[float, ...]:
    if isinstance(row, LabelRow):
        known = [margin for margin in (row.margin_a, row.margin_b) if margin is not None]
        return (not known, -sum(known))
    if isinstance(row, SpanRow):
        return -abs(row.errors_a - row.errors_b), -(row.errors_a + row.errors_b)
    return (-abs(row.error_a - row.error_b),)


def _order(rows: Sequence[Row]) -> str:
    """How `chosen` ordered them, in words."""
    first = rows[0]  # with a margin, if any has one
    if not isinstance(first, LabelRow):
        return say("largest change of errors first")
    known = first.margin_a is not None or first.margin_b is not None
    return say("surest first") if known else say("in the order of the dataset")


def _shown(rows: Sequence[Row], comparison: Comparison, docs: Mapping[str, Doc] | None) -> list[Block]:
    """A table where there is nothing more to say about a row than its answers, otherwise entries."""
    if docs is None and not any(isinstance(row, SpanRow) and row.gold is not None for row in rows):
        head = [say("row"), say("gold"), "A", "B"]
        if isinstance(rows[0], SpanRow):
            head = [say("row"), say("errors of A"), say("errors of B")]
        return [Grid(folding(*head, fold=None), [_cells(row, comparison) for row in rows])]
    return [_entry(row, comparison, docs) for row in rows]


def _cells(row: Row, comparison: Comparison) -> list[str]:
    """[id, gold, answer of A, answer of B]; of a text with entities [id, errors of A, errors of B]."""
    if isinstance(row, SpanRow):
        return [clean(row.id), str(row.errors_a), str(row.errors_b)]
    if isinstance(row, LabelRow):
        assert comparison.labels is not None
        names = [*map(clean, comparison.labels.labels), say("not readable")]  # -1, INVALID, finds the last
        sides = ((row.a, row.margin_a), (row.b, row.margin_b))
        answers = [names[answer] + ("" if margin is None else f" ({margin:.2f})") for answer, margin in sides]
        return [clean(row.id), names[row.gold], *answers]
    answers = [say("not readable") if answer is None else f"{answer:+.3f}" for answer in (row.a, row.b)]
    return [clean(row.id), f"{row.gold:+.3f}", *answers]


def _entry(row: Row, comparison: Comparison, docs: Mapping[str, Doc] | None) -> Item:
    """What there is to say about a row: answers, or errors and entities; and its text, where docs were asked for."""
    doc = None if docs is None else docs.get(row.id)
    lacks = [] if docs is None or doc is not None else [("", say("(not in the local dataset)"))]
    if not isinstance(row, SpanRow):
        name, gold, a, b = _cells(row, comparison)
        head = say("{id}  gold {gold}  A {a}  B {b}", id=name, gold=gold, a=a, b=b)
        return Item(head, lacks if doc is None else [("", clean(doc["text"]))])
    assert comparison.spans is not None
    types = comparison.spans.types
    head = say("{id}  errors: A {a}, B {b}", id=clean(row.id), a=row.errors_a, b=row.errors_b)
    text = None if doc is None else doc["text"]
    if row.gold is not None and row.a is not None and row.b is not None:
        sides = ((say("gold"), row.gold, None), ("A", row.a, row.misses_a), ("B", row.b, row.misses_b))
        sides_text = [(name, _marked(found, types, text) + _unplaced(misses)) for name, found, misses in sides]
        return Item(head, [*sides_text, *lacks])
    if doc is None:
        return Item(head, lacks)
    own = [e for e in doc.get("entities", ()) if e["type"] in types]
    marks = [Found(start=e["start"], end=e["end"], type=types.index(e["type"])) for e in own]
    return Item(head, [(say("gold"), _marked(marks, types, text))])


def _marked(found: Sequence[Found | GoldEntity], types: Sequence[str], text: str | None) -> str:
    """Entities marked in the text, or given by their offsets: [ORG Nokia], [ORG/boundary Nokia], ORG 8-17 (boundary).

    An entity that overlaps one before it, or ends beyond the text, is given by its offsets after the text.
    """
    parts, at, rest = [], 0, []
    for entity in sorted(found, key=lambda e: (e.start, e.end)):
        why = say(entity.why) if isinstance(entity, Found) and entity.why else ""
        type_ = clean(types[entity.type])
        if text is None or entity.start < at or entity.end > len(text):
            rest.append(f"{type_} {entity.start}-{entity.end}" + (f" ({why})" if why else ""))
            continue
        inside = _plain(text[entity.start : entity.end])
        parts += [_plain(text[at : entity.start]), f"[{'/'.join(filter(None, (type_, why)))} {inside}]"]
        at = entity.end
    unmarked = ", ".join(rest)
    if text is None:
        return unmarked or say("none")
    return clean("".join([*parts, _plain(text[at:])])) + (f"  + {unmarked}" if unmarked else "")


def _plain(text: str) -> str:
    """A piece of the text in which brackets are not taken for marks."""
    return text.replace("[", "\\[").replace("]", "\\]")


def _unplaced(misses: Mapping[str, int] | None) -> str:
    """What has no place in the text: "  + 2 hallucinated"."""
    return "".join(f"  + {misses[kind]} {say(kind)}" for kind in UNPLACED if misses and misses.get(kind))
