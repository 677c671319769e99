"""Blocks as LaTeX: a booktabs table for each grid, under the title of its section, with its notes below.

phingpt-bench leaderboard --format latex --output board.tex && pdflatex board.tex

Works with pdfLaTeX, XeLaTeX and LuaLaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

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
from phingpt_bench.text.latex_columns import Width, column_kinds, head_lines
from phingpt_bench.text.latex_text import escape

MOST = 25  # rows in one table, so that it fits on a page
PACKAGES = ("array", "booktabs", "graphicx", "tabularx")
PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[margin=20mm,landscape]{geometry}
\usepackage{array,booktabs,graphicx,tabularx,float}
\floatplacement{table}{H}
\begin{document}
"""
MINUS = re.compile(r"-(?=\d)")  # in a cell of numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """How tables are set in the user's paper. caption and label: LaTeX, as the user wrote it.

    width: "column" for one of two columns, "page" for a table across both (which in one column is the whole width);
    None: as wide as a line. A table that needs more than it has there is made smaller as a whole.
    """

    width: Width = None
    caption: str | None = None
    """The caption of the table, or of the first of several."""

    label: str | None = None
    """The label of the first table; later tables have their number after it."""

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

    The title of a section is the caption of its tables; lines under it, or after a grid, are notes of the table.
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
        kinds, least = column_kinds(grid, paper.width)
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


def _head(column: Column) -> str:
    lines = head_lines(column)
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
    """A text with addresses and paths in it, which may break after a slash."""
    return escape(text).replace("/", r"/\allowbreak{}")


def _verbatim(picture: Picture) -> str:
    """Lines as they are; the environment's end cannot be among them."""
    lines = [line.replace(r"\end{verbatim}", r"\end {verbatim}") for line in picture.lines]
    return "\n".join([r"\begin{verbatim}", *lines, r"\end{verbatim}"])
