"""Texts in every language of the page, since its reader switches languages without the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import LANGUAGES, speaking, spoken

Said = TypeVar("Said")


def in_all_languages(speak: Callable[[], Said]) -> dict[str, Said]:
    """What `speak` says in each language, by language."""
    said = {}
    for language in LANGUAGES:
        with speaking(language):
            said[language] = speak()
    return said


def in_each_language(text: str) -> dict[str, str]:
    """A sentence of ours, or a text from a file, in each language, without control characters."""
    return in_all_languages(lambda: clean(spoken(text)))
