"""JSON and JSON-lines files: written whole or not at all, never with NaN."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.sentences import sentence

# what a terminal would obey, and lone surrogates, which UTF-8 cannot hold; JSON itself escapes those under U+0020
_ESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def dumps(value: Any, *, indent: int | None = None) -> str:
    """JSON text in UTF-8, control characters escaped. NaN and infinity raise ValueError: what is unknown is null."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_text(path: Path, text: str) -> None:
    """Write through a temporary file in the same folder and rename: a reader sees the old file or the new one.

    Missing folders are created. For a link, its target is written; a pipe or device (/dev/stdout) is written
    directly. A new file gets the permissions that the process gives its files. BenchError with the path if it
    cannot be written: it is a folder, a parent is a file, no permission, no space.
    """
    path = Path(path)
    with _writing(path):
        if path.exists() and not path.is_file() and not path.is_dir():
            with path.open("w", encoding="utf-8") as file:
                file.write(text)
            return
        with renamed(path.resolve()) as file:
            file.write(text.encode())


@contextlib.contextmanager
def renamed(path: Path) -> Iterator[BinaryIO]:
    """A temporary file that is renamed to `path` at the end of the block, and deleted after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    made = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        made.chmod(0o666 & ~_umask())
        made.replace(path)
    except BaseException:
        made.unlink()
        raise


def _umask() -> int:
    """The process's permission mask, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_json(path: Path, value: Any) -> None:
    """One JSON value, indented, newline at the end."""
    write_text(path, dumps(value, indent=1) + "\n")


def write_columns(path: Path, columns: Mapping[str, object]) -> None:
    """One JSON object, one key per line: indented, a long list would take one line for each number."""
    lines = [f"{dumps(key)}: {dumps(value)}" for key, value in columns.items()]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """One JSON value per line, the whole file at once."""
    write_text(path, "".join(dumps(row) + "\n" for row in rows))


def read_json(path: Path) -> Any:
    """The value in `path`; BenchError when it is missing, no file, or not JSON."""
    text = read_text(path)
    try:
        return json.loads(text)
    except ValueError as err:
        raise BenchError(sentence("not readable as JSON ({reason})", reason=err), where=str(path)) from None
    except RecursionError:
        raise BenchError(sentence("not readable as JSON (nested too deeply)"), where=str(path)) from None


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
