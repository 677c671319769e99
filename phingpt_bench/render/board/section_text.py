"""What stands over and under a table of the board, the same in every form, in the language in force."""

from __future__ import annotations

from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board.row_text import floor_mark
from phingpt_bench.render.measures import metric_name
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n


def quantisation_of(section: Section) -> str | None:
    """The quantisation that all models of a section share, to be said once; None if they do not, or have none."""
    found = {row.quantisation for row in section.rows if row.kind in ("base", "tuned")}
    return found.pop() if len(found) == 1 else None


def section_title(section: Section) -> str:
    """Task and metric of a section."""
    return f"{clean(section.task)}: {metric_name(section.metric)}"


def section_about(section: Section) -> str:
    """Rows, protocol, language and licence of a section's data, and the quantisation that its models share."""
    parts = [say_n("{n:,} row of {protocol}", "{n:,} rows of {protocol}", section.n, protocol=clean(section.protocol))]
    parts += [clean(part) for part in (", ".join(section.languages), section.licence) if part]
    shared = quantisation_of(section)
    return ", ".join(parts) + (say("; models in {quantisation}", quantisation=clean(shared)) if shared else "")


def limited_note(section: Section) -> str:
    """Why the rows of a limited section are not ranked."""
    return say_n(
        "Limited to {n:,} row, not comparable with whole runs and not ranked",
        "Limited to {n:,} rows, not comparable with whole runs and not ranked",
        section.limit or 0,
    )


def hidden_line(section: Section) -> str:
    """How many rows of a section the filters took away."""
    return say_n(
        "{n} more row is hidden by filters; ranks and tests were made with it",
        "{n} more rows are hidden by filters; ranks and tests were made with them",
        section.hidden,
    )


def nothing(board: Board) -> str:
    """Why a board has no table."""
    if board.hidden:
        return say("No row is left: the filters hide all of it.")
    return say("No runs to show: only check rows (oracle, null, echo) were found. --checks shows them.")


def floor_line(section: Section) -> str | None:
    """Which floor the rows marked ! do not beat; None if no row has the mark."""
    if section.floor is None or not any(floor_mark(row) == "!" for row in section.rows):
        return None
    return say("not shown to be better than {name}, the best floor", name=clean(section.floor))
