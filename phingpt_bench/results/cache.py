"""A cache of tests and intervals, so that a large board is drawn quickly the second time."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.core.workplace import swept

ROOMS = ("scoring", "stats")  # the rooms with all code of metrics, tests and intervals: a change makes a new cache
MOST = 50_000  # results in the file; beyond that, those that were not used this time are dropped
KEPT = 4  # cache files that are kept: the others belong to other versions of the code
_PACKAGE = Path(__file__).resolve().parent.parent


class Cache:
    """Results by the digest of what they were computed from: counts, metric, and the code itself.

    A cache is optional: an unreadable file counts as empty, and an unwritable one is ignored.
    """

    def __init__(self, folder: Path | None = None):
        self.path = (folder or cache_dir() / "board") / f"{code_digest()[:16]}.json"
        self.known: dict[str, object] = {}
        self.used: set[str] = set()
        self.changed = False
        with contextlib.suppress(BenchError, OSError):  # damaged or not readable: computed again
            if self.path.is_file():
                stored = read_json(self.path)
                self.known = stored if isinstance(stored, dict) else {}
                os.utime(self.path)  # marks it as used

    @staticmethod
    def key(kind: str, metric: str, *counts: np.ndarray) -> str:
        """The digest of a result's inputs; the order of `counts` matters."""
        digest = hashlib.sha256(f"{kind} {metric}".encode())
        for rows in counts:
            digest.update(f"{rows.shape} {rows.dtype}".encode())
            digest.update(np.ascontiguousarray(rows).tobytes())
        return digest.hexdigest()[:32]

    def __contains__(self, key: str) -> bool:
        return key in self.known

    def get(self, key: str) -> Any:
        """The value that is kept under `key`; KeyError if there is none."""
        self.used.add(key)
        return self.known[key]

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value under `key`."""
        self.known[key] = value
        self.used.add(key)
        self.changed = True

    def save(self) -> None:
        """Write the file if anything was added, and remove all but the KEPT files that were used last."""
        if not self.changed:
            return
        if len(self.known) > MOST:
            self.known = {key: value for key, value in self.known.items() if key in self.used}
        with contextlib.suppress(BenchError, OSError):  # a read-only home folder must not prevent a board
            write_json(self.path, self.known)
            swept(self.path.parent)
            files = [path for path in self.path.parent.iterdir() if path.suffix != ".tmp"]  # those are being written
            for path in sorted(files, key=lambda path: path.stat().st_mtime)[:-KEPT]:
                path.unlink()


def code_digest() -> str:
    """A digest that changes with any module of ROOMS."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((_PACKAGE / room).rglob("*.py")):
            digest.update(f"{path.relative_to(_PACKAGE)}\0".encode() + path.read_bytes())
    return digest.hexdigest()
