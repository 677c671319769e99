"""Exposure: test rows of which there is a copy in the training data of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from phingpt_bench.core.declared import Count

KINDS = ("exact", "normalised", "near", "contained", "translated")  # of copies, the closest first
# The share of test rows seen in training above which a score shows what was remembered. FiNER-ORD's own splits share
# 7 % (short lines that recur in its articles), the parts of Financial PhraseBank that different papers test on 75 %.
EXPOSED = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How the training rows were compared with the test rows. hashes: only through a file of row hashes."""

    by: Literal["texts", "hashes", "ids"]
    training_rows: Count | None = None  # the number of rows that were compared
    test_rows: Count | None = None
    why: str | None = None  # why the texts could not be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The declared training data of a base, or of an adapter from elsewhere.

    unread: what could not be compared here, with the reason.
    """

    sets: list[str]  # "fpb:train+validation", "3120 row hashes"; empty: none of the known datasets
    source: str | None = None  # who declares it; None: the user
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Test rows of which a copy was found in the training rows, each counted once under its closest kind of copy.

    For a tuned model these are the training rows of its adapter and of its base together. A kind is None if it was not
    looked for: row ids only find equal rows, and earlier versions only knew the first three kinds.
    """

    exact: Count
    normalised: Count | None = None
    near: Count | None = None
    contained: Count | None = None
    translated: Count | None = None
    ids: list[str] = field(default_factory=list)  # ids of these test rows
    compared: Compared | None = None
    base: Declared | None = None  # None: the training data of the base are not declared, or there is no base
    adapter: Declared | None = None  # of one from elsewhere; None: its card says it, or there is none

    @property
    def counts(self) -> dict[str, int]:
        """The counts by kind, the closest first, without the kinds that were not looked for."""
        found = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: count for kind, count in found.items() if count is not None}

    @property
    def seen(self) -> int:
        """The number of all of them, whatever the kind."""
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
    """The exposure of the test rows `ids`. kinds: by row id, for the rows with a copy."""
    found = [row for row in ids if row in kinds]
    counts = {kind: sum(kinds[row] == kind for row in found) for kind in KINDS}
    looked = {kind: counts[kind] if kind in looked_for or counts[kind] else None for kind in KINDS[1:]}
    return Exposure(exact=counts["exact"], **looked, ids=found, compared=compared, base=base, adapter=adapter)


def together(one: Exposure | None, other: Exposure, ids: Sequence[str]) -> Exposure:
    """The exposure of what has seen the training rows of both, on the test rows `ids`.

    one: None for a base whose training data are not declared, which stay unknown. A row that both have seen counts
    once; exposures keep no kind for each row: it is taken to be a copy of one kind in both, as far as counts allow.
    """
    if one is None:
        return other
    shared = len(set(one.ids) & set(other.ids))
    counts = {kind: one.counts.get(kind, 0) + other.counts.get(kind, 0) for kind in KINDS}
    both = {kind: min(one.counts.get(kind, 0), other.counts.get(kind, 0)) for kind in KINDS}
    for most in (both, counts):
        for kind in KINDS:
            twice = min(most[kind], shared)
            counts[kind], shared = counts[kind] - twice, shared - twice
    seen = {*one.ids, *other.ids}
    compared = one.compared
    if compared is not None and other.compared is not None:
        rows = (compared.training_rows or 0) + (other.compared.training_rows or 0)
        compared = replace(compared, training_rows=rows)
    normalised, near, contained, translated = (
        counts[kind] if kind in one.counts or counts[kind] else None for kind in KINDS[1:]
    )
    return replace(
        one, exact=counts["exact"], normalised=normalised, near=near, contained=contained, translated=translated,
        ids=[row for row in ids if row in seen], compared=compared or other.compared,
    )  # fmt: skip
