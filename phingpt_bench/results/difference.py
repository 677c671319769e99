"""The difference of two runs, with its paired test or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.stats.paired import ALPHA, least_p


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A run's score minus that of `against`, with its paired test or the reason why there is none.

    value, low, high, p and p_holm are None if `reason` is set.
    """

    against: str
    """The run that is subtracted, as a board names it."""

    value: float | None = None
    """In the unit of the metric."""

    low: float | None = None
    """Lower end of the 95 % interval."""

    high: float | None = None
    """Upper end of the 95 % interval."""

    p: float | None = None
    """The two-sided p-value of the paired test."""

    p_holm: float | None = None
    """After Holm's correction over the tasks of the model; None until it is known."""

    n: int | None = None
    """Rows that both answered."""

    method: str | None = None
    """The name of the test, such as "mcnemar-exact"."""

    reason: str | None = None
    """Why there is no test; None where there is one."""

    resamples: int | None = None
    """The number of permutations behind p; None if it is exact."""

    beats_majority: bool | None = None
    """Whether a gain is also significant over one label for all rows; None for losses, and where it is not tested."""

    @property
    def at_most(self) -> bool:
        """Whether p is the smallest that its permutations can give; the true p may be smaller."""
        return self.p is not None and self.resamples is not None and self.p <= least_p(self.resamples)

    @property
    def spans_zero(self) -> bool:
        """Whether its interval holds 0."""
        return self.low is not None and self.high is not None and self.low <= 0 <= self.high

    @property
    def significant(self) -> bool:
        """Whether the corrected p (where there is none, the plain one) is under ALPHA, and the interval leaves out 0.

        A permutation test asks whether two systems could be exchanged. Where hardly an entity is right, it notices that
        one names more wrong ones than the other, although their scores are as good as equal.
        """
        p = self.p if self.p_holm is None else self.p_holm
        return p is not None and p < ALPHA and not self.spans_zero

    @property
    def only_majority(self) -> bool:
        """Whether it is a significant gain that always answering one label might reach too."""
        return self.significant and self.beats_majority is False

    @property
    def starred(self) -> bool:
        """Whether it is significant, and not a gain that always answering one label might reach too."""
        return self.significant and not self.only_majority
