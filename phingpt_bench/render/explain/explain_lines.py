"""Lines and numbers of the explanation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from phingpt_bench.render.measures import method_text
from phingpt_bench.text.blocks import Block, Grid, Lines, Title
from phingpt_bench.text.language import say
from phingpt_bench.text.numbers import unknown_text

INDENT = 2
Line: TypeAlias = "str | Lines | Grid"


def part(title: str, lines: Iterable[Line]) -> list[Block]:
    """A part of the page: its title and its lines; [] where there are none."""
    blocks = [Lines([line], indent=INDENT, hang=2) if isinstance(line, str) else line for line in lines]
    return [Title(title), *blocks] if blocks else []


def below(line: str) -> Lines:
    """A line that belongs to the one before it."""
    return Lines([line], indent=2 * INDENT, hang=2)


def number(value: float | None, form: str = ".4f") -> str:
    """Four decimals, or N/A."""
    return unknown_text() if value is None else format(value, form)


def method_name(method: str | None) -> str:
    """An interval's or a test's method in words, with the name that records and code have for it."""
    words = say("t over rows and seeds") if method == "seeds" else method_text(method)
    return f"{words} ({method})"


def p_value(p: float | None) -> str:
    """Four decimals; in powers of ten where these would be 0."""
    return number(p) if p is None or p >= 0.00005 else f"{p:.1e}"
