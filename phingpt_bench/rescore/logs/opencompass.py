"""Predictions of OpenCompass: an object of numbered rows, or lines with "idx"."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.jsonio import JsonObject

Row = JsonObject
DIGITS = 18  # of a row's number
_NOTE = "Predictions of OpenCompass: answers from 'prediction', texts are not in the file."


def of_object(value: Row) -> tuple[list[Row], str] | None:
    """Rows by their number: {"0": {"origin_prompt": ..., "prediction": ..., "gold": ...}, "1": ...}."""
    rows = list(value.items())
    if not rows or not all(
        key.isdecimal() and len(key) <= DIGITS and isinstance(row, dict) and "prediction" in row for key, row in rows
    ):
        return None
    return [_row(key, row) for key, row in sorted(rows, key=lambda item: int(item[0]))], _NOTE


def of_rows(rows: list[Row]) -> tuple[list[Row], str] | None:
    """One line per row: {"idx": 0, "origin_prompt": ..., "prediction": ...}."""
    if not all("prediction" in row and "origin_prompt" in row for row in rows):
        return None
    return [_row(row.get("idx", at), row) for at, row in enumerate(rows)], _NOTE


def _row(key: Any, row: Row) -> Row:
    return {"id": str(key), "answer": row["prediction"], "target": row.get("gold")}
