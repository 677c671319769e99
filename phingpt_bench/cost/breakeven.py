"""Break-even: after how many documents a model that costs more to get is cheaper than one that costs more to run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from phingpt_bench.cost.estimate import Usd

Kind = Literal["at once", "after", "until", "never"]


@dataclass(frozen=True, slots=True)
class Case:
    """From which document on, counted from 1, the first of two models costs less in total than the second.

    at once: it costs no more to get and less to run, or less to get and no more to run.
    after: it costs less from `documents` + 1 on, which is when it has paid back.
    until: the opposite: it costs less only up to `documents`.
    never: it never costs less; also if both cost the same. `documents` is None for "at once" and "never".
    """

    kind: Kind
    documents: int | None = None


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The case at the price bounds that are best for the first model, and at the worst; equal without ranges."""

    best: Case
    worst: Case


def break_even(get: Usd | None, run: Usd | None, other_get: Usd | None, other_run: Usd | None) -> BreakEven | None:
    """When one model, USD `get` once and `run` per document, is cheaper than another; None if any USD are unknown.

    After n documents they cost get + n run and other_get + n other_run, so they are even at
    n = (get - other_get) / (other_run - run). The best case takes the low bounds of the first and the high bounds of
    the other, the worst case the opposite.
    """
    if get is None or run is None or other_get is None or other_run is None:
        return None
    return BreakEven(
        best=_case(get.low - other_get.high, other_run.high - run.low),
        worst=_case(get.high - other_get.low, other_run.low - run.high),
    )


def _case(more_to_get: float, saved_a_document: float) -> Case:
    if more_to_get <= 0 and saved_a_document >= 0:
        return Case("never" if more_to_get == saved_a_document == 0 else "at once")
    if saved_a_document <= 0:
        # the other is cheaper to run: the first is cheaper only while what it saved at the start lasts
        until = math.ceil(more_to_get / saved_a_document) - 1 if more_to_get < 0 else 0
        return Case("until", until) if until > 0 else Case("never")
    return Case("after", math.floor(more_to_get / saved_a_document))
