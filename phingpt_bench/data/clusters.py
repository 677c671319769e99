"""Which rows of a dataset share a document: they carry less evidence than the same number of independent rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phingpt_bench.data.normalise import normalise


def clusters_of(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The cluster of each row, numbered from 0 in order of appearance; empty if every row is independent.

    Rows are in one cluster if their reader gives them the same "document" (the sentences of an article), otherwise if
    their texts are equal except for case, accents, punctuation and space: several questions or entities of a text, and
    copies. A row without text is a cluster of its own.
    """
    numbers: dict[Any, int] = {}
    found = [numbers.setdefault(_key(row, at), len(numbers)) for at, row in enumerate(rows)]
    return found if len(numbers) < len(found) else []


def _key(row: Mapping[str, Any], at: int) -> tuple[str, Any]:
    if row.get("document") is not None:
        return "document", row["document"]
    text = row.get("text") or ""
    plain = normalise(text) or text
    return ("text", plain) if plain else ("row", at)
