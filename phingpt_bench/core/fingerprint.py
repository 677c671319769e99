"""Digests of values and files."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path


def digest(value: object, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of `value` as canonical JSON (keys sorted, no spaces, UTF-8).

    Tuples and lists with the same items have the same digest. ValueError for NaN, TypeError for what JSON cannot hold.
    """
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # surrogatepass: damaged text (a lone surrogate) still has a digest instead of stopping the run
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def is_digest(revision: str | None) -> bool:
    """Whether a base's revision is a digest of the files in a folder, and not a commit of the Hub, which is longer."""
    return revision is not None and re.fullmatch(r"[0-9a-f]{16}", revision) is not None


def bytes_digest(data: bytes) -> str:
    """The `file_digest` of a file with these bytes."""
    return hashlib.sha256(data).hexdigest()[:16]


def file_digest(path: Path | str, length: int = 16) -> str:
    """The first `length` hex digits of the SHA-256 of a file's bytes; OSError when it is not readable."""
    result = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(1 << 20):
            result.update(piece)
    return result.hexdigest()[:length]
