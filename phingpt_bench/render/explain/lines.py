"""Numbers of the explanation, and its lines folded to a width."""

from __future__ import annotations

import re
import textwrap

from phingpt_bench.render.board.legend import METHODS
from phingpt_bench.render.board.text import unknown
from phingpt_bench.text.language import say, spoken

LEAST = 40  # columns in which folded lines can be read


def number(value: float | None, form: str = ".4f") -> str:
    """Four decimals, or N/A."""
    return unknown() if value is None else format(value, form)


def method_name(method: str) -> str:
    """An interval's or a test's method in words, with the name that records and code have for it."""
    words = say("t over rows and seeds") if method == "seeds" else spoken(METHODS.get(method, method))
    return f"{words} ({method})"


def p_value(p: float | None) -> str:
    """Four decimals; in powers of ten where these would be 0."""
    return number(p) if p is None or p >= 0.00005 else f"{p:.1e}"


def folded(line: str, width: int) -> list[str]:
    """The line in lines of at most `width`, those that follow indented by two more."""
    if len(line) <= width or not line.strip():
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return _Wrapper(width, subsequent_indent=indent, break_on_hyphens=False).wrap(line)


class _Wrapper(textwrap.TextWrapper):
    """Breaks at white space and behind a slash, so that a path is broken between names."""

    wordsep_simple_re = re.compile(r"(\s+|(?<=/))")
