"""JSON and JSON-lines files: written whole or not at all, never with NaN."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError


def dumps(value: Any, *, indent: int | None = None) -> str:
    """JSON text in UTF-8. NaN and infinity raise ValueError: a quantity that is unknown is null."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)


def write_text(path: Path, text: str) -> None:
    """Write through a temporary file in the same folder and rename: a reader sees the old file or the new one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_json(path: Path, value: Any) -> None:
    """One JSON value, indented, newline at the end."""
    write_text(path, dumps(value, indent=1) + "\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """One JSON value a line, the whole file at once."""
    write_text(path, "".join(dumps(row) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """The value in `path`; BenchError when it is missing or not JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BenchError("no such file", where=str(path)) from None
    except (ValueError, OSError) as err:
        raise BenchError(f"not readable as JSON ({err})", where=str(path)) from None


def read_jsonl(path: Path) -> Iterator[Any]:
    """The values of a JSON-lines file; BenchError with the line number at the first bad line."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                yield json.loads(line)
            except ValueError as err:
                raise BenchError(f"not readable as JSON ({err})", where=f"{path}:{number}") from None
