"""Entities of a model and a CRF: which are kept, by whose word, and what the CRF's belief is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.hybrids.votes import Named, named_by, voting
from phingpt_bench.scoring.entities import Span

TEXT = "Nokia hired Ann Lee"
ORG, PERSON, SHORT = Span(0, 5, "ORG"), Span(12, 19, "PER"), Span(12, 15, "PER")


class FakeCrf:
    """Marginals by token; every tag that is not listed has none."""

    def __init__(self, *tags: dict[str, float]):
        self.tags = list(tags)

    def predict_marginals_single(self, features: list[Any]) -> list[dict[str, float]]:
        assert len(features) == len(self.tags)
        return self.tags


def rows(n: int = 200, seed: int = 0) -> tuple[list[Named], list[list[Span]]]:
    """Texts in which the CRF is right when it is sure, and the model half of the time."""
    draw = np.random.default_rng(seed)
    found, gold = [], []
    for _ in range(n):
        sure = bool(draw.random() < 0.5)
        model = frozenset([PERSON]) if draw.random() < 0.5 else frozenset([ORG])
        candidates = tuple(sorted(model | {ORG}))
        found.append(Named(model, frozenset([ORG]), candidates, tuple(3.0 if sure else -3.0 for _ in candidates)))
        gold.append([span for span in candidates if sure])
    return found, gold


def test_the_belief_is_that_of_the_least_likely_tag() -> None:
    crf = FakeCrf({"B-ORG": 0.9}, {"O": 1.0}, {"B-PER": 0.8}, {"I-PER": 0.25})
    named = named_by(crf, TEXT, [PERSON], [ORG, SHORT])
    beliefs = dict(zip(named.candidates, named.belief, strict=True))
    assert beliefs[ORG] == pytest.approx(math.log(9))
    assert beliefs[PERSON] == pytest.approx(math.log(0.25 / 0.75))
    assert beliefs[SHORT] == pytest.approx(math.log(4))
    unknown = named_by(crf, TEXT, [Span(0, 5, "LOC")], [])
    assert unknown.belief[0] < -9, "a tag that the CRF has never seen"
    assert named_by(crf, TEXT, [], []) == Named(frozenset(), frozenset(), (), ())


def test_who_is_sure_decides() -> None:
    vote = voting(*rows())
    tests, gold = rows(seed=1)
    votes = vote.votes(tests)
    kept = [[one.span for one in own if one.kept] for own in votes]
    assert np.mean([one == right for one, right in zip(kept, gold, strict=True)]) > 0.95
    assert all(one.parts["crf"] > one.parts["model"] for own in votes for one in own if one.kept)


def test_parts_say_what_speaks_for_keeping() -> None:
    vote = voting(*rows())
    tests, _ = rows(seed=1)
    for one in (one for own in vote.votes(tests) for one in own):
        odds = math.log(one.probability / (1 - one.probability))
        assert sum(one.parts.values()) + vote.stack.model.intercept_[0] == pytest.approx(odds, abs=1e-6)


def test_of_two_that_overlap_the_likelier_one_is_kept() -> None:
    vote = voting(*rows())
    both = Named(frozenset([PERSON]), frozenset([SHORT]), (SHORT, PERSON), (3.0, 2.9))
    (own,) = vote.votes([both])
    assert [one.span for one in own if one.kept] == [max(own, key=lambda one: one.probability).span]


def test_rows_without_entities_have_no_vote() -> None:
    vote = voting(*rows())
    empty = Named(frozenset(), frozenset(), (), ())
    assert vote.votes([empty, empty]) == [[], []]
    assert len(vote.votes([empty, rows(1)[0][0]])[1]) >= 1


def test_candidates_that_are_all_right_teach_nothing() -> None:
    found, _ = rows(20)
    with pytest.raises(BenchError, match="all right or all wrong"):
        voting(found, [list(one.candidates) for one in found])
