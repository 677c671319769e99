"""evalscope's fin_ner (modelscope/evalscope, Apache-2.0): FIN with MISC, entities between XML tags in <response>."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rivals import metrics, words
from phingpt_bench.rivals.base import Answers, Docs, Labels, Rival

_TYPES = {"person": "PER", "organization": "ORG", "location": "LOC", "miscellaneous": "MISC"}
_OPEN = re.compile(r"<(\w+)>")
_CLOSE = re.compile(r"</\w+>")
_ANY_TAG = re.compile(r"<[^>]+>")
_CONTEXT = 20  # characters on each side of an entity that say which occurrence is meant


def _tags(answer: str, tokens: Sequence[str]) -> list[str]:
    """BIO tags for the words of the text, joined by single spaces, from a tagged answer."""
    source = _repaired(_response(answer))
    text = " ".join(tokens)
    copied, length = _untagged(source) == text, _Lengths(source)
    ends = np.cumsum([len(token) + 1 for token in tokens]) - 1
    tags = ["O"] * len(tokens)
    for type_, surface, start, end in _entities(source):
        exact = copied and not _ANY_TAG.search(surface)
        at = length(start) if exact else _place(source, surface, start, end, text)
        if at < 0:
            continue
        prefix = "B-"
        for i, token in enumerate(tokens):
            if ends[i] - len(token) < at + len(surface) and ends[i] > at:
                if tags[i] == "O":
                    tags[i] = prefix + type_
                prefix = "I-"
    return tags


def _response(answer: str) -> str:
    """The content of the first <response>...</response>; the whole answer if there is none."""
    begin = answer.find("<response>")
    end = answer.find("</response>", begin) if begin >= 0 else -1
    return answer[begin + len("<response>") : end] if end >= 0 else answer


def _repaired(source: str) -> str:
    """Each opening tag, from left to right, closed by its own name in place of the next closing tag of its line."""
    parts: list[str] = []
    at = none_before = 0  # up to where the line is known to have no closing tag any more
    while opening := _OPEN.search(source, at):
        closing = None
        if opening.end() >= none_before:
            line = source.find("\n", opening.end())
            none_before = line if line >= 0 else len(source)
            closing = _CLOSE.search(source, opening.end(), none_before)
        if closing is None:
            parts.append(source[at : opening.end()])
            at = opening.end()
        else:
            parts += [source[at : closing.start()], f"</{opening[1]}>"]
            at, none_before = closing.end(), 0
    return "".join([*parts, source[at:]])


def _entities(source: str) -> Iterator[tuple[str, str, int, int]]:
    """(type, inside, begin, end) of each pair of tags of one name in a line; then of known tags that are not closed.

    A pair of an unknown name is an entity of that type. What is not closed goes up to the next "<".
    """
    free: list[re.Match[str]] = []  # opening tags outside of pairs
    unclosed: set[str] = set()  # names without a closing tag from here on
    at = 0
    while opening := _OPEN.search(source, at):
        closing = -1 if opening[1] in unclosed else source.find(f"</{opening[1]}>", opening.end())
        if closing < 0:
            unclosed.add(opening[1])
        if closing < 0 or "\n" in source[opening.end() : closing]:
            free.append(opening)
            at = opening.end()
            continue
        at = closing + len(opening[1]) + 3
        name = opening[1].lower()
        yield _TYPES.get(name, name), source[opening.end() : closing], opening.start(), at
    for opening in free:
        stop = source.find("<", opening.end())
        end = stop if stop >= 0 else len(source)
        inside = source[opening.end() : end] if stop >= 0 else source[opening.end() :].removesuffix("\n")
        type_ = _TYPES.get(opening[1].lower())
        if type_ is not None and "\n" not in inside:
            yield type_, inside, opening.start(), opening.end() + len(inside)


def _untagged(text: str) -> str:
    """`text` without tags. Only up to the last ">", as each "<" after it would be followed up to the end."""
    end = text.rfind(">") + 1
    return _ANY_TAG.sub("", text[:end]) + text[end:]


class _Lengths:
    """How long the text before a place is without tags; counts on from the last place where no "<" is open there."""

    def __init__(self, source: str):
        self.source = source
        self.known = (0, 0)  # a place and its length

    def __call__(self, place: int) -> int:
        begin, length = self.known if self.known[0] <= place else (0, 0)
        between = _untagged(self.source[begin:place])
        length += len(between)
        if "<" not in between:
            self.known = (place, length)
        return length


def _place(source: str, surface: str, start: int, end: int, text: str) -> int:
    """Where the text has an entity of an inexact copy: beside the same characters, else at its first place; or -1."""
    before = _untagged(source[max(0, start - _CONTEXT) : start])
    behind = _untagged(source[end : end + _CONTEXT])
    at = text.find(surface)
    tried = 0
    while at >= 0 and tried < len(text):
        left = text[max(0, at - len(before)) : at].strip()
        right = text[at + len(surface) : at + len(surface) + len(behind)].strip()
        if before.strip() in left or behind.strip() in right or tried > len(text) // 2:
            return at
        tried = at + 1
        at = text.find(surface, tried)
    return text.find(surface)


def _both(answer: str, doc: dict[str, object], labels: Labels) -> tuple[list[str], list[str], list[str]]:
    tokens, gold = words.tagged(doc)
    if strange := sorted({*labels, *(tag[2:] for tag in gold if tag != "O")} - set(_TYPES.values())):
        raise BenchError("evalscope's fin_ner knows PER, ORG, LOC and MISC, not {names}", names=", ".join(strange))
    return tokens, gold, _tags(answer, tokens)


def _count(answers: Answers, docs: Docs, labels: Labels) -> np.ndarray:
    """(n, types + 2, 3): entities by type, unknown ones, and in the last line [right tokens, tokens, 0]."""
    rows = np.zeros((len(docs), len(labels) + 2, 3), dtype=np.int64)
    for at, (answer, doc) in enumerate(zip(answers, docs, strict=True)):
        _, gold, predicted = _both(answer, dict(doc), labels)
        rows[at, :-1] = words.entity_counts(gold, predicted, labels)
        rows[at, -1, :2] = sum(mine == theirs for mine, theirs in zip(gold, predicted, strict=True)), len(gold)
    return rows


def _accuracy(counts: np.ndarray) -> np.ndarray:
    right, n = np.moveaxis(np.asarray(counts)[..., -1, :2], -1, 0)
    return np.where(n > 0, right / np.where(n > 0, n, 1), np.nan)


EVALSCOPE = Rival(
    name="evalscope",
    kind="spans",
    source="modelscope/evalscope evalscope/utils/ner.py @ 3af6b5f0, benchmarks/ner/fin_ner_adapter.py @ 3af6b5f0",
    rule=sentence(
        "Pairs of <person>, <organization>, <location>, <miscellaneous> in <response>; by offset "
        "in an exact copy of the words joined by spaces, else where the characters around them "
        "are the same; then seqeval's micro scores."
    ),
    primary="entity_f1",
    functions={
        "entity_f1": lambda counts: metrics.entity_f1(np.asarray(counts)[..., :-1, :]),
        "entity_precision": lambda counts: metrics.entity_precision(np.asarray(counts)[..., :-1, :]),
        "entity_recall": lambda counts: metrics.entity_recall(np.asarray(counts)[..., :-1, :]),
        "token_acc": _accuracy,
    },
    counter=_count,
    reader=lambda answers, docs, labels: [
        words.tags_text(tokens, predicted)
        for tokens, _, predicted in (_both(a, dict(d), labels) for a, d in zip(answers, docs, strict=True))
    ],
)
