"""Text from files (names, answers, notes) made safe to show: it can neither move a cursor nor reverse a line."""

from __future__ import annotations

import functools
import re
import unicodedata

_BIDI_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BREAKS = ("Cc", "Zl", "Zp")  # categories: control characters, line and paragraph separators


@functools.lru_cache(maxsize=8192, typed=True)
def clean(text: object) -> str:
    """A text on one line, without control characters, direction overrides or lone surrogates.

    A text that holds right-to-left letters ends with a left-to-right mark, which has no width: otherwise a terminal
    that reorders text would move the numbers on its right to its left.
    """
    line = str(text)
    if line.isascii() and line.isprintable():
        return " ".join(line.split())
    line = _BIDI_CONTROLS.sub("", writable(line))
    line = " ".join("".join(" " if unicodedata.category(c) in _BREAKS else c for c in line).split())
    return line + "\u200e" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line) else line


def writable(text: str) -> str:
    """The text with question marks for lone surrogates (of damaged answers), which cannot be written to a file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters; one that is cut ends in "..."."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
