"""Text from files (names, answers, notes) made safe to show: it can neither move a cursor nor reverse a line."""

from __future__ import annotations

import functools
import re
import unicodedata

_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# what moves a cursor, turns a line around or is no character; not the left-to-right mark that `clean` adds itself
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
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


def screened(text: str) -> str:
    """A text in lines without what a terminal would obey: its line ends and blanks stay, control characters are blanks.

    The last barrier before a terminal, for whatever was not cleaned where it came from.
    """
    if not _UNSAFE.search(text):
        return text
    return _BIDI_CONTROLS.sub("", _CONTROLS.sub(" ", writable(text)))


def writable(text: str) -> str:
    """The text with question marks for lone surrogates (of damaged answers), which cannot be written to a file."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shortened(text: str, most: int) -> str:
    """A text of at most `most` characters; one that is cut ends in "..."."""
    return text if len(text) <= most else f"{text[: most - 3]}..."
