"""Blocks as LaTeX: a booktabs table for each grid, under the title of its section, with its notes below.

phingpt-bench leaderboard --format latex --output board.tex && pdflatex board.tex

Works with pdfLaTeX, XeLaTeX and LuaLaTeX. Characters that the default fonts lack (Hebrew, Chinese, emoji) are written
as their code points, U+05D0: a name is never lost, and a document always compiles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from phingpt_bench.text.blocks import (
    Across,
    Block,
    Cell,
    Column,
    Grid,
    Item,
    Legend,
    Lines,
    Picture,
    Piece,
    Title,
    plain,
)
from phingpt_bench.text.clean import clean

TALL = 9  # characters in a line of a head that may have several
MOST = 25  # rows in one table, so that it fits on a page
NAME = 20  # characters of a text that folds, which it has where a table is made smaller to fit
# em of \footnotesize: a character, wide ones among them; the gap of two columns
CHARACTER, GAP = 0.55, 1.0
# in one line of the narrowest usual paper: a column of article's two, its only one, A4 across
ROOM = {"column": 26.9, "page": 40.5, None: 86.0}
PACKAGES = ("array", "booktabs", "graphicx", "tabularx")
PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[margin=20mm,landscape]{geometry}
\usepackage{array,booktabs,graphicx,tabularx,float}
\floatplacement{table}{H}
\begin{document}
"""
SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\ensuremath{\$}", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "`": r"\`{}",
    "~": r"\ensuremath{\sim}", "^": r"\^{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "*": "{*}",  # behind a line's end they would be its arguments
}  # fmt: skip
LIGATURE = re.compile(r"([-,'])(?=\1)")
MINUS = re.compile(r"-(?=\d)")  # in a cell of numbers
LATIN = re.compile("[\u00a1\u00bf\u00c0-\u00cf\u00d1-\u00d6\u00d8-\u00dd\u00df-\u00ef\u00f1-\u00f6\u00f8-\u00fd\u00ff]")
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """How tables are set in the user's paper. caption and label: LaTeX, as the user wrote it.

    width: "column" for one of two columns, "page" for a table across both (which in one column is the whole width);
    None: as wide as a line. A table that needs more than it has there is made smaller as a whole.
    """

    width: Literal["column", "page"] | None = None
    caption: str | None = None
    """Of the table; of several the first."""

    label: str | None = None
    """Of the first table; that of another has its number behind it."""

    decimal_comma: bool = False
    """Whether numbers have a decimal comma; then a semicolon stands between the ends of an interval."""


def latex(blocks: Sequence[Block], *, document: bool = True, paper: Paper | None = None) -> str:
    r"""The blocks as LaTeX, newline at the end.

    document: a whole one; else the tables alone, to be read by \input into a document that loads PACKAGES.
    paper: how the tables are set there.
    """
    page = _Page(paper or Paper())
    for block, following in zip_longest(blocks, blocks[1:]):
        page.add(block, heads_a_grid=isinstance(following, Grid))
    page.end_table()
    body = "\n\n".join(page.parts) + "\n"
    if document:
        return f"{PREAMBLE}{body}\\end{{document}}\n"
    packages = ",".join(PACKAGES)
    return f"% \\usepackage[T1]{{fontenc}} \\usepackage{{{packages}}}\n{body}"


class _Page:
    """What was written so far, and the table that still gathers its notes.

    The title of a section is the caption of its tables; lines under it, or behind a grid, are notes of the table.
    """

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.tables = 0
        self.parts: list[str] = []
        self.section = self.caption = ""
        self.notes: list[str] = []
        self.grid: Grid | None = None

    def add(self, block: Block, *, heads_a_grid: bool) -> None:
        """One block more. heads_a_grid: the next one is a grid."""
        if isinstance(block, Title):
            self._title(block, heads_a_grid)
        elif isinstance(block, Lines):
            self.notes += [("" if block.mark == "- " else block.mark) + plain(line) for line in block.lines]
        elif isinstance(block, Item):
            self.notes += [block.head, *(": ".join(filter(None, text)) for text in block.texts)]
        elif isinstance(block, Grid):
            if self.grid is not None:
                self.end_table()
            self.grid = block
        else:
            self.end_table()
            self.parts.append(_description(block) if isinstance(block, Legend) else _verbatim(block))

    def _title(self, title: Title, heads_a_grid: bool) -> None:
        text = ": ".join(filter(None, (title.text, title.rest)))
        if title.level < 3:
            self.end_table()
            self.section, self.caption = text, ". ".join(filter(None, (text, title.about)))
        elif heads_a_grid:
            self.end_table()
            self.caption = f"{self.section}. {text}"
        else:
            self.notes.append(text)

    def end_table(self) -> None:
        """Write the table that has its notes now; the notes alone where there is no table."""
        if self.grid is not None:
            self.parts += self._tables(self.grid)
        elif self.notes:
            self.parts.append("\n\n".join(map(escape, self.notes)))
        self.grid, self.notes = None, []

    def _tables(self, grid: Grid) -> list[str]:
        """A grid in tables of at most MOST rows, the notes below the last of them."""
        parts = [grid.rows[i : i + MOST] for i in range(0, len(grid.rows), MOST)] or [[]]
        return [self._table(grid, part, self.notes if part is parts[-1] else ()) for part in parts]

    def _table(self, grid: Grid, rows: Sequence[Sequence[Cell] | Across], notes: Iterable[str]) -> str:
        """One table, its cells escaped here. notes: a line each, below."""
        paper, first = self.paper, self.tables == 0
        self.tables += 1
        caption = paper.caption if first and paper.caption is not None else escape(self.caption)
        label = None if paper.label is None else paper.label if first else f"{paper.label}-{self.tables}"
        kinds, least = _form(grid, paper)
        opened, width, closed = "", r"\linewidth", ""
        if least is not None:  # TeX looks whether the room is enough
            widened = rf"\dimen0=\linewidth\ifdim\dimen0<{least:.1f}em\dimen0={least:.1f}em\fi"
            opened, width, closed = rf"\resizebox{{\linewidth}}{{!}}{{{widened}%" + "\n", r"\dimen0", "}"
        name = "table*" if paper.width == "page" else "table"
        lines = [
            rf"\begin{{{name}}}",
            rf"\centering\footnotesize\setlength{{\tabcolsep}}{{{3 if paper.width == 'column' else 4}pt}}",
            rf"\caption{{{caption}}}",
            *([] if label is None else [rf"\label{{{label}}}"]),
            rf"{opened}\begin{{tabularx}}{{{width}}}{{{''.join(kinds)}}}",
            r"\toprule",
            " & ".join(map(_head, grid.columns)) + r" \\",
            r"\midrule",
            *(_row(row, grid, paper) + r" \\" for row in rows),
            r"\bottomrule",
            rf"\end{{tabularx}}{closed}",
            *(rf"\par\smallskip\raggedright {escape(note)}" for note in notes),
            rf"\end{{{name}}}",
        ]
        return "\n".join(lines)


def escape(text: str) -> str:
    """A text on one line in which nothing is a command or a ligature; see above for characters that fonts lack."""
    escaped = "".join(map(_escaped, unicodedata.normalize("NFC", clean(text))))
    return LIGATURE.sub(r"\1{}", escaped)


def _escaped(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii() or LATIN.match(character):
        return character
    parts = unicodedata.normalize("NFD", character)
    letter, mark = parts[0], parts[1:]
    if letter.isascii() and letter.isalpha() and mark in ACCENTS:
        return f"\\{ACCENTS[mark]}{{{letter}}}"
    if unicodedata.category(character) == "Cf":  # marks of direction: no width, nothing to see is lost
        return ""
    return f"U+{ord(character):04X}"


def _form(grid: Grid, paper: Paper) -> tuple[list[str], float | None]:
    """The columns' kinds, and the em that the table needs at least, if that may be more than the paper has.

    Columns that fold, or else the first one not aligned on the right, share the room that the others leave.
    """
    folding = [at for at, column in enumerate(grid.columns) if column.fold and not column.right] or [
        next((at for at, column in enumerate(grid.columns) if not column.right), 0)
    ]
    kinds: list[str] = []
    least: dict[int, int] = {}  # characters
    usual: dict[int, int] = {}
    for at, column in enumerate(grid.columns):
        texts = [_text(row[at]) for row in grid.rows if not isinstance(row, Across)]
        longest = max(map(len, [*texts, *_head_lines(column)]), default=0)
        if at in folding:
            pieces = [piece for text in (*texts, column.head) for piece in re.split(r"(?<=[ -])", text)]
            least[at] = max(len(piece.rstrip()) for piece in pieces) + 2  # the indent of further lines
            usual[at] = max(least[at], min(longest, NAME))
        else:
            least[at] = usual[at] = longest
        kinds.append("" if at in folding else "r" if column.right else "l")
    for at in folding:
        share = len(folding) * usual[at] / sum(usual[other] for other in folding)
        size = "" if len(folding) == 1 else rf"\hsize={share:.3f}\hsize"
        kinds[at] = rf">{{{size}\raggedright\arraybackslash\hangindent1em}}X"
    needed = _em(least if len(folding) == 1 else usual)
    return kinds, _em(usual) if needed > ROOM[paper.width] else None


def _em(characters: Mapping[int, int]) -> float:
    """The width of a table with these characters in its columns, in em."""
    return sum(characters.values()) * CHARACTER + len(characters) * GAP


def _text(cell: Cell) -> str:
    return cell if isinstance(cell, str) else "".join(piece.text for piece in cell)


def _head_lines(column: Column) -> list[str]:
    """The head of a column; a tall one in lines of at most TALL characters, broken at blanks and behind _ and -."""
    if not column.tall:
        return [" ".join(column.head.split())]
    lines: list[str] = []
    for words in column.head.split("\n"):
        lines.append("")
        for part in re.findall(r" ?[^ _-]+[_-]*| ?[_-]+", words):
            if lines[-1] and len(lines[-1] + part) > TALL:
                lines.append(part.lstrip())
            else:
                lines[-1] += part
    return lines


def _head(column: Column) -> str:
    lines = _head_lines(column)
    text = r" \\ ".join(map(escape, lines))
    return rf"\shortstack[r]{{{text}}}" if len(lines) > 1 else text


def _row(row: Sequence[Cell] | Across, grid: Grid, paper: Paper) -> str:
    if isinstance(row, Across):
        return rf"\multicolumn{{{len(grid.columns)}}}{{l}}{{\textit{{{escape(row.text)}}}}}"
    return " & ".join(_cell(cell, paper, number=column.right) for cell, column in zip(row, grid.columns, strict=True))


def _cell(cell: Cell, paper: Paper, *, number: bool) -> str:
    """The cell, what is strong in it in bold; number: with the signs of mathematics, and the decimal sign asked for."""
    pieces = [Piece(cell)] if isinstance(cell, str) else list(cell)
    found: list[str] = []
    for text, role in pieces:
        shown = escape(_with_comma(text) if number and paper.decimal_comma else text)
        shown = f" {shown}" if found and text.startswith(" ") else shown
        if number:
            shown = MINUS.sub(r"\\ensuremath{-}", shown).replace(r"\textless{}=", r"\ensuremath{\leq}")
        found.append(rf"\textbf{{{shown}}}" if role == "strong" and shown else shown)
    return "".join(found)


def _with_comma(text: str) -> str:
    """[0.832, 0.872] as [0,832; 0,872], 0.5 as 0,5."""
    return re.sub(r"(?<=\d)\.(?=\d)", ",", text.replace(", ", "; "))


def _description(legend: Legend) -> str:
    lines = [rf"\item[{{{escape(mark)}}}] {_long(text)}" for mark, text in legend.entries]
    return "\n".join([r"\begin{description}\footnotesize\setlength{\itemsep}{0pt}", *lines, r"\end{description}"])


def _long(text: str) -> str:
    """A text with addresses and paths in it, which may break behind a slash."""
    return escape(text).replace("/", r"/\allowbreak{}")


def _verbatim(picture: Picture) -> str:
    """Lines as they are; the environment's end cannot be among them."""
    lines = [line.replace(r"\end{verbatim}", r"\end {verbatim}") for line in picture.lines]
    return "\n".join([r"\begin{verbatim}", *lines, r"\end{verbatim}"])
