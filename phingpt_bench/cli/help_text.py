"""Help in the width of the terminal: below 80 columns usage, prose and examples are folded, and no option is cut."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from typing import Any

from phingpt_bench.text.language import say

FULL = 80  # columns from which help is drawn as it is written
SIDE = 60  # columns from which explanations are next to their options, below them otherwise
LEAST = 30  # narrower terminals get lines of this length
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_PARTS = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\([^()]*\)|\S+")  # of a usage: what stays together if it fits
_PAIRS = re.compile(r"""-\S+ [^-\s]\S*|(?:"[^"]*"|'[^']*'|\S)+""")  # of an example: an option with its value
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")  # between an example and what it does


def columns() -> int:
    """The columns that help may fill: those of the terminal (or $COLUMNS), at most FULL and at least LEAST."""
    return max(min(shutil.get_terminal_size().columns, FULL), LEAST)


class Helper(argparse.RawDescriptionHelpFormatter):
    """Help in the language in force, with the examples as they are where they fit."""

    def __init__(self, prog: str, **options: Any):
        self.room = columns()
        if self.room < FULL:
            options["width"] = self.room
            options["max_help_position"] = 24 if self.room >= SIDE else 6
        super().__init__(prog, **options)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and say(action.help)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return super()._fill_text(text, width, indent) if self.room >= FULL else refolded(text, self.room)

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        if self.room >= FULL:
            return text
        lines = (fit(line, self.room, more=_indent(line) + 6) for line in _COLOUR.sub("", text).split("\n"))
        return "\n".join(part for parts in lines for part in parts)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if self.room >= FULL else list(fit(" ".join(text.split()), width))

    def _format_usage(self, *args: Any, **named: Any) -> str:
        if self.room >= FULL:
            return super()._format_usage(*args, **named)
        width, self._width = self._width, 1_000_000  # one line, which is folded here
        try:
            text = _COLOUR.sub("", super()._format_usage(*args, **named))
        finally:
            self._width = width
        line, end = text.rstrip("\n"), text[len(text.rstrip("\n")) :]
        at = line.find(self._prog) + len(self._prog)
        return "\n".join(_usage_lines(line[:at], line[at:], self.room)) + end


def refolded(text: str, width: int) -> str:
    """Prose and examples, written for FULL columns, in lines of `width`; as they are from FULL on.

    Lines that begin with blanks are examples: those that are too long go on after a backslash, and what they do is
    below them.
    """
    if width >= FULL:
        return text
    lines: list[str] = []
    prose: list[str] = []
    for line in [*re.sub(r" \\\n +", " ", text).split("\n"), ""]:
        if line and not line.startswith(" "):
            prose.append(line)
            if not line.endswith(":"):
                continue
        if prose:
            lines += fit(" ".join(prose), width)
            prose = []
        if line.startswith(" "):
            lines += _example(line, width)
        elif not line:
            lines.append("")
    return "\n".join(lines[:-1])


def fit(text: str, width: int, more: int = 0) -> Iterator[str]:
    """A text in lines of at most `width`: broken at blanks, and longer words after a comma, a slash and the like.

    more: blanks before the lines after the first.
    """
    if len(text) <= width:
        yield text
        return
    line, start = " " * _indent(text), True
    for word in text.split():
        joined = line + ("" if start else " ") + word
        if len(joined) > width and not start:
            yield line
            line, start = " " * more, True
            joined = line + word
        *full, line = _cut(joined, width, more)
        yield from full
        start = False
    yield line


def _cut(word: str, width: int, more: int) -> Iterator[str]:
    """One word, after its indentation, in lines: broken after one of , | / = where there is one, else anywhere."""
    while len(word) > width:
        signs = [found.end() for found in re.finditer(r"[,|/=]", word[:width])]
        at = signs[-1] if signs and signs[-1] > _indent(word) + 2 else width
        yield word[:at]
        word = " " * more + word[at:]
    yield word


def _usage_lines(head: str, rest: str, width: int) -> Iterator[str]:
    """A usage: the command, then its arguments, as many in a line as fit."""
    line = head
    for part in _PARTS.findall(rest):
        if len(line) + 1 + len(part) > width:
            yield from fit(line, width, more=8)
            line = "   "
        line += " " + part
    yield from fit(line, width, more=8)


def _example(line: str, width: int) -> Iterator[str]:
    """A command, and below it what it does: an option stays with its value, and no word is cut."""
    if len(line) <= width:
        yield line
        return
    command, *about = _GAP.split(line, maxsplit=1)
    row = " " * _indent(command)
    for part in _PAIRS.findall(command):
        if row.strip() and len(row) + 1 + len(part) + len(" \\") > width:
            yield row + " \\"
            row = " " * 6 + part
        else:
            row += " " * bool(row.strip()) + part
    yield row
    for text in about:
        yield from fit(" " * 6 + text, width, more=6)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
