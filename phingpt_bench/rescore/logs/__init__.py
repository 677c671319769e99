"""Logs of other programs as rows of answers: HELM, Inspect, OpenCompass, batches of OpenAI and Anthropic.

Each module has `of_object` for a file that is one JSON object, or `of_rows` for one that is a list or lines of
objects. They give (rows, a note for people), or None for what is no such log. Rows have the columns "id", "text",
"answer", "target" and, where there are several answers a row, lists of them.
"""

from __future__ import annotations

from phingpt_bench.rescore.logs import batches, helm, inspect_ai, opencompass

Row = dict[str, object]
Known = tuple[list[Row], str]


def of_object(value: Row) -> Known | None:
    """The rows of a log that is one object; None for any other object."""
    return helm.of_object(value) or inspect_ai.of_object(value) or opencompass.of_object(value)


def of_rows(rows: list[Row], path: str) -> Known | None:
    """The rows of a log that is a list, or lines, of objects; None for any other."""
    if not rows:
        return None
    return helm.of_rows(rows, path) or batches.of_rows(rows) or opencompass.of_rows(rows)
