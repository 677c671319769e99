"""FLARE of PIXIU (The-FinAI/PIXIU, MIT), the tasks behind FinBen: labels and headline questions."""

from __future__ import annotations

from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, counter, reader
from phingpt_bench.scoring.classification import INVALID

_SOURCE = "The-FinAI/PIXIU src/tasks/flare.py @ 040f8861"
# The order of `choices` in the published rows. It decides for answers that name more than one.
CHOICES = {
    "flare-fpb": ("positive", "neutral", "negative"),
    "flare-fiqasa": ("negative", "positive", "neutral"),
    "flare-fomc": ("dovish", "hawkish", "neutral"),
}


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    """The first of a doc's "choices" (where it has none: of `labels`) that occurs anywhere in the answer."""
    place = {label.lower(): i for i, label in enumerate(labels)}
    orders: dict[tuple[str, ...], list[tuple[str, int]]] = {}
    known: dict[tuple[tuple[str, ...], str], int] = {}
    own = tuple(labels)
    found = []
    for answer, doc in zip(answers, docs, strict=True):
        choices = tuple(doc["choices"]) if "choices" in doc else own
        key = (choices, answer)
        if key not in known:
            if choices not in orders:
                if {choice.lower() for choice in choices} != set(place):
                    raise BenchError(
                        "choices {choices} are not the labels {labels}",
                        choices=", ".join(choices),
                        labels=", ".join(labels),
                    )
                orders[choices] = [(choice.lower(), place[choice.lower()]) for choice in choices]
            text = answer.lower()
            known[key] = next((at for choice, at in orders[choices] if choice in text), INVALID)
        found.append(known[key])
    return found


FLARE = Rival(
    name="flare",
    kind="labels",
    source=f"{_SOURCE}, Classification",
    rule=sentence(
        "The first choice, in the order of the row's list, that occurs anywhere in the "
        "lower-cased answer; else 'missing', which is wrong. Rows without 'choices' use the "
        "order of the labels given."
    ),
    primary="f1_weighted",
    functions={
        "acc": metrics.accuracy,
        "f1_weighted": metrics.f1_weighted,
        "f1_macro": metrics.f1_macro_gold,
        "missing": metrics.missing,
    },
    counter=counter(_judge),
    reader=reader(_judge),
)


def _yes_no(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    place = {label.lower(): i for i, label in enumerate(labels)}
    if set(place) != {"yes", "no"}:
        raise BenchError("FLARE's headline rule knows yes and no, not {names}", names=", ".join(labels))
    return [place["yes" if answer.strip() == "Yes" else "no"] for answer in answers]


def _headline_count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """Confusion by question, (n, questions, 2, 3)."""
    if any("group" not in doc for doc in docs):
        raise BenchError("FLARE's headline rule needs the index of each row's question ('group')")
    groups = np.array([doc["group"] for doc in docs], dtype=np.int64)
    rows = counter(_yes_no)(answers, docs, labels)
    by_question = np.zeros((len(rows), int(groups.max(initial=0)) + 1, 2, 3), dtype=np.int64)
    by_question[np.arange(len(rows)), groups] = rows
    return by_question


def _mean_of_questions(score: Any) -> Any:
    def function(counts: np.ndarray) -> np.ndarray:
        scores = score(counts)
        asked = ~np.isnan(scores)
        total = np.where(asked, scores, 0.0).sum(-1)
        return np.where(asked.any(-1), total / np.maximum(asked.sum(-1), 1), np.nan)

    return function


FLARE_HEADLINE = Rival(
    name="flare-headline",
    kind="labels",
    source=f"{_SOURCE}, Headlines",
    rule=sentence(
        "Yes if the stripped answer is exactly 'Yes', else No; the mean over the questions of the weighted F1."
    ),
    primary="f1_weighted",
    functions={
        "f1_weighted": _mean_of_questions(metrics.f1_weighted),
        "acc": lambda counts: metrics.accuracy(np.asarray(counts).sum(-3)),
    },
    counter=_headline_count,
    reader=reader(_yes_no),
    empty=sentence("takes it for no"),
)
