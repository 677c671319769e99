"""FLaME (gtfintechlab/FLaME, CC BY-NC 4.0, nothing of it is used here): behaviour from its public description and code.

FLaME has a second call of a language model turn the answer into a bare label or a list of numbers. That call cannot be
repeated: an answer is taken here for what the call returned.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, counter, each, reader
from phingpt_bench.scoring.classification import INVALID


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    place = {label.upper(): i for i, label in enumerate(labels)}
    return each(lambda answer: place.get(answer.strip().upper(), INVALID), answers)


FLAME = Rival(
    name="flame",
    kind="labels",
    source="gtfintechlab/FLaME src/flame/code/fpb/fpb_evaluate.py @ 26d35a94",
    rule=sentence(
        "The answer, stripped and without regard to case, must be a label; every other answer is number -1 and wrong."
    ),
    primary="f1_weighted",
    functions={
        "f1_weighted": metrics.f1_weighted,
        "acc": metrics.accuracy,
        "precision_weighted": metrics.precision_weighted,
        "recall_weighted": metrics.accuracy,  # the same by definition
    },
    counter=counter(_judge),
    reader=reader(_judge),
)


def _of_read(score: Any) -> Any:
    """A score over the rows whose answer could be read; nan without any."""

    def function(counts: np.ndarray) -> np.ndarray:
        read = np.array(metrics.confusion(counts))
        read[..., -1] = 0
        return np.asarray(score(read))

    return function


FLAME_FOMC = Rival(
    name="flame-fomc",
    kind="labels",
    source="gtfintechlab/FLaME src/flame/code/fomc/fomc_evaluate.py @ 59f6c001",
    rule=sentence("As 'flame', but rows whose answer is not a label are left out of every score."),
    primary="f1_weighted",
    functions={
        **{name: _of_read(function) for name, function in FLAME.functions.items()},
        "missing": metrics.missing,
    },
    counter=counter(_judge),
    reader=reader(_judge),
    empty=sentence("leaves it out"),
)
