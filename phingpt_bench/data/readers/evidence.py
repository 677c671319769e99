"""The pieces of a text that annotators marked as the reason of its label (rationales, snippets), as places in it."""

from __future__ import annotations

import ast
import re
from typing import Any

from phingpt_bench.core.errors import BenchError

_BARE = re.compile(r"\['(.*)'\]", re.DOTALL)  # FiQA does not escape apostrophes: ['on Britain's FTSE']


def marked(text: str, value: Any) -> list[list[int]]:
    """[start, end] by character offset, end exclusive, of each piece at its first occurrence in the text, in order.

    value: the pieces as a list, or a list as Python writes it, with or without escaped apostrophes. A piece that the
    text does not hold word for word has no place and is left out; without a value there is none. BenchError for what is
    no list of texts.
    """
    pieces = value or []
    if isinstance(pieces, str):
        try:
            pieces = ast.literal_eval(pieces)
        except (ValueError, SyntaxError):
            bare = _BARE.fullmatch(pieces)
            pieces = bare[1].split("', '") if bare else None
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise BenchError("marked pieces are not a list of texts: {value}", value=str(value)[:60])
    found = [(text.find(piece), len(piece)) for piece in pieces if piece]
    return sorted([start, start + length] for start, length in found if start >= 0)
