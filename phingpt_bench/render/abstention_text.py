"""How many rows a combination hands to people, for which accuracy, and what the people's time costs."""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.core.diagnostics import Abstention
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.money import usd_text
from phingpt_bench.text.numbers import interval_text, percent, score_text


def abstention_grid(found: Sequence[Abstention], card: PriceCard | None, indent: int = 0) -> Grid:
    """A line for each target accuracy. card: its price of a label is that of a person's answer; N/A without one."""
    heads = (
        say("target"), say("threshold"), say("to a person"), say("accuracy together"), say("of the others"),
        say("people, 1,000 rows"),
    )  # fmt: skip
    columns = [Column(head=head, right=True, fold=True, least=20 if at == 3 else 8) for at, head in enumerate(heads)]
    label = None if card is None or card.label is None else card.label.usd
    rows: list[list[Cell]] = [
        [
            percent(one.target), f"{min(one.threshold, 1.0):.3f}", percent(one.handed),
            f"{score_text(one.accuracy)} {interval_text(one.low, one.high)}", score_text(one.answered),
            usd_text(None if label is None else 1000 * one.handed * label),
        ]
        for one in found
    ]  # fmt: skip
    return Grid(columns, rows, indent=indent)


def abstention_notes(card: PriceCard | None) -> list[str]:
    """What the figures take for granted."""
    notes = [
        say(
            "Thresholds are chosen on validation rows; all figures are of the test rows. A person is taken to be right."
        )
    ]
    if card is not None and card.label is not None:
        notes.append(
            say(
                "A person's answer costs ${usd:g} on the price card of {date}: {assumption}.",
                usd=card.label.usd, date=card.date, assumption=spoken(card.label.assumption),
            )
        )  # fmt: skip
    return notes


def abstention_blocks(found: Sequence[Abstention], card: PriceCard | None) -> list[Block]:
    """The figures with a title and what they take for granted; empty without figures."""
    if not found:
        return []
    title = Title(say("Ask a person where it is unsure"))
    return [title, abstention_grid(found, card), Lines(list(abstention_notes(card)), "dim")]
