"""What was drawn before, kept in files: whole boards and their sections, by everything they were made from."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import io
import os
import pickle
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from phingpt_bench.core.jsonio import renamed
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.text.language import Sentence

LIMIT = 256 * 2**20  # bytes of all files together: what was not used for longest goes first
# code that values are made by, with the words of `words`: a change in it makes others
ROOMS = ("board", "core", "cost", "data", "results", "scoring", "stats", "text")
LEFT_OVER = 3600.0  # seconds after which a temporary file is nobody's any more
_PACKAGE = Path(__file__).resolve().parent.parent
_SUFFIX = ".pickle"
_CODE = (".py", ".yaml")
_KEPT = (_SUFFIX, ".json")  # those of `cache.Cache` lie here too

T = TypeVar("T")
Stamp = tuple[str, int, int, int]  # path, size, time of the last change in ns, inode


def stamp(path: Path | str) -> Stamp | None:
    """What changes when a file is written anew, None where there is none: a file with the same stamp is not read again.

    Files are written by renaming (`core.jsonio`), so that even two writings within one tick of the clock differ: each
    has an inode of its own.
    """
    try:
        found = os.stat(path)
    except OSError:
        return None
    return str(path), found.st_size, found.st_mtime_ns, found.st_ino


def stamps(folder: Path, suffix: str) -> list[Stamp]:
    """The stamps of the files directly in a folder whose names end so, by name."""
    return [made for path in sorted(folder.glob(f"*{suffix}")) if (made := stamp(path))]


def code_of(rooms: Iterable[str]) -> str:
    """A digest that changes with any file of these rooms of the package."""
    files = (path for room in rooms for path in sorted((_PACKAGE / room).rglob("*.*")) if path.suffix in _CODE)
    return _digest(filter(None, map(stamp, files)))


class Store:
    """Values by the digest of what they were made from; one file each, in $PHINGPT_BENCH_CACHE/board.

    A convenience: what cannot be read counts as not there, what cannot be written is given up. Nothing in a file can
    make the program run other code than the constructors of its own dataclasses: everything else is refused.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder or cache_dir() / "board"
        self.code = code_of(ROOMS)

    def key(self, *parts: Any) -> str:
        """The digest of what a value is made from: plain values whose repr tells them apart, and the code itself."""
        return _digest([self.code, *parts])

    def get(self, key: str, kind: type[T]) -> T | None:
        """The value under `key`, or None where there is none, or none of that kind."""
        path = self.folder / f"{key}{_SUFFIX}"
        try:
            data = path.read_bytes()
            value = _Reader(io.BytesIO(data)).load()
        # a damaged file fails in as many ways as there are bytes in it: whatever it is, the value is made again
        except Exception:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return value if isinstance(value, kind) else None

    def put(self, key: str, value: Any) -> None:
        """Keep a value (dataclasses of this program in plain containers) under `key`."""
        with contextlib.suppress(OSError), renamed(self.folder / f"{key}{_SUFFIX}") as file:
            _Writer(file, protocol=5).dump(value)

    def tidy(self) -> None:
        """Remove temporary files that were left over, and what was not used for longest until the rest is in LIMIT."""
        with contextlib.suppress(OSError):
            files = sorted(
                ((entry.stat(), entry.path) for entry in os.scandir(self.folder)), key=lambda e: e[0].st_mtime
            )
            total = sum(found.st_size for found, path in files if path.endswith(_KEPT))
            for found, path in files:
                if total > LIMIT and path.endswith(_KEPT):
                    os.unlink(path)
                    total -= found.st_size
                elif path.endswith(".tmp") and time.time() - found.st_mtime > LEFT_OVER:
                    os.unlink(path)


class _Writer(pickle.Pickler):
    """Writes numbers of numpy as the plain numbers they are equal to."""

    def reducer_override(self, value: Any) -> Any:
        if type(value).__module__ == "numpy" and hasattr(value, "item") and not getattr(value, "shape", ()):
            plain = value.item()
            return type(plain), (plain,)
        return NotImplemented


class _Reader(pickle.Unpickler):
    """Reads dataclasses and sentences of this program and plain values; refuses all else that a pickle can name."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name in ("float", "int", "bool"):
            return {"float": float, "int": int, "bool": bool}[name]
        if module.startswith("phingpt_bench."):
            found = getattr(importlib.import_module(module), name)
            if isinstance(found, type) and (dataclasses.is_dataclass(found) or found is Sentence):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not a value of the board")


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]
