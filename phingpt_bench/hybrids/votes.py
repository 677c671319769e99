"""Entities that a model or a CRF names, and whether each is kept: a vote whose weights validation rows give."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.floors.crf import TOKEN, features
from phingpt_bench.hybrids.parts import CRF, MODEL, Part
from phingpt_bench.hybrids.stack import Stack, fitted
from phingpt_bench.scoring.entities import Span
from phingpt_bench.scoring.metrics import METRICS

LEAST = 1e-4  # of a marginal probability, before its log-odds are taken
CUTS = (0.5, 0.4, 0.6, 0.3, 0.7)  # of the probability from which an entity is kept; of equals the first


@dataclass(frozen=True, slots=True)
class Named:
    """The entities of one text by who named them, and how likely the CRF holds each of both.

    belief: for each of `candidates`, the log-odds of its least likely token's tag.
    """

    model: frozenset[Span]
    crf: frozenset[Span]
    candidates: tuple[Span, ...]
    belief: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """What becomes of one candidate. parts: what each part adds to the log-odds that it is kept."""

    span: Span
    probability: float
    kept: bool
    parts: dict[str, float]


@dataclass(frozen=True, slots=True)
class Voting:
    """A fitted vote. cut: the probability from which an entity is kept."""

    stack: Stack
    cut: float

    def votes(self, rows: Sequence[Named]) -> list[list[Vote]]:
        """By row, the votes on its candidates in the order of the text; of two that overlap the likelier one is kept.

        A row that neither part finds an entity in has none.
        """
        parts = parts_of(rows)
        if not len(parts[0].features):
            return [[] for _ in rows]
        scores = self.stack.scores(parts)
        shares = self.stack.shares(parts, scores)
        found, at = [], 0
        for row in rows:
            own = range(at, at + len(row.candidates))
            at += len(row.candidates)
            chances = [math.exp(scores[place, 1]) for place in own]
            kept = _kept(row.candidates, chances, self.cut)
            found.append(
                [
                    Vote(span, chance, span in kept, _for_keeping(shares[place], scores[place]))
                    for span, chance, place in zip(row.candidates, chances, own, strict=True)
                ]
            )
        return found


def named_by(crf: Any, text: str, model: Iterable[Span], crf_spans: Iterable[Span]) -> Named:
    """The candidates of a text with the belief of a fitted CRF in each."""
    first, second = frozenset(model), frozenset(crf_spans)
    candidates = tuple(sorted(first | second))
    chances = crf.predict_marginals_single(features(text)) if candidates else []
    places = [token.span() for token in TOKEN.finditer(text)] if candidates else []
    return Named(first, second, candidates, tuple(_belief(span, places, chances) for span in candidates))


def voting(rows: Sequence[Named], gold: Sequence[Sequence[Span]]) -> Voting:
    """The vote for validation rows: weights by logistic regression, then the cut with the best strict F1.

    BenchError where all candidates are right, or all wrong: then nothing can be learned.
    """
    right = [int(span in set(own)) for row, own in zip(rows, gold, strict=True) for span in row.candidates]
    if len(set(right)) < 2:
        raise BenchError(
            "model and CRF name {n} entities in the validation rows, all right or all wrong: no vote is learned",
            n=len(right),
        )
    stack = fitted(parts_of(rows), right, 2)
    chances = Voting(stack, 0.0).votes(rows)

    def f1(cut: float) -> float:
        totals = np.zeros(3)
        for votes, own in zip(chances, gold, strict=True):
            kept = _kept([vote.span for vote in votes], [vote.probability for vote in votes], cut)
            totals += len(kept & set(own)), len(kept), len(set(own))
        return float(np.nan_to_num(METRICS["entity_f1"].function(np.asarray([totals, np.zeros(3)]))))

    return Voting(stack, max(CUTS, key=f1))


def parts_of(rows: Sequence[Named]) -> list[Part]:
    """Features of all candidates of all rows: who names the entity, or another in its place, and the CRF's belief."""
    model, crf = [], []
    for row in rows:
        for span, belief in zip(row.candidates, row.belief, strict=True):
            model.append([float(span in row.model), float(_has_other(span, row.model))])
            crf.append([float(span in row.crf), belief, float(_has_other(span, row.crf))])
    return [Part(MODEL, np.asarray(model).reshape(-1, 2)), Part(CRF, np.asarray(crf).reshape(-1, 3))]


def _has_other(span: Span, named: Iterable[Span]) -> bool:
    return any(other != span and _overlap(other, span) for other in named)


def _overlap(a: Span, b: Span) -> bool:
    return a.start < b.end and b.start < a.end


def _belief(span: Span, places: Sequence[tuple[int, int]], chances: Sequence[dict[str, float]]) -> float:
    """Log-odds of the least likely of the tags that the CRF would have to give."""
    inside = [at for at, (start, end) in enumerate(places) if start < span.end and span.start < end]
    tags = [f"{'I' if nth else 'B'}-{span.type}" for nth in range(len(inside))]
    least = min((chances[at].get(tag, 0.0) for at, tag in zip(inside, tags, strict=True)), default=0.0)
    clipped = min(max(least, LEAST), 1 - LEAST)
    return math.log(clipped / (1 - clipped))


def _kept(candidates: Sequence[Span], chances: Sequence[float], cut: float) -> set[Span]:
    kept: set[Span] = set()
    for span, chance in sorted(zip(candidates, chances, strict=True), key=lambda one: (-one[1], one[0])):
        if chance >= cut and not any(_overlap(span, other) for other in kept):
            kept.add(span)
    return kept


def _for_keeping(shares: dict[str, float], scores: np.ndarray) -> dict[str, float]:
    """The shares of the answer "keep", where the stack gives those of the likelier answer."""
    sign = 1.0 if scores[1] > scores[0] else -1.0
    return {name: sign * value for name, value in shares.items()}
