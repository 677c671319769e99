"""Which rows of a dataset share a document, so that they do not tell us as much as as many rows of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from phingpt_bench.data.normalise import normalise


def clusters_of(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The cluster of each row, numbered from 0 in order of appearance; empty where every row stands alone.

    Rows are of one cluster when their reader says that they are of one "document" (the sentences of an article), else
    when their texts are equal but for case, accents, punctuation and space: several questions or entities of a text,
    and copies. A row without any text stands alone.
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
