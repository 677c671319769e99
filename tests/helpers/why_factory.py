"""Explanations with made-up numbers, for tests of what is drawn of them."""

from __future__ import annotations

import dataclasses
import random

from phingpt_bench.stats.interval import Interval
from phingpt_bench.why.figures import Faithful, Mean, Reasons
from phingpt_bench.why.left_out import target
from phingpt_bench.why.rows import label_sides, rules_of
from phingpt_bench.why.summary import agreement, word_means
from phingpt_bench.why.values import Missed, Reason, RowWhy, Side, Why
from phingpt_bench.why.words import words_of

LABELS = ["negative", "neutral", "positive"]
TEXTS = (
    "Profit of the Finnish company fell to EUR 5.2 million, and sales did not improve.",
    "Sales rose 12% year-on-year -- a record for Nokia Oyj 😀 in Q3 <b>2009</b>.",
    "The board meets on Monday.",
)
DRAWN = 30  # rows with numbers of their own; further rows repeat them
ENTITY_TEXT = "Anna Lee of Nokia Oyj met officials in Espoo."


def labels_why(n: int = 30, *, systems: int = 2, prompts: int = 12) -> Why:
    """n rows of a label task; "fell" is what the second system looks at, most for negative."""
    draw = random.Random(0)
    rows = []
    for at in range(min(n, DRAWN)):
        text = TEXTS[at % len(TEXTS)]
        places = words_of(text)
        scores = [
            [_scores(draw, text, places, side, left) for left in (None, *range(len(places)))] for side in range(systems)
        ]
        sides = label_sides(LABELS, scores)
        for side in sides:
            side.prompts.extend(draw.choice(LABELS) for _ in range(prompts))
        rows.append(RowWhy(
            id=f"row-{at}", gold=LABELS[at % 3], text=text, words=places, sides=sides, rules=rules_of(text, places)
        ))  # fmt: skip
    rows += [dataclasses.replace(rows[at % DRAWN], id=f"row-{at}") for at in range(DRAWN, n)]
    return _why(
        rows,
        "labels",
        LABELS,
        systems,
        [f"{{{{text}}}}\nIs it {at} negative, neutral or positive?" for at in range(prompts)],
    )


def with_reasons(why: Why) -> Why:
    """The same, where the last system wrote reasons: a good one, and one for another answer."""
    good = Reason(
        label="negative", text="Profit fell.", words=[5], without="neutral", random=["negative", "negative", ""],
        wanted="positive", changed="Profit rose.", kept=0.9, becomes="negative",
    )  # fmt: skip
    found = (good, Reason(label="positive", text="", words=[]))
    for row, reason in zip(why.rows, found, strict=False):
        row.sides[-1] = dataclasses.replace(row.sides[-1], reason=reason)
    mean = Mean(value=0.5, interval=None, n=2)
    figures = Reasons(
        read=mean, same=mean, named=mean, redacted=mean, random=mean, gain=mean, flipped=mean, kept=mean, agreement=None
    )
    return dataclasses.replace(why, reasons=[*([None] * (len(why.systems) - 1)), figures])


def entities_why(systems: int = 2) -> Why:
    """One row of an entity task: the second system is right but for a boundary, and the first wrote nothing."""
    places = words_of(ENTITY_TEXT)
    gold = [(0, 8, "PER"), (12, 21, "ORG"), (39, 44, "LOC")]
    tuned = Side(
        answer="PER: Anna Lee; ORG: Nokia; LOC: Helsinki",
        targets=[
            target(name, [-1.0, *(-1.0 - (at == hit) for at in range(len(places)))])
            for name, hit in (("PER: Anna Lee", 0), ("ORG: Nokia", 3), ("LOC: Helsinki", 8))
        ],
        spans=[(0, 8, "PER"), (12, 17, "ORG")],
        misses=[
            Missed(kind="boundary", gold=gold[1], predicted=(12, 17, "ORG"), surface=None),
            Missed(kind="missed", gold=gold[2], predicted=None, surface=None),
            Missed(kind="hallucinated", gold=None, predicted=None, surface="LOC: Helsinki"),
        ],
    )  # fmt: skip
    base = Side(
        answer="", targets=[], misses=[Missed(kind="missed", gold=one, predicted=None, surface=None) for one in gold]
    )
    row = RowWhy(
        id="ner-0", gold="PER: Anna Lee; ORG: Nokia Oyj; LOC: Espoo", text=ENTITY_TEXT, words=places,
        sides=[base, tuned][2 - systems :], spans=gold,
    )  # fmt: skip
    return _why([row], "spans", ["LOC", "ORG", "PER"], systems, [])


def _scores(draw: random.Random, text: str, places: list[tuple[int, int]], side: int, left: int | None) -> list[float]:
    words = [text[start:end] for at, (start, end) in enumerate(places) if at != left]
    fall = 2.0 * side * ("fell" in words)
    return [-2.0 + fall + draw.gauss(0, 0.1), -1.0, -1.5 + 0.8 * ("rose" in words) + draw.gauss(0, 0.1)]


def _why(rows: list[RowWhy], kind: str, labels: list[str], systems: int, prompts: list[str]) -> Why:
    mean = Mean(value=0.5, interval=Interval(low=0.4, high=0.6, level=0.95, method="bootstrap"), n=len(rows))
    faithful = [
        [Faithful(k=k, removed=mean, removed_random=mean, alone=mean, alone_random=mean) for k in (1, 3, 5)]
    ] * systems
    return Why(
        task="phin_demo_sentiment", protocol="demo-sentiment/v1", kind=kind, labels=labels,  # type: ignore[arg-type]
        systems=["base", "tuned"][2 - systems :], runs=["a", "b"][2 - systems :],
        choice="all", asked=len(rows), rows=rows,
        words=word_means(rows[:DRAWN]), faithful=faithful if kind == "labels" else [], people=[],
        agreement=agreement(rows[:DRAWN]),
        seconds=12.0, one_scoring=1.0, forwarded=1000, variants=len(rows) * 10, scored=[True] * systems,
        prompts=prompts,
    )  # fmt: skip
