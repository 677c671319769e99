"""Exposure: test rows that an adapter has seen in its training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from phingpt_bench.core.builder import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How training rows were looked for among the test rows."""

    by: Literal["texts", "ids"]
    training_rows: Count | None = None  # of which the texts were compared
    test_rows: Count | None = None
    why: str | None = None  # the texts could not be compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Test rows that were found in the training rows, each counted under its closest kind of likeness alone."""

    exact: Count
    normalised: Count | None = None  # None: not looked for, as by row id alone neither can be found
    near: Count | None = None
    ids: list[str] = field(default_factory=list)  # of these test rows
    compared: Compared | None = None

    @property
    def counts(self) -> dict[str, int]:
        """By kind, the closest first, without those that were not looked for."""
        found = {"exact": self.exact, "normalised": self.normalised, "near": self.near}
        return {kind: count for kind, count in found.items() if count is not None}

    @property
    def seen(self) -> int:
        """All of them, whatever their likeness."""
        return sum(self.counts.values())
