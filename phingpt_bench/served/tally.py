"""The tokens (as billed), times and oddities of the answers of one run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from phingpt_bench.served.labels import Likelihoods
from phingpt_bench.served.values import Usage, Written


class Meter(Protocol):
    """A counter of tokens, such as cost.meters.Meter."""

    def count(self, tokens_in: int | None = None, tokens_out: int | None = None) -> None:
        """Add tokens."""


class Tally:
    """Counts as the server reports them.

    An impossible count (none at all, none for a text, more than allowed, different from our tokenizer's) makes the
    run's
    tokens and cost unknown: they are never guessed.
    """

    def __init__(self, meter: Meter | None = None):
        self.meter = meter
        self.requests = self.retries = self.answers = 0
        self.cut_answers = self.thoughts = self.undecided = self.bounds = 0
        self.tokens_in = self.tokens_out = self.cached = self.reasoning = 0
        self.wrong: Counter[str] = Counter()
        self.models: set[str] = set()
        self.fingerprints: Counter[str] = Counter()
        self.rungs: Counter[str] = Counter()
        self._first: list[float] = []
        self._pace: list[float] = []

    @property
    def usage(self) -> Usage | None:
        """The tokens of all answers; None if a count was missing or wrong."""
        if self.wrong or not self.answers:
            return None
        return Usage(
            tokens_in=self.tokens_in, tokens_out=self.tokens_out, cached=self.cached, reasoning=self.reasoning
        )  # fmt: skip

    def labels(self, scored: Likelihoods) -> None:
        """Count the requests of one prompt's labels."""
        self.rungs[scored.rung] += 1
        self.undecided += scored.open
        self.bounds += scored.bounds
        for usage in scored.usages:
            self._count(usage, None, 1, "")

    def written(self, reply: Written, ours: int | None, most: int) -> None:
        """Count a written answer. ours: the prompt's tokens by our tokenizer, where it is known."""
        self.rungs["text"] += 1
        self.cut_answers += reply.cut
        self.thoughts += reply.thought
        if reply.model:
            self.models.add(reply.model)
        self._count(reply.usage, ours, most, reply.text)
        if reply.first is not None and reply.seconds is not None:
            self._first.append(reply.first)
            if (reply.usage.tokens_out or 0) > 1 and reply.seconds > reply.first:
                self._pace.append((reply.usage.tokens_out - 1) / (reply.seconds - reply.first))  # type: ignore[operator]

    def _count(self, usage: Usage, ours: int | None, most: int, text: str) -> None:
        self.answers += 1
        fault = _fault(usage, ours, most, text)
        if fault is not None:
            self.wrong[fault] += 1
            return
        self.tokens_in += usage.tokens_in or 0
        self.tokens_out += usage.tokens_out or 0
        self.cached += usage.cached or 0
        self.reasoning += usage.reasoning or 0
        if self.meter is not None:
            self.meter.count(tokens_in=usage.tokens_in, tokens_out=usage.tokens_out)

    def diagnostics(self) -> dict[str, object]:
        """Counts of a record; times only where answers were streamed."""
        found: dict[str, object] = {
            "rungs": dict(self.rungs), "requests": self.requests, "retries": self.retries,
            "cut_answers": self.cut_answers, "thoughts": self.thoughts, "models": sorted(self.models),
            "fingerprints": dict(self.fingerprints),
        }  # fmt: skip
        found |= {"undecided_labels": self.undecided, "bounded_labels": self.bounds}
        if self.wrong:
            found["wrong_usage"] = dict(self.wrong)
        if self.usage is not None:
            found["cached_tokens"], found["reasoning_tokens"] = self.cached, self.reasoning
        if self._first:
            found["seconds_to_first_token"] = _quantiles(self._first)
        if self._pace:
            found["tokens_per_second"] = _quantiles(self._pace)
        return found


def _fault(usage: Usage, ours: int | None, most: int, text: str) -> str | None:
    """What is wrong with a count, or None."""
    if usage.tokens_in is None or usage.tokens_out is None:
        return "not reported"
    if usage.tokens_in == 0:
        return "no tokens in a prompt"
    if text and usage.tokens_out == 0:
        return "no tokens in an answer that has some"
    if usage.tokens_out > most:
        return "more tokens than were allowed"
    if (usage.cached or 0) > usage.tokens_in or (usage.reasoning or 0) > usage.tokens_out:
        return "a part that is more than the whole"
    if ours is not None and usage.tokens_in != ours:
        return "another count than the tokenizer's"
    return None


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile (nearest rank), and the number of values."""
    ordered = sorted(values)
    at = [ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.95)]
    return {"median": round(at[0], 4), "p95": round(at[1], 4), "n": len(ordered)}
