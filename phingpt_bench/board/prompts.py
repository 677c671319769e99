"""How much a row's score depends on its prompt, from the scores under paraphrases in its record."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import METRICS


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptSpread:
    """The scores of one row under other prompts, by the section's metric."""

    low: float
    """The lowest score."""

    high: float
    """The highest score."""

    n: int
    """Number of prompts with a score."""

    changed: float
    """Share of the rows whose answer is not the same under all prompts."""

    scores: tuple[float | None, ...]
    """The scores in the order of the family."""

    better: int | None
    """Under how many prompts a tuned row is better than its base; None where that is not known."""

    compared: int
    """Under how many both have a score."""


def prompt_spread(run: Run, base: Run | None, metric: str) -> PromptSpread | None:
    """The spread of a run; None if no paraphrases were asked, or none of them has a score.

    base: the run of its base, which must have been asked the same prompts to be compared.
    """
    asked = run.record.paraphrases
    scores = [] if asked is None else [one.get(metric) for one in asked.scores]
    known = [score for score in scores if score is not None]
    if asked is None or not known:
        return None
    better, compared = None, 0
    theirs = None if base is None or base is run else base.record.paraphrases
    if theirs is not None and theirs.digest == asked.digest:
        sign = 1 if METRICS[metric].higher_is_better else -1
        others = [one.get(metric) for one in theirs.scores]
        pairs = [(a, b) for a, b in zip(scores, others, strict=True) if a is not None and b is not None]
        better, compared = sum(sign * (a - b) > 0 for a, b in pairs), len(pairs)
    return PromptSpread(
        low=min(known), high=max(known), n=len(known), changed=asked.changed, scores=tuple(scores),
        better=better, compared=compared,
    )  # fmt: skip
