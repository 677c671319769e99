"""Rows handed to people: the cheapest threshold on validation rows, counted on test rows, with its price."""

from __future__ import annotations

import numpy as np
import pytest

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.cost.prices import LabelPrice, PriceCard
from phingpt_bench.hybrids.abstain import abstention
from phingpt_bench.render.abstention_text import abstention_blocks
from phingpt_bench.text.write_markdown import markdown


def probs(*sure: float) -> np.ndarray:
    return np.asarray([[one, 1 - one] for one in sure])


def rows_of(gold: list[int], sure: list[float | None]) -> Outcomes:
    return Outcomes(
        kind="labels", labels=["a", "b"], ids=[str(at) for at in range(len(gold))], gold=gold,
        pred=[0 if one is not None else -1 for one in sure], invalid=[one is None for one in sure],
        probs=[None if one is None else [one, 1 - one] for one in sure],
    )  # fmt: skip


def test_the_fewest_rows_are_handed_over() -> None:
    gold = [0, 0, 0, 1, 0, 1, 1, 1]  # the answer is always 0: right in the surest three, then a mistake
    sure = probs(0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6)
    (found,) = abstention(gold, sure, rows_of([0, 1, 0, 1], [0.9, 0.76, 0.74, 0.6]), [7 / 8])
    assert found.threshold == 0.75 and found.validation_handed == 3 / 8
    assert found.handed == 0.5 and found.accuracy == 0.75 and found.answered == 0.5
    assert found.low is not None and found.high is not None and found.low < 0.75 < found.high


def test_nothing_and_everything_can_be_handed_over() -> None:
    sure = probs(0.9, 0.8, 0.7)
    nothing, everything = abstention([0, 0, 1], sure, rows_of([0, 1], [0.9, 0.6]), [2 / 3, 1.0])
    assert nothing.threshold == 0 and nothing.handed == 0 and nothing.answered == nothing.accuracy == 0.5
    assert everything.handed == 0.5, "the two surest validation rows are right: all below them is handed over"
    (all_wrong,) = abstention([1, 1, 1], sure, rows_of([0, 1], [0.9, 0.6]), [0.9])
    assert all_wrong.handed == 1 and all_wrong.accuracy == 1 and all_wrong.answered is None


def test_equal_confidence_is_answered_or_handed_over_together() -> None:
    (found,) = abstention([0, 1, 0, 0], probs(0.8, 0.8, 0.8, 0.9), rows_of([0], [0.8]), [0.9])
    assert found.threshold == 0.9 and found.validation_handed == 0.75


def test_a_row_without_probabilities_goes_to_a_person() -> None:
    (found,) = abstention([0, 0, 1], probs(0.9, 0.8, 0.7), rows_of([0, 1], [0.95, None]), [1.0])
    assert found.handed == 0.5 and found.accuracy == 1


def card(usd: float) -> PriceCard:
    price = LabelPrice(usd=usd, source="a study", read_on="2026-11-30", assumption="one crowd worker")
    return PriceCard(date="2026-11-30", entries=(), label=price)


def test_peoples_time_has_the_price_of_a_label() -> None:
    found = abstention([0, 0, 1], probs(0.9, 0.8, 0.7), rows_of([0, 1], [0.9, 0.6]), [1.0])
    text = markdown(abstention_blocks(found, card(0.1)))
    assert "$50.00" in text and "$0.1 on the price card of 2026-11-30: one crowd worker" in text
    assert "N/A" in markdown(abstention_blocks(found, None))
    assert abstention_blocks([], card(0.1)) == []


@pytest.mark.parametrize("target", [0.9, 0.95])
def test_a_target_that_is_met_on_validation_rows_is_near_on_others(target: float) -> None:
    draw = np.random.default_rng(0)
    sure = draw.uniform(0.5, 1.0, 40000)
    gold = (draw.random(40000) > sure).astype(int)
    half = rows_of(gold[20000:].tolist(), sure[20000:].tolist())
    (found,) = abstention(gold[:20000].tolist(), probs(*sure[:20000]), half, [target])
    assert found.accuracy == pytest.approx(target, abs=0.01)
