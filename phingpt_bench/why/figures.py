"""Figures over the rows of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.stats.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A mean over rows with its interval; the interval is None for fewer than two rows."""

    value: float
    interval: Interval | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordMean:
    """A word's mean contribution over the rows that have it, for each system, and how that changed."""

    word: str
    """In lower case."""

    sides: list[Mean]
    change: Mean | None
    """Second system minus the first; None for one system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faithful:
    """Whether the k words found first matter more than k random ones (ERASER, DeYoung et al. 2020); in nats."""

    k: int
    removed: Mean
    """How much lower the value is without the k first words (comprehensiveness)."""

    removed_random: Mean
    """The same for k random words."""

    alone: Mean
    """How much lower the value is with the k first words alone (sufficiency; lower is better)."""

    alone_random: Mean
    """The same for k random words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """How far the words that matter to a system are those that people marked, over rows with both kinds of words.

    Words are ranked by the size of their contributions, whatever the sign.
    """

    f1: Mean
    """Token F1 of as many first words as people marked (their precision, and their recall)."""

    f1_gain: Mean
    """How much that is above its expected value for a random order of the words, the share of marked ones."""

    precision: Mean
    """Average precision of the ranking."""

    precision_gain: Mean
    """How much that is above its expected value for a random order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Whether the reasons that a system writes are those of its answers. A figure of no row is None.

    Only reasons are tested whose label is the answer that the system gives: others explain another answer.
    """

    read: Mean | None
    """Share of the rows with a label that could be read."""

    same: Mean | None
    """Share of the rows in which that label is the answer to the prompt of the task."""

    named: Mean | None
    """Share of the words of a text that the reason names."""

    redacted: Mean | None
    """Share of the answers that change without the words that the reason names (redaction)."""

    random: Mean | None
    """The same for as many random words."""

    gain: Mean | None
    """The difference of the two."""

    flipped: Mean | None
    """Share of the texts that the system itself changed towards another label to which it then gives that label."""

    kept: Mean | None
    """Share of the words that these texts kept: to write another text is no counterfactual."""

    agreement: People | None
    """How far the words that it names are those of the largest contributions; None where no likelihoods are known."""
