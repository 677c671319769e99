r"""One piece of an answer line: escapes of a surface, and the mark that says which of its occurrences are meant.

A surface that holds `;`, a backslash or a line break writes them `\;`, `\\`, `\n`, `\r`, white space at its ends
has a backslash before it, and so has the @ of a surface that ends like an occurrence mark. Nothing else is escaped, so
ordinary names are written unchanged.
"""

from __future__ import annotations

import re

NONE = "none"

_PIECE = re.compile(r"(?:[^;\\]|\\.?)+", re.DOTALL)
_ESCAPE = re.compile(r"\\([\\;nr@]|\s)")
_MARK = re.compile(r" @(\d+(?:,\d+)*)\s*\Z")
_ESCAPED = {"n": "\n", "r": "\r"}


def split_pieces(line: str) -> list[str]:
    """The pieces between the semicolons that are not escaped, blank ones left out."""
    return [piece for piece in _PIECE.findall(line) if piece.strip()]


def split_mark(written: str) -> tuple[str, tuple[int, ...]]:
    """(a surface as written, the numbers of its occurrence mark)."""
    mark = _MARK.search(written)
    if mark is None:
        return written, ()
    # a number of more digits than any text has occurrences is as wrong as one that is merely too large
    return written[: mark.start()], tuple(dict.fromkeys(int(number[:9]) for number in mark[1].split(",")))


def escape(surface: str) -> str:
    """A surface as it is written in a piece."""
    surface = surface.replace("\\", "\\\\").replace(";", "\\;").replace("\n", "\\n").replace("\r", "\\r")
    surface = _MARK.sub(lambda match: " \\" + match[0][1:], surface)
    return re.sub(r"\A\s|\s\Z", lambda match: "\\" + match[0], surface)


def unescape(written: str) -> str:
    """What `escape` made it from, outer white space removed; a backslash before another character stays."""
    written = written.lstrip()
    bare = written.rstrip()
    if (len(bare) - len(bare.rstrip("\\"))) % 2:  # the last backslash belongs to the white space after it
        bare = written[: len(bare) + 1]
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), bare)
