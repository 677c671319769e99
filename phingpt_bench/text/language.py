"""What people read, in their language: English sentences in the code are the keys of the translations.

A translation is a line in text/words/<language>/<room>.yaml, English: translated. A sentence that has none stays
English; `tests/text/test_language.py` holds that none is missing, that none is left over, and that the {values} agree.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.yamlfile import load_fast

VARIABLE = "PHINGPT_BENCH_LANG"
ENGLISH = "en"
LANGUAGES = (ENGLISH, "es")
WORDS = Path(__file__).resolve().parent / "words"

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def say(sentence: str, /, **values: object) -> str:
    """The sentence in the language in force, with its {values} filled in by str.format."""
    words = translations(_language.get()).get(sentence, sentence)
    return words.format(**values) if values else words


class Sentence(str):
    """An English sentence with its values filled in, which `spoken` says again in the language in force.

    For what is worked out long before anybody reads it, such as the warnings of a board's rows: in every other respect
    it is the English text.
    """

    key: str
    values: dict[str, object]


def sentence(english: str, /, **values: object) -> Sentence:
    """The English sentence, with its {values} filled in by str.format, to be said later by `spoken`."""
    told = Sentence(english.format(**values) if values else english)
    told.key, told.values = english, values
    return told


def spoken(text: str) -> str:
    """A `Sentence` in the language in force; any other text by its translation, or as it is where it has none."""
    if not isinstance(text, Sentence):
        return say(text)
    values = {name: spoken(part) if isinstance(part, Sentence) else part for name, part in text.values.items()}
    return say(text.key, **values)


def count(number: int, sign: str = "") -> str:
    """A whole number as the language in force writes it: 41,000, but 41000 in Spanish, where a comma is decimal."""
    return format(number, f"{sign}," if _language.get() == ENGLISH else sign)


@contextlib.contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within the block `say` speaks this language; BenchError for one that is not in LANGUAGES."""
    token = _language.set(known(language))
    try:
        yield
    finally:
        _language.reset(token)


def current() -> str:
    """The language in force: "en" outside `speaking`."""
    return _language.get()


def preferred() -> str:
    """The user's: $PHINGPT_BENCH_LANG, else that of the locale where it is one of LANGUAGES, else English.

    The locale is the first of LC_ALL, LC_MESSAGES and LANG that is set. BenchError for a variable of our own that names
    another language; a locale may name any.
    """
    if own := os.environ.get(VARIABLE):
        return known(own.lower()[:2], where=VARIABLE)
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return locale[:2] if locale[:2] in LANGUAGES else ENGLISH


def known(language: str, where: str | None = None) -> str:
    """The language itself; BenchError where it is not one of LANGUAGES."""
    if language not in LANGUAGES:
        raise BenchError(f"no language '{language}'", where=where, hint=f"known: {', '.join(LANGUAGES)}")
    return language


@functools.cache
def translations(language: str) -> Mapping[str, str]:
    """Every English sentence that has a translation, with it; empty for English."""
    found: dict[str, str] = {}
    for path in sorted((WORDS / language).glob("*.yaml")):
        found |= load_fast(path) or {}
    return found
