"""The answer that a board gives, in sentences: which models are better than their base and the best floor, and where.

It only reads what the rows were tested for: nothing is compared again, and no model is singled out by its score.
"""

from __future__ import annotations

from collections.abc import Sequence

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.render.board import row_text
from phingpt_bench.render.board.overview import by_model, short_titles
from phingpt_bench.render.measures import higher_is_better, ledger_time, ledger_usd
from phingpt_bench.text.blocks import Block, Lines, Piece, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.money import rate_text
from phingpt_bench.text.numbers import score_text

MOST = 6  # models of which a line is drawn
NAMED = 6  # tasks that are named in a line


def answer_blocks(board: Board, *, full: bool = False) -> list[Block]:
    """A heading and a line for each tuned model, or for each base where none was tuned; [] where nothing is ranked.

    Those that beat their base and the best floor on most tasks come first. full: all models, not the first MOST.
    """
    sections = board.sections
    kinds = {row.kind for section in sections for row in section.rows}
    kind = next((kind for kind in ("tuned", "base") if kind in kinds), None)
    if kind is None:
        return []
    found = [cells for cells in by_model(sections) if next(iter(cells.values())).kind == kind]
    found.sort(key=lambda cells: _order([(sections[at], row) for at, row in cells.items()]))
    shown = found if full else found[:MOST]
    titles = short_titles(sections)
    lines = [
        (Piece(row_text.full_name(next(iter(cells.values()))), "strong"), Piece(f": {_said(sections, cells, titles)}"))
        for cells in shown
    ]
    blocks: list[Block] = [Title(say("Answer"), level=1), Lines(lines, mark="- ")]
    if more := len(found) - len(shown):
        blocks.append(Lines([say_n("{n} more model: --full", "{n} more models: --full", more)], "dim"))
    return blocks


def beats_base(section: Section, row: Row) -> bool | None:
    """Whether a row is significantly better than its base; None where it is not tested, or is not ranked."""
    test = row.against_base
    if test is None or test.value is None or row.exposed:
        return None
    return row.starred and (test.value > 0) == higher_is_better(section.metric)


def _worse(section: Section, row: Row) -> bool:
    test = row.against_base
    return (
        test is not None
        and test.significant
        and test.value is not None
        and (test.value > 0) != higher_is_better(section.metric)
        and not row.exposed
    )


def _beats_floor(row: Row) -> bool | None:
    return None if row.exposed else row.beats_floor


def _order(cells: Sequence[tuple[Section, Row]]) -> tuple[int, int, int]:
    both = sum(beats_base(*cell) is True and _beats_floor(cell[1]) is True for cell in cells)
    return -both, -sum(beats_base(*cell) is True for cell in cells), -sum(_beats_floor(row) is True for _, row in cells)


def _said(sections: Sequence[Section], cells: dict[int, Row], titles: Sequence[str]) -> str:
    found = [(sections[at], row, titles[at]) for at, row in cells.items()]
    row = found[0][1]
    parts = _one(*found[0][:2]) if len(sections) == 1 else _several(found)
    if row.training is not None and row.kind == "tuned":
        cost = say("training {usd}, {time}", usd=ledger_usd(row.training), time=ledger_time(row.training))
        parts.append(cost)
    return "; ".join(parts)


def _one(section: Section, row: Row) -> list[str]:
    """The score on one task, the gain, the floor and the price of answers."""
    parts = [say("{score} on {task}", score=score_text(row.score), task=clean(section.task))]
    better, floor = beats_base(section, row), _beats_floor(row)
    if row.exposed:
        parts.append(say("not ranked, because its training held many of the test rows"))
    elif better is not None:
        value, p = row_text.difference_text(row)
        values = {"difference": ", ".join(filter(None, (value.rstrip("*"), p)))}
        parts.append(
            say("better than its base ({difference})", **values)
            if better
            else say("worse than its base ({difference})", **values)
            if _worse(section, row)
            else say("no demonstrated gain over its base ({difference})", **values)
        )
        if row.label_prior is not None and better:
            parts.append(say("{prior} of it is the label prior", prior=f"{row.label_prior:+.3f}"))
    if floor is not None and section.floor is not None:
        name = clean(section.floor)
        parts.append(
            say("better than the best floor, {name}", name=name)
            if floor
            else say("not shown to be better than the best floor, {name}", name=name)
        )
    if row.usd_per_1000 is not None:
        parts.append(say("{rate} for 1,000 documents", rate=rate_text(row.usd_per_1000)))
    return parts


def _several(found: Sequence[tuple[Section, Row, str]]) -> list[str]:
    """On how many tasks a model was better than its base, worse, and better than the best floor."""
    tested = [(beats_base(section, row), _worse(section, row)) for section, row, _ in found]
    parts = []
    if n := sum(better is not None for better, _ in tested):
        k, worse = sum(better is True for better, _ in tested), sum(bad for _, bad in tested)
        parts.append(
            say_n("better than its base on {k} of {n} task", "better than its base on {k} of {n} tasks", n, k=k)
        )
        if worse:
            parts.append(say("worse on {k}", k=worse))
    floors = [(row, title) for _, row, title in found if _beats_floor(row) is not None]
    if floors:
        wins = [title for row, title in floors if _beats_floor(row)]
        named = ", ".join(wins[:NAMED]) + (", ..." if len(wins) > NAMED else "")
        text = say_n(
            "better than the best floor on {k} of {n} task",
            "better than the best floor on {k} of {n} tasks",
            len(floors), k=len(wins),
        )  # fmt: skip
        parts.append(f"{text} ({named})" if wins else text)
    if remembered := sum(row.exposed for _, row, _ in found):
        parts.append(say_n(
            "not ranked on {n} task, whose test rows its training held",
            "not ranked on {n} tasks, whose test rows its training held", remembered,
        ))  # fmt: skip
    return parts or [say_n("not tested on {n} task", "not tested on {n} tasks", len(found))]
