"""FiNER-ORD's authors (gtfintechlab, arXiv:2302.11157 and 2305.16633): a line "token:Person_B" for each word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics, words
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival

_TYPES = ("PER", "LOC", "ORG")
# the first of these that occurs after the colon, lower-cased, decides
_NAMES = (
    ("other", "O"), ("person_b", "B-PER"), ("person_i", "I-PER"), ("location_b", "B-LOC"), ("location_i", "I-LOC"),
    ("organisation_b", "B-ORG"), ("organisation_i", "I-ORG"),
)  # fmt: skip
_TAGS = [tag for _, tag in _NAMES]


def _read_lines(answer: str, tokens: Sequence[str]) -> list[str | None]:
    """A tag for each word of the text, None if it is missing.

    Line by line: a line whose token is the word, or holds it, tags the word; the next line is taken once the token ends
    with the word. So a line may tag several words, and after a line that fits no word all further words are missing.
    """
    lines = answer.split("\n")
    at = 0
    found: list[str | None] = []
    for token in tokens:
        word, colon, behind = lines[at].partition(":") if at < len(lines) else ("", "", "")
        tag = None
        if at < len(lines) and token in word:
            label = behind.partition(":")[0].lower()
            tag = next((tag for name, tag in _NAMES if name in label), None) if colon else None
            at += word.endswith(token)
        found.append(tag)
    return found


def _check(labels: Labels, gold: Sequence[str]) -> None:
    strange = sorted({*labels, *(tag[2:] for tag in gold if tag != "O")} - set(_TYPES))
    if strange:
        raise BenchError("FiNER-ORD's rule knows PER, LOC and ORG, not {names}", names=", ".join(strange))


def _count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """(n, 8, 8): the tokens' confusion (7, 8), missing last; in the last line the sums of entities.

    These are true, predicted, gold, and the words without a tag, which the authors' later script counts as predicted.
    """
    k = len(_TAGS)
    place = {tag: at for at, tag in enumerate(_TAGS)}
    rows = np.zeros((len(docs), k + 1, k + 1), dtype=np.int64)
    for at, (answer, doc) in enumerate(zip(answers, docs, strict=True)):
        tokens, gold = words.tagged(doc)
        _check(labels, gold)
        predicted = _read_lines(answer, tokens)
        for mine, theirs in zip(gold, predicted, strict=True):
            rows[at, place[mine], k if theirs is None else place[theirs]] += 1
        rows[at, -1, :3] = words.entity_counts(gold, [tag or "O" for tag in predicted], labels).sum(0)
        rows[at, -1, 3] = predicted.count(None)
    return rows


def _entities(counts: np.ndarray, missing: bool) -> np.ndarray:
    """Summed entity counts as `metrics` takes them, (..., 1, 3)."""
    sums = np.array(np.asarray(counts)[..., -1:, :4])
    if missing:
        sums[..., 1] += sums[..., 3]
    return sums[..., :3]


def _f1(missing: bool) -> Any:
    return lambda counts: metrics.entity_f1(_entities(counts, missing))


FINER_ORD = Rival(
    name="finer-ord",
    kind="spans",
    source="gtfintechlab/FiNER-ORD code/generative_llm_res_seqeval.py @ 2241347c; gtfintechlab/zero-shot-finance "
    "finer_ord/code/generative_llm_res.py @ 15cc9791",
    rule=sentence(
        "A line 'token:Person_B' (Person, Location, Organisation; _B, _I; Other) for each word; "
        "a word without one is missing: outside of entities for entity_f1, an entity of its own "
        "type for entity_f1_missing."
    ),
    primary="entity_f1",
    functions={
        "entity_f1": _f1(False),
        "entity_f1_missing": _f1(True),
        "token_f1_weighted": lambda counts: metrics.f1_weighted(np.asarray(counts)[..., :-1, :]),
        "token_missing": lambda counts: metrics.missing(np.asarray(counts)[..., :-1, :]),
    },
    counter=_count,
    reader=lambda answers, docs, labels: [
        words.tags_text(doc["text"].split(), [tag or "O" for tag in _read_lines(answer, doc["text"].split())])
        for answer, doc in zip(answers, docs, strict=True)
    ],
)
