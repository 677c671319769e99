"""Tests and intervals that were computed before, so that a large board draws at once the second time."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
from pathlib import Path
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.paths import cache_dir
from phingpt_bench.scoring import classification, metrics
from phingpt_bench.stats import clusters, interval, intervals, paired, resample, seeds

CODE = (
    classification,
    metrics,
    clusters,
    interval,
    intervals,
    paired,
    resample,
    seeds,
)  # a change in any of them makes a new cache


class Cache:
    """Results by the digest of what they were computed from: counts, metric, and the code itself.

    A cache is a convenience: a file that cannot be read is taken as empty, one that cannot be written is given up.
    """

    def __init__(self, folder: Path | None = None):
        code = hashlib.sha256("".join(inspect.getsource(module) for module in CODE).encode())
        self.path = (folder or cache_dir() / "board") / f"{code.hexdigest()[:16]}.json"
        self.known: dict[str, Any] = {}
        self.changed = False
        try:
            stored = read_json(self.path) if self.path.is_file() else {}
            self.known = stored if isinstance(stored, dict) else {}
        except (BenchError, OSError):  # damaged or not ours to read: computed again
            pass

    @staticmethod
    def key(kind: str, metric: str, *counts: np.ndarray) -> str:
        """The digest of a result's inputs; the order of `counts` matters."""
        digest = hashlib.sha256(f"{kind} {metric}".encode())
        for rows in counts:
            digest.update(f"{rows.shape} {rows.dtype}".encode())
            digest.update(np.ascontiguousarray(rows).tobytes())
        return digest.hexdigest()[:32]

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value under `key`."""
        self.known[key] = value
        self.changed = True

    def save(self) -> None:
        """Write the file if anything was added."""
        if not self.changed:
            return
        with contextlib.suppress(BenchError, OSError):  # a read-only home folder must not keep anyone from a board
            write_json(self.path, self.known)
