"""FinGPT's benchmark (AI4Finance-Foundation/FinGPT, MIT): a substring, otherwise neutral; and its entity sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics, words
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival, counter, each, reader

_FOLDER = "AI4Finance-Foundation/FinGPT fingpt/FinGPT_Benchmark/benchmarks"
_PROMPT_END = "Answer: "  # the answer is the text between the first and the second of these
_NAMED = re.compile(r"[Pp]ositive|[Nn]egative")
_NAMES = {"PER": "person", "ORG": "organization", "LOC": "location"}
_SENTENCE = re.compile(r"(.*) is an? (.*)$")


def _sentiment(answer: str) -> str:
    named = {name.lower() for name in _NAMED.findall(answer.split(_PROMPT_END, 1)[0])}
    if "positive" in named:
        return "positive"
    return "negative" if named else "neutral"


def _judge(answers: Answers, docs: Docs, labels: Labels) -> list[int]:
    place = {label.lower(): i for i, label in enumerate(labels)}
    if set(place) != {"positive", "negative", "neutral"} or len(labels) != 3:
        raise BenchError(
            "FinGPT's rule knows positive, negative and neutral, not {names}",
            hint="'flare', 'helm', 'flame' and 'finlora' score any label set",
            names=", ".join(labels),
        )
    return each(lambda answer: place[_sentiment(answer)], answers)


FINGPT = Rival(
    name="fingpt",
    kind="labels",
    source=f"{_FOLDER}/{{fpb,fiqa,tfns}}.py @ 52b1ed1c (fpb, fiqa), nwgi.py @ 49b62bdd",
    rule=sentence(
        "Positive if the answer holds 'positive' or 'Positive', else negative if it holds "
        "'negative' or 'Negative', else neutral."
    ),
    primary="f1_weighted",
    functions={
        "acc": metrics.accuracy,
        "f1_weighted": metrics.f1_weighted,
        "f1_macro": metrics.f1_macro_seen,
        "f1_micro": metrics.accuracy,  # equal where every answer is given a class
    },
    counter=counter(_judge),
    reader=reader(_judge),
    empty=sentence("takes it for neutral"),
)


def _tags(tokens: Sequence[str], text: str) -> list[str]:
    """Tags for lower-case tokens from "nokia is an organization, ...": each entity tags its first free place.

    A type other than the three is written as "B-O", which seqeval counts as an entity of type O. An entity without
    words ends FinGPT's run with an error; here it is ignored.
    """
    ids = {name: type_ for type_, name in _NAMES.items()}
    tags = ["O"] * len(tokens)
    for piece in text.lower().strip(".").split(","):
        # no match runs over a line break, and looking for one there would take time by the square of the length
        match = None if "\n" in piece[:-1] else _SENTENCE.match(piece)
        if match is None:
            continue
        entity = match[1].split()
        n = len(entity)
        for i in range(len(tokens) - n + 1) if n else ():
            if tokens[i : i + n] == entity and tags[i : i + n] == ["O"] * n:
                type_ = ids.get(match[2].strip(), "O")
                tags[i : i + n] = [f"B-{type_}"] + [f"I-{type_}"] * (n - 1)
                break
    return tags


def gold_answer(doc: Mapping[str, Any]) -> str:
    """A doc's entities as FinGPT's data writes them, one sentence part a mention, in order of the text."""
    parts = []
    for entity in sorted(doc["entities"], key=lambda entity: (entity["start"], entity["end"])):
        name = _NAMES[entity["type"]]
        parts.append(f"{doc['text'][entity['start'] : entity['end']]} is {'an' if name[0] in 'aeiou' else 'a'} {name}")
    return ", ".join(parts) + "."


def _both(answer: str, doc: Mapping[str, Any], labels: Labels) -> tuple[list[str], list[str], list[str]]:
    if strange := sorted({*labels, *(entity["type"] for entity in doc["entities"])} - set(_NAMES)):
        raise BenchError("FinGPT's rule knows PER, ORG and LOC, not {names}", names=", ".join(strange))
    tokens = doc["text"].lower().split()
    return tokens, _tags(tokens, gold_answer(doc)), _tags(tokens, answer.split(_PROMPT_END, 1)[0])


def _count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    rows = [
        words.entity_counts(*_both(answer, doc, labels)[1:], labels) for answer, doc in zip(answers, docs, strict=True)
    ]
    return np.array(rows, dtype=np.int64).reshape(len(rows), len(labels) + 1, 3)


def _read(answers: Answers, docs: Docs, labels: Labels) -> list[str]:
    read = (_both(answer, doc, labels) for answer, doc in zip(answers, docs, strict=True))
    return [words.tags_text(tokens, predicted) for tokens, _, predicted in read]


FINGPT_NER = Rival(
    name="fingpt-ner",
    kind="spans",
    source=f"{_FOLDER}/ner.py @ 7d77243d; the gold sentences of its dataset are rebuilt, one part a mention",
    rule=sentence(
        "'X is an organization, Y is a person.' is cut at commas and lower-cased; each part tags "
        "the first place whose words are X and still free, and the gold entities go the same way."
    ),
    primary="entity_f1",
    functions={
        "entity_f1": metrics.entity_f1,
        "entity_precision": metrics.entity_precision,
        "entity_recall": metrics.entity_recall,
        "entity_f1_macro": metrics.entity_f1_macro,
    },
    counter=_count,
    reader=_read,
)
