"""Rows of one model over all sections: unambiguous names, and p-values corrected over the tasks."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Section
from phingpt_bench.core.sentences import sentence
from phingpt_bench.stats.paired import holm

PREFIX = 7  # characters of a digest or commit that are shown


def with_details(sections: Sequence[Section]) -> list[Section]:
    """The sections with `details` filled in wherever two different models would have the same name.

    A detail (base, revision, dtype, adapter digest, recipe of several trainings, seed) is shown for all rows that look
    alike or for none, so a model has one name in all sections. A row of several seeds always says how many there are.
    """
    looks: dict[tuple[Any, ...], dict[tuple[Any, ...], Row]] = defaultdict(dict)
    for section in sections:
        for row in section.rows:
            looks[_look(row)].setdefault(row.identity, row)

    def detailed(row: Row) -> Row:
        return dataclasses.replace(row, details=_details(row, looks[_look(row)].values()))

    return [dataclasses.replace(section, rows=tuple(map(detailed, section.rows))) for section in sections]


def _look(row: Row) -> tuple[Any, ...]:
    return row.kind, row.name, row.adapter, row.variant, row.quantisation, row.served_by


def _details(row: Row, alike: Iterable[Row]) -> tuple[str, ...]:
    """This row's values of what differs among rows that look alike; unknown values are left out."""
    alike = [other for other in alike if bool(other.seeds) == bool(row.seeds)]
    parts = (
        ("base", lambda r: r.base),
        (
            "base_revision",
            lambda r: sentence("revision {id}", id=r.base_revision[:PREFIX]) if r.base_revision else None,
        ),
        ("compute_dtype", lambda r: r.compute_dtype),
        (
            "adapter_digest",
            lambda r: sentence("adapter {id}", id=r.adapter_digest[:PREFIX]) if r.adapter_digest else None,
        ),
        (
            "recipe_digest",
            lambda r: (
                sentence("recipe {id}", id=r.recipe_digest[:PREFIX])
                if r.recipe_digest and r.adapter_digest is None
                else None
            ),
        ),
        ("seed", lambda r: sentence("seed {n}", n=r.seed)),
    )
    details = (text(row) for field, text in parts if len({getattr(r, field) for r in alike}) > 1)
    seeds: tuple[str, ...] = ()
    if row.blocks:
        seeds = (sentence("{n} blocks of examples", n=row.blocks),)
    elif row.seeds:
        seeds = (sentence("{n} seeds", n=len(row.seeds)),)
    return (*(text for text in details if text), *seeds)


def corrected(sections: Sequence[Section]) -> list[Section]:
    """The sections with p_holm filled in: Holm's correction over the tasks of each model in one setting.

    Sections of whole splits are one family, those of each limit another: a trial run must not change a result.
    """
    places: dict[tuple[Any, ...], list[tuple[int, int, float]]] = defaultdict(list)
    for i, section in enumerate(sections):
        for j, row in enumerate(section.rows):
            if row.against_base is not None and row.against_base.p is not None:
                places[section.limit, row.identity].append((i, j, row.against_base.p))
    rows = [list(section.rows) for section in sections]
    for family in places.values():
        for (i, j, _), p in zip(family, holm([p for _, _, p in family]), strict=True):
            row = rows[i][j]
            if row.against_base is not None and p is not None:
                test = dataclasses.replace(row.against_base, p_holm=float(p))
                rows[i][j] = dataclasses.replace(row, against_base=test)
    return [dataclasses.replace(s, rows=tuple(r)) for s, r in zip(sections, rows, strict=True)]
