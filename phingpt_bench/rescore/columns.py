"""Which column of a file is what: by name as the user says, otherwise by the names that such columns usually have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from phingpt_bench.core.errors import BenchError, meant
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.column_names import NAMES, plain
from phingpt_bench.rescore.table import Table

NONE = "none"  # as the name of a column: there is no such column
OPTIONS = {role: f"--{role}-column" for role in ("answer", "gold", "id", "text", "document")}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. guessed: its name was not given. also: other columns whose names would have fitted."""

    name: str
    guessed: bool = False
    also: tuple[str, ...] = ()


Columns = dict[str, Column]


def find_columns(table: Table, given: Mapping[str, str | None]) -> Columns:
    """The columns by role ("answer", "likelihoods", "gold", "id", "text", "document"); missing roles are left out.

    given: names by role, None to guess, "none" for no such column. BenchError for a name that is not in the file, with
    the nearest one, when there is neither a column of answers nor one of log-likelihoods, and when several columns
    could be the answers and do not say the same: in many published files "answer" is the gold.
    """
    found = {role: Column(_given(table, role, name)) for role, name in given.items() if name not in (None, NONE)}
    for role in NAMES:
        if role in found or given.get(role) == NONE or (role == "likelihoods" and "answer" in found):
            continue
        fits = _fitting(table, role, {column.name for column in found.values()})
        if role == "answer":
            _one_answer(table, fits)
        if fits:
            found[role] = Column(fits[0], True, tuple(fits[1:]))
    if "answer" not in found and "likelihoods" not in found:
        raise BenchError(
            "no column looks like a column of answers",
            where=table.path,
            hint="--answer-column NAME says which it is; columns: {names}",
            names=_listed(table),
        )
    return found


def extra_column(table: Table, name: str) -> str | None:
    """The column with exactly that name, ignoring case."""
    return next((column for column in table.columns if plain(column) == name), None)


def _given(table: Table, role: str, name: str) -> str:
    if name not in table.columns:
        hint = meant(name, table.columns) or sentence("columns: {names}", names=_listed(table))
        raise BenchError("no column '{name}' ({option})", where=table.path, hint=hint, name=name, option=OPTIONS[role])
    return name


def _one_answer(table: Table, fits: list[str]) -> None:
    other = next((name for name in fits[1:] if table.columns[name] != table.columns[fits[0]]), None)
    if other is not None:
        raise BenchError(
            "columns '{one}' and '{other}' could both be the answers",
            where=table.path,
            hint="--answer-column NAME says which holds what the model wrote; in some files 'answer' is the gold",
            one=fits[0],
            other=other,
        )


def _fitting(table: Table, role: str, taken: Collection[str]) -> list[str]:
    """The columns whose names fit, the best first."""
    bare = {column: plain(column) for column in table.columns if column not in taken}
    return [column for name in NAMES[role] for column in bare if bare[column] == name]


def _listed(table: Table) -> str:
    """The names of the columns, shortened if there are many or long ones."""
    names = [name if len(name) <= 30 else f"{name[:27]}..." for name in map(str, table.columns)]
    return ", ".join(names[:12]) + (f" and {len(names) - 12:,} more" if len(names) > 12 else "") or "none"
