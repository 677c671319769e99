"""A part of a board: rows are filtered and sorted after everything was computed on all of them.

Ranks, tests, Holm's correction, floors and the Pareto front are those of the whole board, so that no choice of rows
makes a result look better. Sections and the board say how many rows are hidden.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from phingpt_bench.board.licences import licence_of
from phingpt_bench.board.names import KINDS, SORTS
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.chosen import ALL, Chosen
from phingpt_bench.text.numbers import rounded_parameters

COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": math.isclose,
}  # fmt: skip
UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A condition on the rounded number of parameters, such as "<1B"; 134,515,008 parameters are 135M."""

    sign: str
    parameters: float

    def holds(self, parameters: float | None) -> bool:
        """False if the size is unknown. parameters: rounded as by `rounded_parameters`."""
        return parameters is not None and COMPARE[self.sign](parameters, self.parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is shown. An empty condition lets everything pass; of several values in one condition, any may match.

    protocols: ids.
    languages: codes of the rows' languages.
    licences, model_licences: parts of the licence of the data and of the base, ignoring case; an unknown licence does
        not pass.
    kinds: members of KINDS.
    sizes: conditions that must all hold.
    runs: by tag and day.
    Floors have no size and no licence, and serve runs of any day: only `kinds` hides them.
    BenchError with the nearest name for an unknown kind or sort order.
    """

    protocols: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    model_licences: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    runs: Chosen = ALL
    sort: str = "score"

    def __post_init__(self) -> None:
        _known(sentence("kind"), self.kinds, KINDS, "--kind")
        _known(sentence("sort"), (self.sort,), SORTS, "--sort")


def size(text: str) -> Size:
    """The condition in "<1B", ">=350M" or "7B" (the same as "=7B"); BenchError for anything else."""
    found = re.fullmatch(r"\s*(<=|>=|<|>|=|)\s*(\d+(?:\.\d+)?)\s*([kmb]?)\s*", text.lower())
    if found is None:
        raise BenchError(
            "'{text}' is not a size", where="--size", hint="such as '<1B', '>=350M' or 7B, in quotes", text=text
        )
    sign, number, unit = found.groups()
    return Size(sign=sign or "=", parameters=float(number) * UNITS[unit])


def filtered(board: Board, wanted: Filter) -> Board:
    """The board with the rows and sections that `wanted` lets through, its sections' rows sorted.

    BenchError with the nearest name for an unknown protocol, language or tag.
    """
    sections = (*board.sections, *board.limited)
    _known(sentence("protocol"), wanted.protocols, {section.protocol for section in sections}, "--protocol")
    _known(
        sentence("language"),
        wanted.languages,
        {code for section in sections for code in section.languages},
        "--language",
    )
    tags = {tag for section in sections for row in section.rows for tag in row.tags}
    if tags.isdisjoint(wanted.runs.tags):  # of several, some may be of runs that others replace
        _known(sentence("tag"), wanted.runs.tags, tags, "--tag")
    kept = [_section(section, wanted) for section in sections if _wanted(section, wanted)]
    kept = [section for section in kept if section.rows or section.published]
    return dataclasses.replace(
        board,
        sections=tuple(section for section in kept if section.limit is None),
        limited=tuple(section for section in kept if section.limit is not None),
        hidden=board.hidden + len(sections) - len(kept),
    )


def _known(kind: str, names: Iterable[str], choices: Collection[str], where: str) -> None:
    for name in names:
        if name not in choices:
            raise unknown(kind, name, choices, where=where)


def _wanted(section: Section, wanted: Filter) -> bool:
    return (
        (not wanted.protocols or section.protocol in wanted.protocols)
        and (not wanted.languages or bool(set(section.languages) & set(wanted.languages)))
        and _named(section.licence, wanted.licences)
        and (wanted.runs.is_empty or any(row.kind in ("base", "tuned") and _meant(row, wanted) for row in section.rows))
    )


def _meant(row: Row, wanted: Filter) -> bool:
    return wanted.runs.holds(row.created, row.tags)


def _named(licence: str | None, parts: Collection[str]) -> bool:
    return not parts or (licence is not None and any(part.casefold() in licence.casefold() for part in parts))


def _section(section: Section, wanted: Filter) -> Section:
    rows = [row for row in section.rows if _shown(row, wanted)]
    published = tuple(row for row in section.published if _shown_published(row, wanted))
    of_row = None if section.payback is None else section.payback.run_id
    return dataclasses.replace(
        section,
        rows=tuple(_sorted(rows, wanted.sort)),
        published=published,
        payback=section.payback if any(row.run_id == of_row for row in rows) else None,
        hidden=section.hidden + len(section.rows) - len(rows),
    )


def _shown(row: Row, wanted: Filter) -> bool:
    if wanted.kinds and row.kind not in wanted.kinds:
        return False
    if row.kind in NO_MODELS:
        return True
    parameters = None if row.parameters is None else rounded_parameters(row.parameters)
    return (
        _meant(row, wanted)
        and all(size.holds(parameters) for size in wanted.sizes)
        and _named(licence_of(row.base or row.name), wanted.model_licences)
    )


def _shown_published(row: PublishedRow, wanted: Filter) -> bool:
    parameters = None if row.size_b is None else 1e9 * row.size_b
    return (
        (not wanted.kinds or "published" in wanted.kinds)
        and all(size.holds(parameters) for size in wanted.sizes)
        and _named(licence_of(row.base or row.model), wanted.model_licences)
    )


def _sorted(rows: list[Row], by: str) -> list[Row]:
    """By score the order stays. Rows with an unknown value come last; equal rows keep their order."""
    if by == "score":
        return rows
    if by == "date":  # the newest first
        return sorted(rows, key=lambda row: row.created, reverse=True)
    keys: dict[str, Callable[[Row], Any]] = {
        "name": lambda row: (row.name.casefold(), (row.adapter or "").casefold(), row.shots),
        "cost": lambda row: math.inf if row.usd_per_1000 is None else row.usd_per_1000,
        "size": lambda row: math.inf if row.parameters is None else row.parameters,
    }
    return sorted(rows, key=keys[by])
