"""Strict files: YAML or JSON becomes a frozen dataclass, or every mistake in it is reported at once, with its place.

The fields of the dataclass are the keys; builder.py says which types they may have. A mistake in a YAML file is
reported with its line, one in JSON with the path to the value ("model.kind").
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from phingpt_bench.core.builder import Builder
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.yamlfile import load_fast, load_with_lines, load_yaml

__all__ = ["build", "load", "load_yaml"]

T = TypeVar("T")


def shipped_names(folder: Path) -> list[str]:
    """The names under which the YAML files of a shipped folder are known."""
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load_shipped(kind: str, folder: Path, name_or_path: str, cls: type[T]) -> T:
    """A file of `folder` by name, or any file by path (it ends in .yaml or .yml), as `load` reads it.

    kind: what such a file is called ("recipe"). BenchError with the nearest name, or with file and line.
    """
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        if name_or_path not in shipped_names(folder):
            if path.exists():
                raise BenchError(f"not a {kind}", where=name_or_path, hint=f"a {kind} is a file that ends in .yaml")
            raise unknown(kind, name_or_path, shipped_names(folder))
        path = folder / f"{name_or_path}.yaml"
    if not path.is_file():
        raise BenchError(
            f"no such {kind} file", where=str(path), hint=f"shipped {kind}s: {', '.join(shipped_names(folder))}"
        )
    return load(path, cls)


def load(path: Path, cls: type[T]) -> T:
    """The dataclass `cls` from a YAML file. BenchError with one "file:line: mistake" line for each mistake.

    An empty file is an empty mapping. Relative paths in the file stay as they are written.
    """
    try:
        value = load_fast(Path(path))
        return build(cls, {} if value is None else value, str(path))
    except Exception:  # whatever is wrong, the slow loader says what and in which line
        value, lines, duplicates = load_with_lines(Path(path))
    return Builder(str(path), lines, duplicates).finish(cls, {} if value is None else value)


def build(cls: type[T], mapping: object, where: str) -> T:
    """The dataclass `cls` from plain values that came from `where`, such as a file of JSON.

    BenchError at `where` with the first SHOWN mistakes in one line.
    """
    return Builder(where).finish(cls, mapping)
