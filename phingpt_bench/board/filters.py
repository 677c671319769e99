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
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
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
    Floors have no size and no licence: only `kinds` hides them.
    """

    protocols: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    model_licences: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    sort: str = "score"


def size(text: str) -> Size:
    """The condition in "<1B", ">=350M" or "7B" (the same as "=7B"); BenchError for anything else."""
    found = re.fullmatch(r"\s*(<=|>=|<|>|=|)\s*(\d+(?:\.\d+)?)\s*([kmb]?)\s*", text.lower())
    if found is None:
        raise BenchError(
            sentence("'{text}' is not a size", text=text),
            where="--size",
            hint=sentence("such as '<1B', '>=350M' or 7B, in quotes"),
        )
    sign, number, unit = found.groups()
    return Size(sign=sign or "=", parameters=float(number) * UNITS[unit])


def filtered(board: Board, wanted: Filter) -> Board:
    """The board with the rows and sections that `wanted` lets through, its sections' rows sorted.

    BenchError with the nearest name for an unknown protocol, language, kind or sort order.
    """
    sections = (*board.sections, *board.limited)
    _known(sentence("protocol"), wanted.protocols, {section.protocol for section in sections}, "--protocol")
    _known(
        sentence("language"),
        wanted.languages,
        {code for section in sections for code in section.languages},
        "--language",
    )
    _known(sentence("kind"), wanted.kinds, KINDS, "--kind")
    _known(sentence("sort"), (wanted.sort,), SORTS, "--sort")
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
    )


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
    if row.kind in ("floor", "check"):
        return True
    parameters = None if row.parameters is None else rounded_parameters(row.parameters)
    return all(size.holds(parameters) for size in wanted.sizes) and _named(
        licence_of(row.base or row.name), wanted.model_licences
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
