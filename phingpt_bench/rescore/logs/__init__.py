"""Logs of other programs as rows of answers: HELM, Inspect, OpenCompass, batches of OpenAI and Anthropic.

Each module has `of_object` for a file that is one JSON object, or `of_rows` for one that is a list or lines of
objects. They give (rows, a note for people), or None for what is no such log. Rows have the columns "id", "text",
"answer", "target" and, where there are several answers per row, lists of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from phingpt_bench.core.errors import BenchError
from phingpt_bench.rescore.logs import batches, helm, inspect_ai, opencompass

Row = dict[str, object]
Known = tuple[list[Row], str]


@contextlib.contextmanager
def as_written(path: str) -> Iterator[None]:
    """Within the block a value of another type than its program writes (a text for an object) is a BenchError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as err:
        raise BenchError(
            "a value of this file is not of the kind that its program writes ({kind}: {reason})",
            where=path,
            hint="it may be damaged, or of a version that is not known here",
            kind=type(err).__name__,
            reason=err,
        ) from None


def of_object(value: Row, path: str) -> Known | None:
    """The rows of a log that is one object; None for any other object. BenchError as for `as_written`."""
    with as_written(path):
        return helm.of_object(value) or inspect_ai.of_object(value) or opencompass.of_object(value)


def of_rows(rows: list[Row], path: str) -> Known | None:
    """The rows of a log that is a list, or lines, of objects; None for any other. BenchError as for `as_written`."""
    if not rows:
        return None
    with as_written(path):
        return helm.of_rows(rows, path) or batches.of_rows(rows) or opencompass.of_rows(rows)


def of_archive(path: str, data: bytes) -> Known:
    """The rows of an .eval of Inspect. BenchError if it is damaged, too large, or holds none."""
    with as_written(path):
        return inspect_ai.of_archive(path, data)
