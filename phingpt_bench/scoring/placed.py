"""Entities by offset, as outcomes hold them, back as spans; and how many predictions have no place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.scoring import statistics
from phingpt_bench.scoring.entities import Span


@dataclass(frozen=True, slots=True)
class Placed:
    """The entities of rows, by offset.

    gold, predicted: of each row, in order. unplaced: predictions without a place in the text (of whatever type, unknown
    ones last), int (n, types + 1).
    """

    gold: list[list[Span]]
    predicted: list[list[Span]]
    unplaced: np.ndarray


def placed(outcomes: Outcomes) -> Placed:
    """The entities of outcomes that hold them. BenchError if they are malformed or disagree with the counts."""
    counts = statistics.spans(outcomes)
    try:
        gold, predicted = ([[_span(outcomes, *e) for e in row[side]] for row in outcomes.entities] for side in (0, 1))
    except (ValueError, TypeError, IndexError) as err:  # outcomes come from a file that somebody may have edited
        raise BenchError("outcomes are inconsistent (entities: {reason})", reason=err) from None
    mine = np.zeros_like(counts)
    for at, (own, found) in enumerate(zip(gold, predicted, strict=True)):
        for column, spans in enumerate((set(own) & set(found), found, own)):
            for span in spans:
                mine[at, outcomes.labels.index(span.type), column] += 1
    unplaced = counts[..., 1] - mine[..., 1]
    if len(gold) != len(counts) or (counts[..., ::2] != mine[..., ::2]).any() or (unplaced < 0).any():
        raise BenchError("outcomes are inconsistent (entities and counts disagree)")
    return Placed(gold, predicted, unplaced)


def _span(outcomes: Outcomes, start: int, end: int, type_: int) -> Span:
    if not 0 <= start < end or type_ < 0:
        raise ValueError(f"no entity: [{start}, {end}, {type_}]")
    return Span(start, end, outcomes.labels[type_])
