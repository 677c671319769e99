"""Classifying the type of a given span, which some papers call NER. Made from any entity dataset."""

from __future__ import annotations

from typing import Any

from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Reader, Rows, Splits


def given_span(origin: Origin, path: str | None, *, reader: Reader, **options: Any) -> Splits:
    """One row for each entity of the rows that `reader` gives: {"text", "entity": its surface, "label": its type}.

    The task is not to find the entity, so scores are never comparable with extraction. A surface that is marked twice
    in a text gives two equal rows; a text without entities gives none.
    """
    return {split: expand(rows) for split, rows in reader(origin, path, **options).items()}


def expand(rows: Rows) -> Rows:
    """One {"text", "entity", "label"} per entity of spans rows, in text order; with the row's "document" if any."""
    return [
        {key: row[key] for key in ("text", "document") if key in row}
        | {"entity": row["text"][entity["start"] : entity["end"]], "label": entity["type"]}
        for row in rows
        for entity in row["entities"]
    ]
