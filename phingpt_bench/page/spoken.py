"""Texts in every language of the page, since its reader switches languages without the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from phingpt_bench.page.document import STATIC
from phingpt_bench.page.script import counted, said
from phingpt_bench.render.measures import PHASES
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import ENGLISH, LANGUAGES, catalogue, speaking, spoken, translated

Said = TypeVar("Said")


def in_all_languages(speak: Callable[[], Said]) -> dict[str, Said]:
    """What `speak` says in each language, by language."""
    texts = {}
    for language in LANGUAGES:
        with speaking(language):
            texts[language] = speak()
    return texts


def in_each_language(text: str) -> dict[str, str]:
    """A sentence of ours, or a text from a file, in each language, without control characters."""
    return in_all_languages(lambda: clean(spoken(text)))


def script_words() -> dict[str, dict[str, str | list[str]]]:
    """What the scripts say, by language other than English and by the English text."""
    return {name: _words(name) for name in LANGUAGES if name != ENGLISH}


def _words(language: str) -> dict[str, str | list[str]]:
    """Texts of the scripts, titles of metrics and phases of ledgers, by the English text.

    Of texts with a number, by the text for one: the forms for one and for any other number.
    """
    texts = (*said(STATIC / "js"), *(metric.title for metric in METRICS.values()), *PHASES)
    words: dict[str, str | list[str]] = {
        text: there for text in texts if (there := translated(text, language)) is not None
    }
    for one, many in counted(STATIC / "js"):
        words[one] = [catalogue(language).ngettext(one, many, n) for n in (1, 2)]
    return words
