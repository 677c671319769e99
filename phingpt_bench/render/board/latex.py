"""The board as LaTeX: a booktabs table per task with its notes, as a document of its own or as tables to \\input.

phingpt-bench leaderboard --format latex --output board.tex && pdflatex board.tex

Works with pdfLaTeX, XeLaTeX and LuaLaTeX. Characters that the default fonts lack (Hebrew, Chinese, emoji) are written
as their code points, U+05D0: a name is never lost, and a document always compiles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.render.board import costs, papers, row_text, section_text
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.columns import PRINTED, Column, columns_of
from phingpt_bench.render.board.legend import entries
from phingpt_bench.render.board.markdown import source_text
from phingpt_bench.render.board.overview import FEW, by_model, full_name, grid, short_titles
from phingpt_bench.text.language import say, spoken

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


def latex(board: Board, columns: Sequence[str] = (), *, document: bool = True) -> str:
    """The board as LaTeX, newline at the end. columns: as in `terminal.draw`.

    document: a whole one; else the tables alone, to be read by \\input into a document that loads PACKAGES.
    """
    parts = []
    if len(board.sections) > 1:
        parts.append(_overview(board.sections))
    for section in (*board.sections, *board.limited):
        parts += _section(section, columns)
    if not board.sections and not board.limited:
        parts.append(escape(section_text.nothing(board)))
    parts.append(_legend(board, columns or PRINTED))
    body = "\n\n".join(parts) + "\n"
    if document:
        return f"{PREAMBLE}{body}\\end{{document}}\n"
    packages = ",".join(PACKAGES)
    return f"% \\usepackage[T1]{{fontenc}} \\usepackage{{{packages}}}\n{body}"


def escape(text: str) -> str:
    """A text on one line in which nothing is a command or a ligature; see above for characters that fonts lack."""
    escaped = "".join(map(_escaped, unicodedata.normalize("NFC", words.clean(text))))
    return LIGATURE.sub(r"\1{}", escaped)


def _escaped(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii() or LATIN.match(character):
        return character
    letter, *marks = unicodedata.normalize("NFD", character)
    if letter.isascii() and letter.isalpha() and len(marks) == 1 and marks[0] in ACCENTS:
        return f"\\{ACCENTS[marks[0]]}{{{letter}}}"
    if unicodedata.category(character) == "Cf":  # marks of direction: no width, nothing to see is lost
        return ""
    return f"U+{ord(character):04X}"


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int], notes: Iterable[str] = ()
) -> str:
    """One table, its cells escaped here. left: places of left-aligned columns, of which the first takes the room that
    is left. notes: a line each, below."""
    wide = left[0] if left else 0
    kinds = [r">{\raggedright\arraybackslash}X" if i == wide else "l" if i in left else "r" for i in range(len(head))]
    lines = [
        r"\begin{table}",
        r"\centering\footnotesize\setlength{\tabcolsep}{4pt}",
        rf"\caption{{{escape(caption)}}}",
        rf"\begin{{tabularx}}{{\linewidth}}{{{''.join(kinds)}}}",
        r"\toprule",
        " & ".join(map(escape, head)) + r" \\",
        r"\midrule",
        *(" & ".join(map(escape, row)) + r" \\" for row in rows),
        r"\bottomrule",
        r"\end{tabularx}",
        *(rf"\par\smallskip\raggedright {escape(note)}" for note in notes),
        r"\end{table}",
    ]
    return "\n".join(lines)


def _overview(sections: Sequence[Section]) -> str:
    """As in markdown: lettered models across where there are many tasks."""
    if len(sections) > FEW:
        found = grid(sections)
        rows = [[line.title, line.metric, *map(_score, line.rows), _score(line.floor)] for line in found.lines]
        notes = [f"{letter}: {name}" for letter, name in found.names.items()]
        return _table(say("All tasks"), [say("task"), say("metric"), *found.names, say("floor")], rows, (0, 1), notes)
    head = [f"{t} ({words.metric_name(s.metric)})" for t, s in zip(short_titles(sections), sections, strict=True)]
    models = [[full_name(cells), *(_score(cells.get(i)) for i in range(len(sections)))] for cells in by_model(sections)]
    return _table(say("All tasks"), [say("model"), *head], models, (0,))


def _score(row: Row | None) -> str:
    return "" if row is None else words.score_text(row.score) + row_text.marks(row)


def _section(section: Section, names: Sequence[str]) -> list[str]:
    columns = columns_of(section, names, PRINTED)
    left = [i for i, column in enumerate(columns) if column.left]
    notes = [words.synthetic()] if section.synthetic else []
    notes += [section_text.limited_note(section)] if section.limit is not None else []
    notes += [f"! {line}" for line in filter(None, [section_text.floor_line(section)])]
    notes += [f"! {spoken(note.text)}" for note in section.notes]
    notes += [section_text.hidden_line(section)] if section.hidden else []
    notes += costs.payback_lines(section.payback) if section.payback is not None else []
    caption = f"{section_text.section_title(section)}. {section_text.section_about(section)}"
    rows = [_cells(row, columns) for row in section.rows]
    head = [column.title for column in columns]
    *parts, last = [rows[i : i + MOST] for i in range(0, len(rows), MOST)] or [[]]
    tables = [_table(caption, head, part, left) for part in parts] + [_table(caption, head, last, left, notes)]
    return [*tables, *_published(section)]


def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
    """The cells of a row; its warnings stand behind the name."""
    names = [column.name for column in columns]
    warnings = "".join(f" ({row_text.note_text(note)})" for note in row_text.row_notes(row, names))
    return [column.cell(row) + (warnings if column.name == "model" else "") for column in columns]


def _published(section: Section) -> list[str]:
    """Tables for each way of being comparable, with the sources below."""
    tables = []
    for comparison in dict.fromkeys(row.comparison for row in section.published):
        group = [row for row in section.published if row.comparison == comparison]
        how = spoken(comparison.note)
        caption = f"{words.clean(section.task)}. " + say("published, unranked{kind}: {how}", kind="", how=how)
        head = [say("model"), say("size"), say("method"), say("score"), say("training")]
        head += [say(costs.ON_CARD), say(costs.EACH), say("source")]
        rows = [_published_cells(row, section.metric) for row in group]
        tables += [_table(caption, head, rows[i : i + MOST], (0, 2, 7)) for i in range(0, len(rows), MOST)]
        sources = dict.fromkeys(row.metrics[section.metric].source for row in group)
        tables.append(_paragraph(f"{source.key}: {source_text(source)}" for source in sources))
    return tables


def _paragraph(lines: Iterable[str]) -> str:
    """Small lines below a table, outside of it: they may be many, and a table has to fit on a page."""
    return "\n".join(
        [r"{\footnotesize\raggedright\setlength{\parindent}{0pt}", *(rf"{escape(line)}\par" for line in lines), "}"]
    )


def _published_cells(row: PublishedRow, metric: str) -> list[str]:
    kind = papers.evidence_text(row.evidence)
    shots = f", k={row.shots}" if row.shots else ""
    return [
        row.model, papers.size_text(row.size_b), row.method + shots, words.score_text(row.metrics[metric].value),
        papers.published_cost(row.cost), costs.cell(row, costs.ON_CARD), costs.cell(row, costs.EACH),
        row.metrics[metric].source.key + (f" ({kind})" if kind else ""),
    ]  # fmt: skip


def _legend(board: Board, columns: Sequence[str]) -> str:
    lines = [rf"\item[{{{escape(entry.mark)}}}] {escape(entry.text)}" for entry in entries(board, columns)]
    return "\n".join([r"\begin{description}\footnotesize\setlength{\itemsep}{0pt}", *lines, r"\end{description}"])
