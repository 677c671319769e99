"""The board as markdown: an overview, a table per task, published rows with their sources, the legend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from phingpt_bench.board.published.rows import PublishedRow, Source
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.render.board import costs, papers, row_text, section_text
from phingpt_bench.render.board import text as words
from phingpt_bench.render.board.columns import WIDE, Column, columns_of
from phingpt_bench.render.board.legend import entries
from phingpt_bench.render.board.overview import FEW, by_model, full_name, grid, short_titles
from phingpt_bench.text.language import say, spoken

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#!&$])")


def markdown(board: Board, columns: Sequence[str] = ()) -> str:
    """The board as one markdown text, newline at the end. columns: as in `terminal.draw`."""
    parts = [f"# {say('Leaderboard')}"]
    if len(board.sections) > 1:
        parts += _overview(board.sections)
    for section in (*board.sections, *board.limited):
        parts += _section(section, columns)
    if not board.sections and not board.limited:
        parts.append(escape(section_text.nothing(board)))
    parts.append(
        "\n".join(f"- **{escape(entry.mark)}** {escape(entry.text)}" for entry in entries(board, columns or WIDE))
    )
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """A text on one line in which nothing is markup: specials get a backslash."""
    return _SPECIAL.sub(r"\\\1", words.clean(text))


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """A pipe table; every cell is escaped here. `right`: places of right-aligned columns."""
    right = set(right)
    rule = ["---:" if i in right else "---" for i in range(len(head))]
    lines = [[escape(cell) for cell in head], rule, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _overview(sections: Sequence[Section]) -> list[str]:
    if len(sections) > FEW:
        return _tasks_down(sections)
    head = [f"{t} ({words.metric_name(s.metric)})" for t, s in zip(short_titles(sections), sections, strict=True)]
    rows = [[full_name(cells), *(_score(cells.get(i)) for i in range(len(sections)))] for cells in by_model(sections)]
    return [table([say("model"), *head], rows, range(1, len(head) + 1))]


def _tasks_down(sections: Sequence[Section]) -> list[str]:
    found = grid(sections)
    names = "\n".join(f"- **{letter}** {escape(name)}" for letter, name in found.names.items())
    rows = [[line.title, line.metric, *map(_score, line.rows), _score(line.floor)] for line in found.lines]
    head = [say("task"), say("metric"), *found.names, say("floor")]
    return [names, table(head, rows, range(2, len(head)))]


def _score(row: Row | None) -> str:
    return "" if row is None else words.score_text(row.score) + row_text.marks(row)


def _section(section: Section, names: Sequence[str]) -> list[str]:
    parts = [f"## {escape(section_text.section_title(section))}", escape(section_text.section_about(section)) + "."]
    if section.synthetic:
        parts.append(f"**{escape(words.synthetic())}.**")
    if section.limit is not None:
        parts.append(escape(_sentence(section_text.limited_note(section))))
    columns = columns_of(section, names, WIDE)
    right = [i for i, column in enumerate(columns) if not column.left]
    parts.append(table([column.title for column in columns], (_cells(row, columns) for row in section.rows), right))
    if line := section_text.floor_line(section):
        parts.append(escape(f"! {line}."))
    parts += [escape(_sentence(spoken(note.text))) for note in section.notes]
    if section.hidden:
        parts.append(escape(_sentence(section_text.hidden_line(section))))
    if section.payback is not None and (told := costs.payback_lines(section.payback)):
        head, *lines = told
        parts += [f"{escape(head)}:", "\n".join(f"- {escape(line)}" for line in lines)]
    if section.published:
        parts += _published(section.published, section.metric)
    return parts


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _cells(row: Row, columns: Sequence[Column]) -> list[str]:
    """The cells of a row; its warnings stand behind the name."""
    names = [column.name for column in columns]
    notes = [note for note in row_text.row_notes(row, names) if note.level == "warning"]
    warnings = "".join(f" ({row_text.note_text(note)})" for note in notes)
    return [column.cell(row) + (warnings if column.name == "model" else "") for column in columns]


def _published(rows: Sequence[PublishedRow], metric: str) -> list[str]:
    parts = []
    for comparison in dict.fromkeys(row.comparison for row in rows):
        parts.append(f"**{say('Published, unranked')}:** {escape(spoken(comparison.note))}.")
        group = [row for row in rows if row.comparison == comparison]
        head = [say("model"), say("size"), say("method"), say("shots"), say("score"), say("training cost")]
        head += [say("GPU-hour assumed"), say(costs.ON_CARD), say(costs.EACH), say("source"), say("note")]
        parts.append(table(head, [_published_cells(row, metric) for row in group], (1, 3, 4, 6, 7, 8)))
    sources = dict.fromkeys(row.metrics[metric].source for row in rows)
    parts.append("\n".join(f"- {escape(source.key)}: {escape(source_text(source))}" for source in sources))
    return parts


def _published_cells(row: PublishedRow, metric: str) -> list[str]:
    cost = words.unknown()
    if row.cost is not None:
        cost = papers.published_cost(row.cost)
        cost = f"{cost} ({papers.published_cost_note(row.cost)})"
    kind = papers.evidence_text(row.evidence)
    evidence = f" ({kind})" if kind else ""
    shots = "" if row.shots is None else str(row.shots)
    return [
        row.model, papers.size_text(row.size_b), row.method, shots, words.score_text(row.metrics[metric].value), cost,
        costs.assumed_text(row.cost) or words.unknown(), costs.cell(row, costs.ON_CARD), costs.cell(row, costs.EACH),
        row.metrics[metric].source.key + evidence, spoken(row.note or ""),
    ]  # fmt: skip


def source_text(source: Source) -> str:
    """Title, arXiv number, table, repository, path and commit, as far as they are known."""
    place = ", ".join(part for part in (source.repository, source.path) if part)
    parts = [
        source.title,
        f"arXiv {source.arxiv}" if source.arxiv else None,
        source.table,
        say("{place} at {commit}", place=place, commit=source.commit[:12])
        if place and source.commit
        else place or None,
    ]
    return "; ".join(part for part in parts if part)
