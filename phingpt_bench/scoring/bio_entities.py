"""Entities as a tag for each token: BIO sequences, "token TAG" lines, "token:Person_B" lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.loose_json import Object, Reader
from phingpt_bench.scoring.occurrences import as_seen
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.tagged_copy import Tagged, located
from phingpt_bench.scoring.token_tags import Tag, chunks, tag_of
from phingpt_bench.scoring.type_names import type_reader

READ = 0.6  # the least share of an answer's lines or words that are tagged tokens
# every such answer has one of these somewhere: an O tag, or a tag with a prefix
_HINT = re.compile(
    r"(?:\A|[\s:|/,\"'\[(])(?:o|other|[bieslum][-_]\w[\w-]*|\w[\w-]*[-_][bieslu])(?=[\s,;\"'\])]|\Z)", re.IGNORECASE
)
_BETWEEN = re.compile(r"\s*[:|\t=]\s*|\s+[-–—]\s+|\s+|/")
_TOKEN_KEYS, _TAG_KEYS = ("token", "word", "text"), ("tag", "label", "ner_tag", "entity", "type")
_PUNCTUATED = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*|[^\w\s]|_+")

Tokens = list[tuple[str | None, Tag | None]]


def read_bio(answer: str, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed | None:
    """The spans that tags of tokens mean; None for an answer of another form.

    Read are a list or sequence of tags alone, one for each word of the text (words between white space, otherwise with
    punctuation apart), and tokens with their tags: one per line, with a colon, tab, bar, slash or space between, pairs
    in a list, or objects. Tags are B-, I-, E-, S- (and the letters of BILOU and BMES) before or after a known type,
    known types alone, and O or Other; an I- that continues nothing opens an entity, as in seqeval's default mode.
    Tokens are placed as a copy of the text (`tagged_copy.located`), of which words without an entity may be left out.
    An answer is read if at least READ of it are tagged tokens, and one tag has a prefix or two are O.
    """
    if not _HINT.search(answer):
        return None
    answer = as_seen(answer, text)
    read_type = type_reader(tuple(types), rules.type_aliases)
    tokens = _listed(answer, read_type) or _lines(answer, read_type) or _words(answer, read_type)
    if tokens is None or not _shown([tag for _, tag in tokens]):
        return None
    if any(token is None for token, _ in tokens):
        return _of_words(text, [tag for _, tag in tokens])
    copy, starts = [], []
    length = 0
    for token, _ in tokens:
        starts.append(length)
        copy.append(token or "")
        length += len(token or "") + 1
    tagged = [
        Tagged(at, type_, starts[first], starts[last - 1] + len(copy[last - 1]))
        for at, (type_, first, last) in enumerate(chunks([tag for _, tag in tokens]))
    ]
    return located(" ".join(copy), tagged, [], text, nested=rules.nested, whole=False)


def spans_of_tags(text: str, tags: Sequence[Tag | None]) -> list[Span] | None:
    """The spans of one tag per word, in the division of the text into words that has as many; None if none has."""
    for pattern in (re.compile(r"\S+"), _PUNCTUATED):
        words = [match.span() for match in pattern.finditer(text)]
        if len(words) == len(tags):
            return [_trimmed(text, words[a][0], words[b - 1][1], type_) for type_, a, b in chunks(tags)]
    return None


def _of_words(text: str, tags: Sequence[Tag | None]) -> Parsed | None:
    spans = spans_of_tags(text, tags)
    return None if spans is None else Parsed(sorted(set(spans)))


def _trimmed(text: str, start: int, end: int, type_: str) -> Span:
    """A span without the punctuation that stands at its word's ends where words are divided by white space alone.

    A full stop is kept unless it ends the text: it may belong to an abbreviation.
    """
    while start < end - 1 and text[start] in "\"'“‘«([{":
        start += 1
    marks = ",;:!?\"'”’»)]}" + ("." if not text[end:].strip() else "")
    while end - 1 > start and text[end - 1] in marks:
        end -= 1
    return Span(start, end, type_)


def _shown(tags: Sequence[Tag | None]) -> bool:
    outside = sum(tag is not None and tag.type is None for tag in tags)
    return len(tags) > 1 and (outside > 1 or any(tag is not None and tag.prefix for tag in tags))


def _lines(answer: str, read_type: Callable[[str], str | None]) -> Tokens | None:
    """One token a line."""
    found: Tokens = []
    lines = [line for line in re.split(r"[\r\n]+", answer) if line.strip() and not line.strip().startswith("```")]
    read = 0
    for line in lines:
        pair = _pair(line.strip(), read_type)
        if pair is not None:
            found.append(pair)
            read += 1
        elif found:
            found.append((line.strip(), None))
    return found if len(lines) > 1 and read >= READ * len(lines) else None


def _words(answer: str, read_type: Callable[[str], str | None]) -> Tokens | None:
    """One line of tags, or of tokens with a slash or bar before their tags."""
    words = [word for word in re.split(r"[\s,]+", answer.strip(" \t\r\n[](){}")) if word]
    tags = [tag_of(word, read_type) for word in words]
    if sum(tag is not None for tag in tags) >= READ * len(words) and len(words) > 1:
        return [(None, tag) for tag in tags]
    pairs = [_pair(word, read_type) for word in answer.split()]
    if len(pairs) > 1 and sum(pair is not None for pair in pairs) >= READ * len(pairs):
        return [pair or (word, None) for pair, word in zip(pairs, answer.split(), strict=True)]
    return None


def _pair(line: str, read_type: Callable[[str], str | None]) -> tuple[str, Tag] | None:
    """A token and its tag; None for anything else, and for the head of a list of entities ("PER: O")."""
    if len(line) > 200:
        return None
    for sign in reversed(list(_BETWEEN.finditer(line))):
        token, tag = line[: sign.start()].strip(), tag_of(line[sign.end() :], read_type)
        if token and tag is not None and read_type(token) is None:
            return token, tag
    return None


def _listed(answer: str, read_type: Callable[[str], str | None]) -> Tokens | None:
    """Tags, pairs or objects in a list."""
    begin = re.search(r"[\[(]", answer)
    if begin is None or answer[: begin.start()].count("\n") > 2:
        return None
    value, _ = Reader(answer).value(begin.start(), 0)
    items = list(_flat(value))
    if len(items) < 2 or any(isinstance(item, Object) and "score" in item.fields for item in items):
        return None  # the output of a pipeline, which has its own offsets
    found: Tokens = []
    for item in items:
        if isinstance(item, str):
            found.append((None, tag_of(item, read_type)))
        elif isinstance(item, Object):
            token = next((item.fields[key] for key in _TOKEN_KEYS if isinstance(item.fields.get(key), str)), None)
            tag = next((item.fields[key] for key in _TAG_KEYS if isinstance(item.fields.get(key), str)), None)
            found.append((token, tag_of(tag, read_type) if tag else None))
        else:
            token, tag = item
            found.append((token, tag_of(tag, read_type)))
    read = sum(tag is not None for _, tag in found)
    return found if read >= READ * len(found) and len({token is None for token, _ in found}) == 1 else None


def _flat(value: Any) -> Iterator[Any]:
    """The items of a list that may be tags, pairs of texts, or objects; nothing where it holds anything else."""
    items = value if isinstance(value, list) else []
    if len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    good = all(
        isinstance(item, str | Object)
        or (isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item))
        for item in items
    )
    yield from items if good else ()
