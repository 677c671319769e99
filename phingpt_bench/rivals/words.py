"""BIO tags over the words of a text, as the rivals use them: entities become tags, tags become entities.

Words are separated by white space. These scorers ignore character offsets: an entity that begins or ends inside a word
takes the whole word.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_WORD = re.compile(r"\S+")


def tagged(doc: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The words of a doc's text and their gold tags ("B-ORG", "I-ORG", "O"). If two share a word, the first gets it."""
    text = doc["text"]
    words = text.split()
    tags = ["O"] * len(words)
    if not doc["entities"]:
        return words, tags
    places = [match.span() for match in _WORD.finditer(text)]
    ends = [end for _, end in places]
    for entity in sorted(doc["entities"], key=lambda entity: (entity["start"], entity["end"])):
        prefix = "B-"
        for i in range(bisect_right(ends, entity["start"]), len(words)):
            if places[i][0] >= entity["end"]:
                break
            if tags[i] == "O":
                tags[i] = prefix + entity["type"]
                prefix = "I-"
    return words, tags


def chunks(tags: Sequence[str]) -> set[tuple[str, int, int]]:
    """(type, index of the first word, index after the last word) of each entity, as seqeval's default mode reads BIO.

    An I- tag that does not continue an entity of its type begins a new one.
    """
    found: set[tuple[str, int, int]] = set()
    if tags.count("O") == len(tags):
        return found
    open_type, start = None, 0
    for i, tag in enumerate([*tags, "O"]):
        prefix, type_ = tag[0], tag[2:] or "_"
        if open_type is not None and (prefix != "I" or type_ != open_type):
            found.add((open_type, start, i))
            open_type = None
        if prefix != "O" and open_type is None:
            open_type, start = type_, i
    return found


def entity_counts(gold: Sequence[str], predicted: Sequence[str], types: Sequence[str]) -> np.ndarray:
    """True, predicted and gold entities by type, (types + 1, 3) int64; the last row is for other types."""
    line = {type_: i for i, type_ in enumerate(types)}
    counts = np.zeros((len(types) + 1, 3), dtype=np.int64)
    mine, theirs = chunks(gold), chunks(predicted)
    for column, entities in enumerate((mine & theirs, theirs, mine)):
        for type_, _, _ in entities:
            counts[line.get(type_, len(types)), column] += 1
    return counts


def tags_text(words: Sequence[str], tags: Sequence[str]) -> str:
    """Tags as readable text: "ORG: Nokia Oyj; LOC: Espoo", or "nothing"."""
    entities = sorted(chunks(tags), key=lambda chunk: chunk[1])
    return "; ".join(f"{type_}: {' '.join(words[start:end])}" for type_, start, end in entities) or "nothing"
