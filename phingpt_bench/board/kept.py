"""Parts of boards in the cache, under a digest of all that they were computed from.

They are JSON, read back as files of strangers are: whatever is not of the declared type is computed again. A sentence
that is still to be translated is kept with its values.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import string
import time
from pathlib import Path
from typing import Any, TypeVar, cast

from phingpt_bench.core.builder import Builder
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import dumps, read_json, write_text
from phingpt_bench.core.paths import cache_dir, share, task_folders
from phingpt_bench.core.sentences import Sentence, sentence, sentence_n
from phingpt_bench.core.yamlfile import Key

T = TypeVar("T")
OLD = 30 * 24 * 3600.0  # seconds without use after which a part is removed
PLAIN = (str, int, float, bool, type(None))
FORMATS = ("", ",", "g")  # of numbers in sentences of a board; a width of its own could fill the memory


class Kept:
    """The parts below a folder of the cache. One that cannot be read is computed again."""

    def __init__(self) -> None:
        self.folder = cache_dir() / "board" / "parts"

    def get(self, key: str, kind: type[T]) -> T | None:
        """The value under `key`, checked against its type `kind`; None without one."""
        path = self.folder / f"{key}.json"
        if not path.is_file():
            return None
        reader = _Reader(str(path))
        try:
            value = reader.of(kind, read_json(path), ())
            os.utime(path)  # marks it as used
        except (BenchError, OSError, RecursionError):
            return None
        return None if reader.mistakes else cast(T, value)

    def put(self, key: str, value: object) -> None:
        """Keep a value, as far as the cache can be written."""
        with contextlib.suppress(BenchError):
            write_text(self.folder / f"{key}.json", dumps(_plain(value)))

    def sweep(self) -> None:
        """Remove what was not used for OLD seconds."""
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                if time.time() - path.stat().st_mtime > OLD:
                    path.unlink()


def _plain(value: Any) -> Any:
    """A value of a board as plain JSON values; a sentence as a mapping with its key."""
    if isinstance(value, Sentence):
        return {"key": value.key, "plural": value.plural, "values": _plain(value.values)}
    if isinstance(value, PLAIN):
        return value
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    raise TypeError(f"{type(value).__name__} is not a value of a board")


class _Reader(Builder):
    """Builds values that `_plain` made plain. A text may be a sentence, and a count a mean over seeds."""

    def _scalar(self, kind: Any, value: Any, key: Key) -> Any:
        if kind is int and isinstance(value, float):
            kind = float
        if kind is str and isinstance(value, dict):
            try:
                return _sentence(value)
            except (KeyError, TypeError, ValueError, AttributeError):
                return self._wrong(key, "a sentence", value)
        return super()._scalar(kind, value, key)


def _sentence(data: dict[str, Any]) -> Sentence:
    """A sentence from plain values; ValueError for one that would format its values in another way than ours do."""
    key, plural = data["key"], data["plural"]
    values = {name: _sentence(held) if isinstance(held, dict) else held for name, held in data["values"].items()}
    texts = [key] if plural is None else [key, plural]
    if not all(isinstance(text, str) for text in texts) or not all(isinstance(held, PLAIN) for held in values.values()):
        raise ValueError(key)
    for text in texts if values else ():
        for _, name, spec, conversion in string.Formatter().parse(text):
            if name is not None and (name not in values or spec not in FORMATS or conversion):
                raise ValueError(text)
    if plural is None:
        return sentence(key, **values)
    if not isinstance(n := values.pop("n"), int):
        raise ValueError(key)
    return sentence_n(key, plural, n, **values)


def program_stamp() -> str:
    """What changes with any module of the program, its prices and published results, and any task or passport.

    Task files and passports are those that are shipped and those of the user's folder.
    """
    package = Path(__file__).resolve().parent.parent
    files = [*package.rglob("*.py"), *share("results").glob("*.*"), *share("results").glob("published/*")]
    for folder in task_folders():
        files += folder.rglob("*.yaml")
    return digest(sorted((str(path), *_times(path)) for path in files))


def _times(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns
