"""Exposure: the test rows of a task of which there is a copy in the training data of a model or of its base."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import KINDS, Compared, Declared, Exposure, exposure
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.sentences import sentence_n
from phingpt_bench.data import training_sets
from phingpt_bench.data.copies.gate import Found, Gate
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Said:
    """The declared training data of a model, and what was found in them."""

    declared: Declared
    found: Found
    compared: Compared
    looked_for: Sequence[str]


class Exposures:
    """The exposures of a command's runs. The test rows of all tasks are indexed once, at the first call."""

    def __init__(self, known: Tasks, tasks: Mapping[str, TaskFacts], trained_on: Mapping[str, Sequence[str]]) -> None:
        """tasks: the evaluated tasks. trained_on: the training data of each base, as for `training_sets.read`."""
        self._known, self._tasks, self._trained_on = known, tasks, trained_on
        self._searched: dict[str, Found] = {}
        self._bases: dict[str, _Said | None] = {}
        self._declared: dict[tuple[str, ...], _Said] = {}  # by what adapters from elsewhere were trained on

    def of_floor(self, task: TaskFacts, limit: int | None, *, reads: bool) -> Exposure:
        """The exposure of a baseline fitted to a task. reads: whether it learns from texts, or from labels only."""
        rows = _training_rows(task) if reads else []
        found = self._search(rows)[task.dataset.name]
        return exposure(found, task.ids[:limit], _texts(rows, task, limit))

    def of_base(self, model: str, task: TaskFacts, limit: int | None) -> Exposure | None:
        """The exposure of a base by its name in a suite; None if its training data are not declared."""
        base = self._base(model)
        if base is None:
            return None
        return exposure(
            base.found[task.dataset.name], task.ids[:limit],
            Compared(by=base.compared.by, training_rows=base.compared.training_rows, test_rows=len(task.ids[:limit])),
            base=base.declared, looked_for=base.looked_for,
        )  # fmt: skip

    def of_adapter(
        self, row_ids: Mapping[str, Sequence[str]], model: str, task: TaskFacts, limit: int | None
    ) -> Exposure:
        """The exposure of an adapter that was trained on the rows `row_ids` of tasks, including that of its base.

        The texts of the training rows are read again from the tasks. If that is not possible, because a dataset is not
        available or no longer has the rows, only equal row ids are counted. An adapter without known training rows
        gives zeros.
        """
        base = self._base(model)
        beneath = {} if base is None else base.found[task.dataset.name]
        declared = None if base is None else base.declared
        try:
            rows = [row for name, ids in row_ids.items() for row in _chosen(self._known[name], set(ids))]
        except BenchError as err:
            seen = {row for ids in row_ids.values() for row in ids}
            equal = {row: "exact" for row in task.ids if row in seen}
            compared = Compared(by="ids", why=err.message)
            return exposure(_closest(equal, beneath), task.ids[:limit], compared, base=declared, looked_for=KINDS[:1])
        found = self._search(rows)[task.dataset.name]
        return exposure(_closest(found, beneath), task.ids[:limit], _texts(rows, task, limit), base=declared)

    def of_elsewhere(
        self, trained_on: Sequence[str] | None, model: str, task: TaskFacts, limit: int | None
    ) -> Exposure | None:
        """The exposure of an adapter from elsewhere, declared as trained on `trained_on`, and of its base.

        None, which means unknown, if they are not declared: those of the base alone would look like all.
        """
        if trained_on is None:
            return None
        said = tuple(trained_on)
        if said not in self._declared:
            self._declared[said] = self._search_declared(said, None)
        own, base = self._declared[said], self._base(model)
        found, looked_for = own.found[task.dataset.name], own.looked_for
        if base is not None:
            found = _closest(found, base.found[task.dataset.name])
            looked_for = [kind for kind in looked_for if kind in base.looked_for]
        compared = Compared(
            by=own.compared.by, training_rows=own.compared.training_rows, test_rows=len(task.ids[:limit])
        )
        return exposure(
            found, task.ids[:limit], compared, base=None if base is None else base.declared, adapter=own.declared,
            looked_for=looked_for,
        )  # fmt: skip

    @functools.cached_property
    def _gate(self) -> Gate:
        return Gate({facts.dataset.name: _splits(facts) for facts in self._tasks.values()})

    def _search(self, rows: Rows) -> Found:
        """The copies of training rows, cached: floors of a task share the same rows."""
        key = digest([row["id"] for row in rows])
        if key not in self._searched:
            self._searched[key] = self._gate.search(rows)
        return self._searched[key]

    def _base(self, model: str) -> _Said | None:
        if model not in self._bases:
            self._bases[model] = self._read(model)
        return self._bases[model]

    def _read(self, model: str) -> _Said | None:
        source: str | None = None
        entries = self._trained_on.get(model)
        if entries is None:
            known = training_sets.of_base(model)
            if known is None:
                return None
            source, entries = known.source, training_sets.entries(known)
        return self._search_declared(entries, source)

    def _search_declared(self, entries: Iterable[str], source: str | None) -> _Said:
        own = training_sets.read(entries)
        found = self._gate.search(own.rows)
        for hashes in own.hashes:
            more = self._gate.declared(hashes)
            found = {name: _closest(found[name], more[name]) for name in found}
        count = len(own.rows) + sum(len(hashes.hashes) for hashes in own.hashes)
        texts = bool(own.rows) or not own.hashes
        near = all(len(hashes.near) for hashes in own.hashes)
        return _Said(
            Declared(sets=list(own.said), source=source, unread=list(own.unread)),
            found,
            Compared(by="texts" if texts else "hashes", training_rows=count),
            KINDS if texts else ("exact", "normalised", "near", "translated") if near else ("exact", "normalised"),
        )


def _closest(a: Mapping[str, str], b: Mapping[str, str]) -> dict[str, str]:
    """The closest kind of each row in either finding."""
    return {row: min((found[row] for found in (a, b) if row in found), key=KINDS.index) for row in {**a, **b}}


def _texts(rows: Rows, task: TaskFacts, limit: int | None) -> Compared:
    return Compared(by="texts", training_rows=len(rows), test_rows=len(task.ids[:limit]))


def _training_rows(facts: TaskFacts) -> list[Mapping[str, Any]]:
    return [row for part in (facts.task.training_docs(), facts.task.validation_docs()) for row in part or ()]


def _splits(facts: TaskFacts) -> dict[str, Rows]:
    return {"train": _training_rows(facts), "test": list(facts.task.eval_docs)}


def _chosen(facts: TaskFacts, ids: set[str]) -> Iterable[Mapping[str, Any]]:
    """The training and validation rows of a task with these ids; BenchError unless all exist."""
    rows = {row["id"]: row for row in _training_rows(facts) if row["id"] in ids}
    if len(rows) != len(ids):
        raise BenchError(
            sentence_n(
                "{n} training row of {name} is not in its dataset here",
                "{n} training rows of {name} are not in its dataset here",
                len(ids) - len(rows),
                name=facts.name,
            )
        )
    return rows.values()
