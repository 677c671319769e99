"""FLARE's two entity rules (The-FinAI/PIXIU, MIT): a list of entities for FIN, one tag per line for FiNER-ORD."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics, words
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival


def _listed(answer: str, doc: Mapping[str, Any]) -> list[str]:
    """Tags from lines "entity, TYPE": every occurrence of the entity's characters, mapped to words.

    Word offsets assume one space between words. An occurrence tags from the first word that begins at
    or after its start to the last that begins inside it; one that reaches into the last word of the text tags nothing.
    """
    text = doc["text"]
    tokens = text.split()
    tags = ["O"] * len(tokens)
    starts = np.cumsum([0] + [len(token) + 1 for token in tokens])[: len(tokens)]
    for line in answer.split("\n"):
        entity, _, type_ = line.rpartition(", ")
        at = text.find(entity) if entity else -1
        while at >= 0:
            behind = at + len(entity)
            first, last = np.searchsorted(starts, [at, behind])
            if first < len(tokens) and last < len(tokens):
                tags[first] = f"B-{type_}"
                tags[first + 1 : last] = [f"I-{type_}"] * max(0, last - first - 1)
            at = text.find(entity, behind)
    return tags


def _ner_count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    rows = [
        words.entity_counts(words.tagged(doc)[1], _listed(answer, doc), labels)
        for answer, doc in zip(answers, docs, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(labels) + 1, 3)


FLARE_NER = Rival(
    name="flare-ner",
    kind="spans",
    source="The-FinAI/PIXIU src/tasks/utils.py @ 9d6cd7c6 (process_text), for flare_ner (FIN)",
    rule=sentence("One 'entity, TYPE' a line; the entity tags every place where its characters occur in the text."),
    primary="entity_f1",
    functions={
        "entity_f1": metrics.entity_f1,
    },
    counter=_ner_count,
    reader=lambda answers, docs, labels: [
        words.tags_text(doc["text"].split(), _listed(answer, doc)) for answer, doc in zip(answers, docs, strict=True)
    ],
)


def _aligned(answer: str, tokens: Sequence[str], tags: Sequence[str]) -> list[str | None]:
    """A tag for each line that is exactly "word:TAG" with the word of its own number, else None."""
    found: list[str | None] = [None] * len(tokens)
    for i, line in enumerate(answer.split("\n")[: len(tokens)]):
        word, colon, tag = line.partition(":")
        if colon and word == tokens[i] and tag in tags:
            found[i] = tag
    return found


def _tag_names(types: Labels) -> list[str]:
    return ["O", *(f"{prefix}-{type_}" for type_ in types for prefix in "BI")]


def _lines_count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """(n, m + 1, m + 1) for m tags: the tokens' confusion (m, m + 1); in the last line true, predicted, gold entities.

    A token without a readable line is O for the entities, and of no class for the tokens.
    """
    names = _tag_names(labels)
    place = {name: i for i, name in enumerate(names)}
    rows = np.zeros((len(docs), len(names) + 1, len(names) + 1), dtype=np.int64)
    for at, (answer, doc) in enumerate(zip(answers, docs, strict=True)):
        row = rows[at]
        tokens, gold = words.tagged(doc)
        if strange := {tag for tag in gold if tag not in place}:
            raise BenchError(
                "gold entities of unknown type {names}", names=", ".join(sorted({tag[2:] for tag in strange}))
            )
        predicted = _aligned(answer, tokens, names)
        for mine, theirs in zip(gold, predicted, strict=True):
            row[place[mine], len(names) if theirs is None else place[theirs]] += 1
        row[-1, :3] = words.entity_counts(gold, [tag or "O" for tag in predicted], labels).sum(0)
    return rows


def _lines_read(answers: Answers, docs: Docs, labels: Labels) -> list[str]:
    names = _tag_names(labels)
    tokens = [doc["text"].split() for doc in docs]
    return [
        words.tags_text(t, [tag or "O" for tag in _aligned(a, t, names)]) for a, t in zip(answers, tokens, strict=True)
    ]


FLARE_LINES = Rival(
    name="flare-finer-ord",
    kind="spans",
    source="The-FinAI/PIXIU src/tasks/flare.py @ 040f8861, SequentialLabeling (for flare_finer_ord)",
    rule=sentence(
        "Line i of the answer must be 'word:TAG' for word i of the text, letter by letter; every other line is O."
    ),
    primary="entity_f1",
    functions={
        "entity_f1": lambda counts: metrics.entity_f1(np.asarray(counts)[..., -1:, :3]),
        "token_f1_weighted": lambda counts: metrics.f1_weighted(np.asarray(counts)[..., :-1, :]),
    },
    counter=_lines_count,
    reader=_lines_read,
)
