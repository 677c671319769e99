"""Blocks as LaTeX: a booktabs table for each grid, under the title of its section, with what is said of it below.

phingpt-bench leaderboard --format latex --output board.tex && pdflatex board.tex

Works with pdfLaTeX, XeLaTeX and LuaLaTeX. Characters that the default fonts lack (Hebrew, Chinese, emoji) are written
as their code points, U+05D0: a name is never lost, and a document always compiles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from phingpt_bench.text.blocks import Across, Block, Cell, Grid, Item, Legend, Lines, Picture, Title, plain
from phingpt_bench.text.clean import clean

MOST = 25  # rows in one table, so that it fits on a page
PACKAGES = ("array", "booktabs", "tabularx")
PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage[margin=20mm,landscape]{geometry}
\usepackage{array,booktabs,tabularx,float}
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
LATIN = re.compile("[\u00a1\u00bf\u00c0-\u00cf\u00d1-\u00d6\u00d8-\u00dd\u00df-\u00ef\u00f1-\u00f6\u00f8-\u00fd\u00ff]")
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip


def latex(blocks: Sequence[Block], *, document: bool = True) -> str:
    r"""The blocks as LaTeX, newline at the end.

    document: a whole one; else the tables alone, to be read by \input into a document that loads PACKAGES.
    """
    page = _Page()
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

    def __init__(self) -> None:
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
            self.parts += _tables(self.caption, self.grid, self.notes)
        elif self.notes:
            self.parts.append("\n\n".join(map(escape, self.notes)))
        self.grid, self.notes = None, []


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


def _tables(caption: str, grid: Grid, notes: Sequence[str]) -> list[str]:
    """A grid in tables of at most MOST rows, the notes below the last of them."""
    parts = [grid.rows[i : i + MOST] for i in range(0, len(grid.rows), MOST)] or [[]]
    return [_table(caption, grid, part, notes if part is parts[-1] else ()) for part in parts]


def _table(caption: str, grid: Grid, rows: Sequence[Sequence[Cell] | Across], notes: Iterable[str]) -> str:
    """One table, its cells escaped here. The first column that is not aligned on the right takes the room that is left.

    notes: a line each, below.
    """
    wide = next((at for at, column in enumerate(grid.columns) if not column.right), 0)
    kinds = [
        r">{\raggedright\arraybackslash}X" if at == wide else "r" if column.right else "l"
        for at, column in enumerate(grid.columns)
    ]
    lines = [
        r"\begin{table}",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape(caption)}}}",
        rf"\begin{{tabularx}}{{\linewidth}}{{{''.join(kinds)}}}",
        r"\toprule",
        " & ".join(escape(column.head) for column in grid.columns) + r" \\",
        r"\midrule",
        *(_row(row, len(kinds)) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabularx}",
        *(rf"\par\smallskip\raggedright {escape(note)}" for note in notes),
        r"\end{table}",
    ]
    return "\n".join(lines)


def _row(row: Sequence[Cell] | Across, columns: int) -> str:
    if isinstance(row, Across):
        return rf"\multicolumn{{{columns}}}{{l}}{{\textit{{{escape(row.text)}}}}}"
    return " & ".join(escape(plain(cell)) for cell in row)


def _description(legend: Legend) -> str:
    lines = [rf"\item[{{{escape(mark)}}}] {escape(text)}" for mark, text in legend.entries]
    return "\n".join([r"\begin{description}\footnotesize\setlength{\itemsep}{0pt}", *lines, r"\end{description}"])


def _verbatim(picture: Picture) -> str:
    """Lines as they are; the environment's end cannot stand among them."""
    lines = [line.replace(r"\end{verbatim}", r"\end {verbatim}") for line in picture.lines]
    return "\n".join([r"\begin{verbatim}", *lines, r"\end{verbatim}"])
