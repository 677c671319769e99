"""JSON and JSON-lines files: written whole or not at all, never with NaN."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.sentences import sentence

JsonObject = dict[str, Any]  # as another program wrote it: nothing about its values is checked
# what a terminal would obey, and lone surrogates, which UTF-8 cannot hold; JSON itself escapes those under U+0020
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def dumps(value: Any, *, indent: int | None = None) -> str:
    """JSON text in UTF-8, control characters escaped. NaN and infinity raise ValueError: what is unknown is null."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write through a temporary file in the same folder and rename: a reader sees the old file or the new one.

    Missing folders are created. For a link, its target is written; a pipe or device (/dev/stdout) is written
    directly. A new file gets the permissions that the process gives its files. BenchError with the path if it
    cannot be written: it is a folder, a parent is a file, no permission, no space.
    """
    path = Path(path)
    with _writing(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("wb") as file:
                file.write(data)
            return
        with renamed(path.resolve()) as file:
            file.write(data)


@contextlib.contextmanager
def renamed(path: Path) -> Iterator[BinaryIO]:
    """A temporary file that is renamed to `path` at the end of the block, and deleted after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # a power cut could leave the new name with an empty file
        made.chmod(0o666 & ~_umask())
        _take_place(made, path)
    except BaseException:
        made.unlink()
        raise


def _take_place(made: Path, path: Path) -> None:
    """Rename over a file. Windows refuses while someone has that open, as virus scanners do for a moment: try again."""
    for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if sys.platform == "win32" else ():
        try:
            made.replace(path)
            return
        except PermissionError:
            time.sleep(wait)
    made.replace(path)


def _umask() -> int:
    """The process's permission mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def json_text(value: Any) -> str:
    """One JSON value, indented, newline at the end."""
    return dumps(value, indent=1) + "\n"


def columns_text(columns: Mapping[str, object]) -> str:
    """One JSON object, one key per line: indented, a long list would take one line for each number."""
    lines = [f"{dumps(key)}: {dumps(value)}" for key, value in columns.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def jsonl_text(rows: Iterable[Any]) -> str:
    """One JSON value per line."""
    return "".join(dumps(row) + "\n" for row in rows)


def write_json(path: Path, value: Any) -> None:
    """A file of `json_text`."""
    write_text(path, json_text(value))


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """A file of `jsonl_text`, the whole at once."""
    write_text(path, jsonl_text(rows))


def append_line(path: Path, value: Any) -> None:
    """Add a value to a file of JSON lines; it is on the disk when this returns. BenchError if it cannot be written."""
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(dumps(value) + "\n")
            file.flush()
            os.fsync(file.fileno())


def kept_lines(path: Path) -> list[JsonObject]:
    """The objects in a file of `append_line`, without lines that cannot be read; none for a missing file.

    An incomplete last line, as an interruption leaves it, is removed, so that the next one begins on a line of its own.
    """
    if not path.is_file():
        return []
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        with path.open("r+b") as file:
            file.truncate(data.rfind(b"\n") + 1)
    found = []
    for text in data.decode("utf-8", "replace").split("\n")[:-1]:
        try:
            line = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            found.append(line)
    return found


def read_json(path: Path) -> Any:
    """The value in `path`; BenchError when it is missing, no file, or not JSON."""
    text = read_text(path)
    try:
        return json.loads(text)
    except ValueError as err:
        raise BenchError("not readable as JSON ({reason})", where=str(path), reason=err) from None
    except RecursionError:
        raise BenchError("not readable as JSON (nested too deeply)", where=str(path)) from None


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        # if a parent is a file, the system only says that the file exists
        in_the_way = next((folder for folder in path.parents if folder.exists() and not folder.is_dir()), None)
        if path.is_dir():
            why, hint = sentence("is a folder, not a file"), sentence("give the name of a file")
        elif in_the_way is not None:
            why = sentence("cannot be written: {path} is a file, not a folder", path=in_the_way)
            hint = sentence("give another path")
        else:
            why = sentence("cannot be written ({reason})", reason=err.strerror or err)
            hint = sentence(
                "give another path, or check the permissions and the free space of {parent}", parent=path.parent
            )
        raise BenchError(why, where=str(path), hint=hint) from None
