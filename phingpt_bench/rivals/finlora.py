"""FinLoRA (Open-Finance-Lab/FinLoRA): the first label named counts, and an F1 that forgives wrong answers."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, each, gold_indices, reader
from phingpt_bench.scoring.classification import INVALID, row_confusion


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    """The label that occurs first in the answer, without regard to case or word boundaries."""
    lowered = [label.lower() for label in labels]
    place = {label: i for i, label in reversed(list(enumerate(lowered)))}
    pattern = re.compile("|".join(map(re.escape, lowered)))

    def read(answer: str) -> int:
        match = pattern.search(answer.lower())
        return INVALID if match is None else place[match[0]]

    return each(read, answers)


def _count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """Confusion (n, k, k + 1) as the F1 sees it, and one more column: the rows judged right, by gold label.

    A right answer is replaced by its gold label; a wrong one stays as it was written. So it is a prediction of another
    label only if it is that label and nothing else; otherwise it is of no class (the column k).
    """
    gold = gold_indices(docs, labels)
    right = np.array(_judge(answers, docs, labels), dtype=np.int64) == gold
    bare = {label: i for i, label in enumerate(labels)}
    written = np.array([bare.get(answer, INVALID) for answer in answers], dtype=np.int64)
    k = len(labels)
    rows = np.zeros((len(gold), k, k + 2), dtype=np.int64)
    rows[..., : k + 1] = row_confusion(gold, np.where(right, gold, written), k)
    rows[np.arange(len(gold)), gold, k + 1] = right
    return rows


def _accuracy(counts: np.ndarray) -> Any:
    n = metrics.confusion(counts).sum((-2, -1))
    return np.where(n > 0, np.asarray(counts)[..., -1].sum(-1) / np.where(n > 0, n, 1), np.nan)


FINLORA = Rival(
    name="finlora",
    kind="labels",
    source="Open-Finance-Lab/FinLoRA test/test_dataset.py @ 7e1cf82 as documented; read in the author's copy "
    "wangd12rpi/FinLoRA, whose history holds two other rules (gold label anywhere; exactly one label)",
    rule=sentence(
        "Right if the first label in the answer is the gold one; for the F1 a wrong "
        "answer keeps its raw text as its class. Labels are those of the gold answers of the "
        "file; here, those given."
    ),
    primary="f1_weighted",
    functions={"acc": _accuracy, "f1_weighted": metrics.f1_weighted},
    counter=_count,
    reader=reader(_judge),
)

FINLORA_TYPE = replace(
    FINLORA,
    name="finlora-type",
)
