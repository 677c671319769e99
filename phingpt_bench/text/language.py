"""What people read, in their language: the English texts in the code are the keys of gettext catalogues.

The catalogues are locale/<language>/LC_MESSAGES/phingpt_bench.po, compiled to .mo by `make messages`; a language is
known when it has a folder there. A text without a translation stays English. docs/translating.md says how to add one.
"""

from __future__ import annotations

import functools
import gettext
import os
from contextlib import AbstractContextManager
from contextvars import ContextVar
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.core.within import value_within

VARIABLE = "PHINGPT_BENCH_LANG"
ENGLISH = "en"
DOMAIN = "phingpt_bench"
LOCALE = Path(__file__).resolve().parent / "locale"
LANGUAGES = (ENGLISH, *sorted(folder.name for folder in LOCALE.iterdir() if (folder / "LC_MESSAGES").is_dir()))
DECIMAL_COMMA = frozenset({"es"})  # languages whose decimal sign is a comma, which therefore never groups digits

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def say(english: str, /, **values: object) -> str:
    """The text in the language in force, with its {values} filled in by str.format; see `sentence`."""
    words = _gettext(english)
    return words.format(**_said(values)) if values else words


def say_n(one: str, many: str, n: int, /, **values: object) -> str:
    """The text for a number of things in the language in force, whose own rule says which form a number takes."""
    words = catalogue(_language.get()).ngettext(one, many, n)
    return words.format(**_said({"n": n, **values}))


def spoken(text: str) -> str:
    """A `Sentence` in the language in force; any other text by its translation, or as it is where it has none."""
    if not isinstance(text, Sentence):
        return say(text)
    if text.plural is None:
        return say(text.key, **text.values)
    number = text.values["n"]
    assert isinstance(number, int)
    return say_n(text.key, text.plural, number, **text.values)


def count(number: int, sign: str = "") -> str:
    """A whole number as the language in force writes it: 41,000, but 41000 in Spanish, where a comma is decimal."""
    return format(number, sign if decimal_comma() else f"{sign},")


def decimal_comma() -> bool:
    """Whether the decimal sign of the language in force is a comma: only tables and figures for papers write it."""
    return _language.get() in DECIMAL_COMMA


def speaking(language: str) -> AbstractContextManager[None]:
    """Within the block `say` answers in this language; BenchError for one that is not in LANGUAGES.

    A thread that is started within the block does not inherit it: it enters a block of its own with `current()`.
    """
    return value_within(_language, known(language))


def current() -> str:
    """The language in force: "en" outside `speaking`."""
    return _language.get()


def preferred() -> str:
    """The user's: $PHINGPT_BENCH_LANG, otherwise that of the locale where it is one of LANGUAGES, else English.

    The locale is the first of LC_ALL, LC_MESSAGES and LANG that is set. BenchError for a variable of our own that names
    another language; a locale may name any.
    """
    if own := os.environ.get(VARIABLE):
        return known(own.lower()[:2], where=VARIABLE)
    locale = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return locale[:2] if locale[:2] in LANGUAGES else ENGLISH


def known(language: str, where: str | None = None) -> str:
    """The language itself; BenchError if it is not one of LANGUAGES."""
    if language not in LANGUAGES:
        hint = sentence("known: {names}", names=", ".join(LANGUAGES))
        raise BenchError("no language '{name}'", where=where, hint=hint, name=language)
    return language


@functools.cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The compiled catalogue of a language; one that translates nothing for English."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [language])


def translated(english: str, language: str) -> str | None:
    """The translation of a text, with its values still in braces; None if the language has none."""
    words = catalogue(language).gettext(english)
    return None if words == english else words


def _gettext(english: str) -> str:
    """Gettext keeps the head of a catalogue under the empty text, which is nothing that anyone says."""
    return catalogue(_language.get()).gettext(english) if english else ""


def _said(values: dict[str, object]) -> dict[str, object]:
    return {name: spoken(value) if isinstance(value, Sentence) else value for name, value in values.items()}
