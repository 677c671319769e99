"""Matching the rows of a file with those of a task: by id, or by text. No row is dropped silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.normalise import normalise
from phingpt_bench.rescore.columns import Columns, extra_column
from phingpt_bench.rescore.table import Table
from phingpt_bench.rescore.target import Doc

DUPLICATES = ("error", "first", "last")
_EXTRAS = ("question", "entity")  # columns of a task's row besides its text


@dataclass(slots=True, kw_only=True)
class Matching:
    """row_of: for each document the row that answers it, None if there is none.

    by: "id", "text" or "place" (a file of the user). normalised: rows that were matched except for case, accents,
    punctuation and white space. unmatched, doubled: rows that answer nothing, and rows that answer again what another
    one answers. shared: documents beyond the first that one row answers, as their texts are the same.
    paired: rows of repeated texts, which were taken in the order of the file.
    """

    row_of: list[int | None]
    by: str
    normalised: int = 0
    unmatched: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    shared: int = 0
    paired: int = 0


Same = Callable[[int, int], bool]


def match(table: Table, columns: Columns, docs: Sequence[Doc], same: Same, duplicates: str) -> Matching:
    """Matches by the id column where the file has one of the task's ids in it (or the user named it), else by text.

    same: whether two rows give the same answer. duplicates: what to do where two rows answer one document differently:
    an error, or the "first" or "last" one counts. BenchError if no row at all can be matched.
    """
    if "id" in columns:
        keys = [str(value) for value in table.columns[columns["id"].name]]
        known = {doc["id"] for doc in docs}
        if not known.isdisjoint(keys):
            return _matched(table, keys, [doc["id"] for doc in docs], same, duplicates, "id")
        if not columns["id"].guessed or "text" not in columns:
            raise BenchError(
                "no id in column '{name}' is one of the task's (here: {here}; there: {there})",
                where=table.path,
                hint="--text-column NAME matches by text; --gold-column NAME scores the file as it is",
                name=columns["id"].name,
                here=keys[0],
                there=docs[0]["id"],
            )
        del columns["id"]
    texts = table.columns[columns["text"].name]
    name = next((extra for extra in _EXTRAS if extra in docs[0]), None)
    column = extra_column(table, name) if name else None
    if name and column is None and _asked_twice(docs, name):
        raise BenchError(
            "the task has several rows for one text, told apart by '{name}'",
            where=table.path,
            hint="add the column '{name}', or the ids of the task's rows",
            name=name,
        )
    extras = table.columns[column] if column else [None] * len(table)
    theirs = [(text, extra) for text, extra in zip(texts, extras, strict=True)]
    ours = [(doc["text"], doc[name] if column and name else None) for doc in docs]
    result = _matched(table, theirs, ours, same, duplicates, "text")
    if all(row is None for row in result.row_of):
        raise BenchError(
            "no text in column '{name}' is one of the task's",
            where=table.path,
            hint="--text-column NAME says which column holds the bare texts, without the prompt",
            name=columns["text"].name,
        )
    return result


def once(table: Table, ids: Sequence[str], same: Same, duplicates: str) -> list[int]:
    """The rows of a file of the user that count: each id once, in order. `same` and `duplicates` as in `match`."""
    result = _matched(table, ids, list(dict.fromkeys(ids)), same, duplicates, "id")
    return sorted(row for row in result.row_of if row is not None)


def _matched(
    table: Table, theirs: Sequence[Hashable], ours: Sequence[Hashable], same: Same, duplicates: str, by: str
) -> Matching:
    result = Matching(row_of=[None] * len(ours), by=by)
    docs_of: dict[Hashable, list[int]] = defaultdict(list)
    for at, key in enumerate(ours):
        docs_of[key].append(at)
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    lost = []
    for row, key in enumerate(theirs):
        if key in docs_of:
            rows_of[key].append(row)
        else:
            lost.append(row)
    if lost and by == "text":
        lost = _by_normal_form(lost, theirs, docs_of, rows_of, result)
    result.unmatched = lost
    for key, rows in rows_of.items():
        _assign(table, sorted(rows), docs_of[key], same, duplicates, result)
    result.doubled.sort()
    return result


def _by_normal_form(
    lost: Sequence[int],
    theirs: Sequence[Hashable],
    docs_of: Mapping[Hashable, list[int]],
    rows_of: dict[Hashable, list[int]],
    result: Matching,
) -> list[int]:
    """Adds the rows whose normal form is that of one text of the task alone; gives the others."""
    forms: dict[Hashable, list[Hashable]] = defaultdict(list)
    for key in docs_of:
        forms[_normal(key)].append(key)
    left = []
    for row in lost:
        found = forms.get(_normal(theirs[row]), [])
        if len(found) == 1:
            rows_of[found[0]].append(row)
            result.normalised += 1
        else:
            left.append(row)
    return left


def _normal(key: Hashable) -> Hashable:
    """The normal form of (text, question); None, which nothing else is, where no word is left of the text."""
    text, extra = key if isinstance(key, tuple) else (key, None)
    form = normalise(text) if isinstance(text, str) else ""
    return (form, normalise(str(extra))) if form else None


def _assign(table: Table, rows: list[int], docs: list[int], same: Same, duplicates: str, result: Matching) -> None:
    """Assign the rows of one key to its documents."""
    alike = all(same(rows[0], row) for row in rows[1:])
    if len(rows) < len(docs) and alike:
        result.shared += len(docs) - len(rows)
        rows = rows + [rows[0]] * (len(docs) - len(rows))
    elif len(rows) > len(docs):
        if not alike and duplicates == "error":
            places = ", ".join(str(table.places[row]) for row in rows[:5])
            values = {"n": len(rows), "by": result.by, "places": places}
            lines = sentence("{n} rows with different answers have the same {by} (lines {places})", **values)
            numbers = sentence("{n} rows with different answers have the same {by} (rows {places})", **values)
            raise BenchError(
                lines if table.unit == "line" else numbers,
                where=table.where(rows[1]),
                hint=sentence(
                    "--duplicates first or --duplicates last says which counts; --id-column none takes rows "
                    "of a file with its own gold as they stand"
                ),
            )
        kept = rows[-len(docs) :] if duplicates == "last" and not alike else rows[: len(docs)]
        result.doubled += [row for row in rows if row not in kept]
        rows = kept
    if len(docs) > 1 and not alike:
        result.paired += len(rows)
    for doc, row in zip(docs, rows, strict=False):
        result.row_of[doc] = row


def _asked_twice(docs: Sequence[Doc], name: str) -> bool:
    asked: dict[str, str] = {}
    return any(asked.setdefault(doc["text"], doc[name]) != doc[name] for doc in docs)
