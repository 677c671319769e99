"""What the program says, in every language of the page, which can be switched when nothing can be said anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from phingpt_bench.text.language import LANGUAGES, speaking

Said = TypeVar("Said")


def in_all_languages(speak: Callable[[], Said]) -> dict[str, Said]:
    """What `speak` says in each language, by language."""
    said = {}
    for language in LANGUAGES:
        with speaking(language):
            said[language] = speak()
    return said
