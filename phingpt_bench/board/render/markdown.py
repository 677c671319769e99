"""The board as markdown: an overview, a table per task, published rows with their sources, the legend."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from phingpt_bench.board.published.rows import PublishedRow, Source
from phingpt_bench.board.render import costs
from phingpt_bench.board.render import text as words
from phingpt_bench.board.render.legend import legend
from phingpt_bench.board.render.overview import by_model, short_titles
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.language import say

COLUMNS = (
    "#", "model", "setting", "score", "95% CI", "vs base", "p", "unreadable", "train rows in test", "training", "USD",
    "evaluation", "USD",
)  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#!&$])")


def markdown(board: Board) -> str:
    """The board as one markdown text, newline at the end."""
    parts = ["# Leaderboard"]
    if len(board.sections) > 1:
        parts.append(_overview(board.sections))
    for section in (*board.sections, *board.limited):
        parts += _section(section)
    if not board.sections and not board.limited:
        parts.append("No runs to show.")
    parts.append("\n".join(f"- {escape(line)}" for line in legend(board)))
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


def _overview(sections: Sequence[Section]) -> str:
    head = [f"{t} ({words.metric_name(s.metric)})" for t, s in zip(short_titles(sections), sections, strict=True)]
    rows = []
    for cells in by_model(sections):
        first = next(iter(cells.values()))
        scores = [
            words.score_text(cells[i].score) + words.marks(cells[i]) if i in cells else "" for i in range(len(sections))
        ]
        rows.append([words.display_name(first) + words.after_name(first), *scores])
    return table(["model", *head], rows, range(1, len(head) + 1))


def _section(section: Section) -> list[str]:
    parts = [f"## {escape(words.section_title(section))}"]
    if section.synthetic:
        parts.append(f"**{escape(words.SYNTHETIC)}.**")
    if section.limit is not None:
        parts.append(escape(words.limited_note(section)[:1].upper() + words.limited_note(section)[1:]) + ".")
    parts.append(table(COLUMNS, map(_cells, section.rows), (0, *range(3, len(COLUMNS)))))
    parts += [f"{escape(note[:1].upper() + note[1:])}." for note in section.notes]
    if section.payback is not None and (told := costs.payback_lines(section.payback)):
        head, *lines = told
        parts += [f"{escape(head)}:", "\n".join(f"- {escape(line)}" for line in lines)]
    if section.published:
        parts += _published(section.published, section.metric)
    return parts


def _cells(row: Row) -> list[str]:
    value, p = words.difference_text(row)
    name = words.display_name(row) + (f" ({row.kind})" if row.kind in ("floor", "check") else "")
    warnings = "".join(f" (! {warning})" for warning in row.warnings)
    return [
        words.rank_text(row), name + warnings, words.setting(row),
        words.score_text(row.score) + words.floor_mark(row),
        words.interval_text(row.interval), value, p.removeprefix("p=").removeprefix("p"),
        words.UNKNOWN if row.invalid_share is None else words.percent(row.invalid_share),
        words.exposure_text(row),
        *words.training_texts(row), words.time_text(row.evaluation), words.money_text(row.evaluation),
    ]  # fmt: skip


def _published(rows: Sequence[PublishedRow], metric: str) -> list[str]:
    parts = []
    for comparison in dict.fromkeys(row.comparison for row in rows):
        parts.append(f"**Published, unranked:** {escape(comparison.note)}.")
        group = [row for row in rows if row.comparison == comparison]
        head = (
            "model", "size", "method", "shots", "score", "training cost", say("GPU-hour assumed"), say(costs.ON_CARD),
            say(costs.EACH), "source", "note",
        )  # fmt: skip
        parts.append(table(head, [_published_cells(row, metric) for row in group], (1, 3, 4, 6, 7, 8)))
    sources = dict.fromkeys(row.metrics[metric].source for row in rows)
    parts.append("\n".join(f"- {escape(source.key)}: {escape(source_text(source))}" for source in sources))
    return parts


def _published_cells(row: PublishedRow, metric: str) -> list[str]:
    cost = words.UNKNOWN
    if row.cost is not None:
        cost = words.published_cost(row.cost)
        cost = f"{cost} ({words.published_cost_note(row.cost)})"
    kind = words.evidence_text(row.evidence)
    evidence = f" ({kind})" if kind else ""
    shots = "" if row.shots is None else str(row.shots)
    return [
        row.model, words.size_text(row.size_b), row.method, shots, words.score_text(row.metrics[metric].value), cost,
        costs.assumed_text(row.cost) or words.UNKNOWN, costs.cell(row, costs.ON_CARD), costs.cell(row, costs.EACH),
        row.metrics[metric].source.key + evidence, row.note or "",
    ]  # fmt: skip


def source_text(source: Source) -> str:
    """Title, arXiv number, table, repository, path and commit, as far as they are known."""
    place = ", ".join(part for part in (source.repository, source.path) if part)
    parts = [
        source.title,
        f"arXiv {source.arxiv}" if source.arxiv else None,
        source.table,
        f"{place} at {source.commit[:12]}" if place and source.commit else place or None,
    ]
    return "; ".join(part for part in parts if part)
