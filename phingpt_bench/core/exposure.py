"""Exposure: test rows of which a model has seen a copy in its training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from phingpt_bench.core.builder import Count

KINDS = ("exact", "normalised", "near", "contained", "translated")  # of likeness, the closest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How training rows were looked for among the test rows. hashes: by a file of row hashes alone."""

    by: Literal["texts", "hashes", "ids"]
    training_rows: Count | None = None  # that were compared
    test_rows: Count | None = None
    why: str | None = None  # the texts could not be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a base, or an adapter from elsewhere, is said to have been trained on.

    unread: what of it could not be compared here, with the reason.
    """

    sets: list[str]  # "fpb:train+validation", "3120 row hashes"; empty: none that is known here
    source: str | None = None  # who says so; None: the user
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Test rows of which a copy was found in the training rows, each counted under its closest kind of likeness alone.

    Of a tuned model these are the rows of its adapter and of its base together. A kind is None where it was not looked
    for: by row id only equal rows can be found, and earlier versions knew no more than the first three.
    """

    exact: Count
    normalised: Count | None = None
    near: Count | None = None
    contained: Count | None = None
    translated: Count | None = None
    ids: list[str] = field(default_factory=list)  # of these test rows
    compared: Compared | None = None
    base: Declared | None = None  # None: nobody has said what the base was trained on, or there is none
    adapter: Declared | None = None  # of one from elsewhere; None: its card says it, or there is none

    @property
    def counts(self) -> dict[str, int]:
        """By kind, the closest first, without those that were not looked for."""
        found = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: count for kind, count in found.items() if count is not None}

    @property
    def seen(self) -> int:
        """All of them, whatever their likeness."""
        return sum(self.counts.values())

    @property
    def partly(self) -> bool:
        """Whether some kind of copy was not looked for, or some of the training rows could not be compared."""
        unread = any(own is not None and own.unread for own in (self.base, self.adapter))
        return len(self.counts) < len(KINDS) or unread


def exposure(
    kinds: Mapping[str, str], ids: Sequence[str], compared: Compared, *, base: Declared | None = None,
    adapter: Declared | None = None, looked_for: Sequence[str] = KINDS,
) -> Exposure:  # fmt: skip
    """The exposure of the test rows `ids`; kinds: by row id, of those that a copy was found of."""
    found = [row for row in ids if row in kinds]
    counts = {kind: sum(kinds[row] == kind for row in found) for kind in KINDS}
    looked = {kind: counts[kind] if kind in looked_for or counts[kind] else None for kind in KINDS[1:]}
    return Exposure(exact=counts["exact"], **looked, ids=found, compared=compared, base=base, adapter=adapter)
