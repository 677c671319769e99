"""What lies in a folder that was filled on a machine with a network: each file with its digest, size and licence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from phingpt_bench.core.config import build
from phingpt_bench.core.declared import Count
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.jsonio import read_json, write_json
from phingpt_bench.core.provenance import now_text
from phingpt_bench.core.records import to_dict

NAME = "phingpt-bench-manifest.json"
WHOLE = 64  # hex digits: the whole SHA-256


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file. item: the dataset or model that it belongs to."""

    item: str
    source: str  # "Hub org/name"
    revision: str | None
    licence: str
    sha256: str
    bytes: Count
    fetched: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Manifest:
    """Entries by the path of the file below the folder."""

    files: dict[str, Entry] = field(default_factory=dict)


def read(folder: Path) -> Manifest:
    """The manifest of a folder, empty where it has none; BenchError for one that cannot be read."""
    file = folder / NAME
    return build(Manifest, read_json(file), str(file)) if file.is_file() else Manifest()


def write(folder: Path, manifest: Manifest) -> None:
    """Write it into its folder, the files by name."""
    write_json(folder / NAME, to_dict(Manifest(dict(sorted(manifest.files.items())))))


def entries(
    folder: Path, files: Iterable[Path], *, item: str, source: str, revision: str | None, licence: str
) -> dict[str, Entry]:
    """Entries of files that lie below a folder now."""
    now = now_text()
    return {
        path.relative_to(folder).as_posix(): Entry(
            item=item, source=source, revision=revision, licence=licence, sha256=file_digest(path, WHOLE),
            bytes=path.stat().st_size, fetched=now,
        )
        for path in files
    }  # fmt: skip


def faults(folder: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """(file, what is wrong) for each file that is missing, of another size or of another content."""
    for name, entry in manifest.files.items():
        path = folder / name
        if not path.is_file():
            yield name, "missing"
        elif path.stat().st_size != entry.bytes:
            yield name, f"{path.stat().st_size:,} bytes, {entry.bytes:,} were fetched"
        elif file_digest(path, WHOLE) != entry.sha256:
            yield name, "another content than was fetched"
