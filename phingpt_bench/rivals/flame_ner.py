"""FLaME's entity rule (gtfintechlab/FLaME, CC BY-NC 4.0, nothing of it is used here): tag numbers, row by row.

As in flame.py, an answer is taken for what FLaME's second call of a language model returned.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import words
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival

_FINER_ORD = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG")  # its numbers 0 .. 6
_TWO_DIGITS = re.compile(r"(\d)(\d)")


def numbers(answer: str) -> list[int]:
    """The numbers of an answer: everything but digits and commas is dropped, and adjacent digits are split in pairs.

    Empty if what is left is not a list ("1,,2", a comma at an end). A number of two digits cannot be written.
    """
    kept = _TWO_DIGITS.sub(r"\1,\2", re.sub(r"[^\d,]", "", answer))
    try:
        found: list[int] = json.loads(f"[{kept}]")
    except ValueError:
        return []
    return found


def _names(types: Labels) -> tuple[str, ...]:
    """The tag of each number: FiNER-ORD's for its three types, else O and B-, I- of each type in the order given."""
    if set(types) == {"PER", "LOC", "ORG"}:
        return _FINER_ORD
    return ("O", *(f"{prefix}-{type_}" for type_ in types for prefix in "BI"))


def _row_scores(gold: Sequence[int], predicted: Sequence[int]) -> tuple[float, float, float, float]:
    """Macro precision, recall and F1 over the numbers of one row (zero without a case), and accuracy."""
    n_gold, n_pred = Counter(gold), Counter(predicted)
    hits = Counter(mine for mine, theirs in zip(gold, predicted, strict=True) if mine == theirs)
    classes = n_gold.keys() | n_pred.keys()
    precision = sum(hits[c] / n_pred[c] for c in classes if n_pred[c])
    recall = sum(hits[c] / n_gold[c] for c in classes if n_gold[c])
    f1 = sum(2 * hits[c] / (n_gold[c] + n_pred[c]) for c in classes)
    m = len(classes)
    return precision / m, recall / m, f1 / m, sum(hits.values()) / len(gold)


def _numbered(doc: Mapping[str, Any], labels: Labels) -> list[int]:
    names = _names(labels)
    try:
        return [names.index(tag) for tag in words.tagged(doc)[1]]
    except ValueError:
        strange = sorted({entity["type"] for entity in doc["entities"]} - set(labels))
        raise BenchError("gold entities of unknown type {names}", names=", ".join(strange)) from None


def _ner_count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """(n, 6) float: precision, recall, F1, accuracy of the row, whether it was kept, and 1; zeros where it was not."""
    rows = np.zeros((len(docs), 6))
    rows[:, 5] = 1
    for row, answer, doc in zip(rows, answers, docs, strict=True):
        gold, predicted = _numbered(doc, labels), numbers(answer)
        if gold and len(gold) == len(predicted):
            row[:5] = (*_row_scores(gold, predicted), 1)
    return rows


def _ner_read(answers: Answers, docs: Docs, labels: Labels) -> list[str]:
    names = dict(enumerate(_names(labels)))
    found = []
    for answer, doc in zip(answers, docs, strict=True):
        tokens, predicted = doc["text"].split(), numbers(answer)
        if len(tokens) != len(predicted):
            found.append(f"left out ({len(predicted)} numbers for {len(tokens)} words)")
        else:
            found.append(words.tags_text(tokens, [names.get(number, f"B-{number}") for number in predicted]))
    return found


def _column(at: int, by: int = 4) -> Any:
    def function(counts: np.ndarray) -> np.ndarray:
        total, n = np.asarray(counts, dtype=float)[..., at], np.asarray(counts)[..., by]
        return np.where(n > 0, total / np.where(n > 0, n, 1), np.nan)

    return function


FLAME_NER = Rival(
    name="flame-ner",
    kind="spans",
    source="gtfintechlab/FLaME src/flame/code/finer/finer_evaluate.py @ 08cf9f2b",
    rule=sentence(
        "The digits of the answer are tag numbers, one a word; a row with another count is left "
        "out; the rest gives the mean over rows of the token macro F1, O included."
    ),
    primary="token_f1_macro",
    functions={
        "token_f1_macro": _column(2),
        "token_precision_macro": _column(0),
        "token_recall_macro": _column(1),
        "token_acc": _column(3),
        "kept": _column(4, by=5),
    },
    counter=_ner_count,
    reader=_ner_read,
    empty=sentence("leaves it out"),
)
