"""Entities marked with brackets in a copy of the text, as annotation tools and Markdown do.

[PER]Anna Lee[/PER] moved to [LOC]Leeds[/LOC]
[Anna Lee](PER) moved to [Leeds](LOC)               also [Anna Lee | PER], [PER: Anna Lee]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from phingpt_bench.scoring.entities import Parsed
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.tag_entities import read_tags
from phingpt_bench.scoring.type_names import type_reader

_SIGN = re.compile(r"\]\(|\[/|\[[^\[\]\n|:]{1,200}[|:]")
_PAIR = re.compile(r"\[(/?)([^\[\]\n|:]{1,40})\]")
_LINK = re.compile(r"\[([^\[\]\n|]{1,200})\]\(([^()\n]{1,40})\)")
_CELLS = re.compile(r"\[([^\[\]\n|:]{1,200})[|:]([^\[\]\n|:]{1,200})\]")


def read_brackets(answer: str, text: str, types: Sequence[str], rules: Rules = PLAIN) -> Parsed | None:
    """The spans of `text` that brackets mark; None for an answer that is not a whole copy of it with such marks."""
    if not _SIGN.search(answer):
        return None
    read_type = type_reader(tuple(types), rules.type_aliases)
    tagged = _tagged(answer, lambda name: read_type(name.strip()))
    if tagged == answer:
        return None
    found = read_tags(tagged, text, types, rules)
    return found if found.spans and all(problem.type is not None for problem in found.problems) else None


def _tagged(answer: str, type_of: Callable[[str], str | None]) -> str:
    """The answer with <TYPE>...</TYPE> in place of the brackets that name a type."""

    def link(match: re.Match[str]) -> str:
        return _tags(type_of(match[2]), match[1]) or match[0]

    def cells(match: re.Match[str]) -> str:
        return _tags(type_of(match[2]), match[1]) or _tags(type_of(match[1]), match[2]) or match[0]

    def pair(match: re.Match[str]) -> str:
        type_ = type_of(match[2])
        return f"<{match[1]}{type_}>" if type_ else match[0]

    answer = _CELLS.sub(cells, _LINK.sub(link, answer))
    return _PAIR.sub(pair, answer) if "[/" in answer else answer


def _tags(type_: str | None, name: str) -> str | None:
    return f"<{type_}>{name.strip()}</{type_}>" if type_ else None
