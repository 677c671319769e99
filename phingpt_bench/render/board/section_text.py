"""The lines above and below a table of the board, the same in every format, in the language in force."""

from __future__ import annotations

from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board.row_text import floor_mark
from phingpt_bench.render.measures import metric_name
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.numbers import score_text


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
    licence = say("licence unknown") if section.licence == "unknown" else section.licence  # as `init task` writes it
    parts += [clean(part) for part in (", ".join(section.languages), licence) if part]
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


def unknown_line(section: Section) -> str | None:
    """The bases whose training data are not declared, where their rows do not say so themselves."""
    names = dict.fromkeys(clean(row.name) for row in section.rows if row.base_unknown)
    return say("training data unknown: {names}", names=", ".join(names)) if names else None


def published_line(section: Section) -> str:
    """How many results were published, and the best of those on the same rows and in the same metric."""
    same = [row for row in section.published if row.comparison.same_rows and row.comparison.same_metric]
    number = say_n("{n} published result", "{n} published results", len(section.published))
    if not same:
        return say("{number}, none of them on these rows and in this metric: --published top", number=number)
    best = same[0]  # they are sorted
    return say(
        "{number}, the best on these rows and in this metric {model} with {score}: --published top",
        number=number, model=clean(best.model), score=score_text(best.metrics[section.metric].value),
    )  # fmt: skip
