"""A mirror of datasets, filled on a machine with a network: what the readers take from the Hub, as files.

Rows are written as they come from the Hub, in the place and format where the reader looks for them in a mirror. They
are then read from there and compared with the passport's digests: a pulled dataset is one that a task accepts.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import renamed, write_jsonl, write_text
from phingpt_bench.data import catalogue, manifest
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.rows import Rows
from phingpt_bench.data.sources import MIRROR_VARIABLE, Source, filling


@contextmanager
def mirrored(folder: Path) -> Iterator[None]:
    """Within the block `folder` is the mirror."""
    before = os.environ.get(MIRROR_VARIABLE)
    os.environ[MIRROR_VARIABLE] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[MIRROR_VARIABLE]
        else:
            os.environ[MIRROR_VARIABLE] = before


def pull(passport: Passport, folder: Path) -> list[Path]:
    """Fetch what of a dataset is not in the mirror `folder` yet; the files that were written.

    An interrupted pull resumes with the first file that is missing. BenchError where the Hub has it not or is out of
    reach, and for rows that are not those of the passport, whose files are removed.
    """
    if passport.origin.hub is None and not size(passport, folder):
        raise BenchError(
            "it is not on the Hub ({reason}); put its files into {folder}",
            reason=" ".join((passport.origin.unpinned or "").split()),
            folder=folder / passport.origin.folder,
        )
    written: list[Path] = []

    def take(source: Source, split: str, rows: Rows) -> None:
        path = folder / source.folder / source.files[split]
        _write(path, rows)
        written.append(path)

    folder.mkdir(parents=True, exist_ok=True)
    with mirrored(folder):
        with filling(take):
            catalogue.read(passport)
        try:
            catalogue.load(passport.name)
        except BenchError:
            for path in written:
                path.unlink()
            raise
    if written:
        origin = passport.origin
        known = manifest.read(folder)
        new = manifest.entries(
            folder, written, item=passport.name, source=f"Hub {origin.hub}", revision=origin.revision,
            licence=origin.licence,
        )  # fmt: skip
        manifest.write(folder, manifest.Manifest({**known.files, **new}))
    return written


def fault(passport: Passport, folder: Path | None) -> str | None:
    """Why a dataset cannot be used from the mirror `folder` (None: without one); None where it can."""
    from phingpt_bench.data.network import offline

    try:
        with mirrored(folder) if folder is not None else nullcontext(), offline():
            catalogue.load(passport.name)
    except BenchError as err:
        return err.message
    return None


def size(passport: Passport, folder: Path) -> int:
    """Bytes of a dataset's folder in a mirror; 0 where it is not there."""
    return sum(path.stat().st_size for path in (folder / passport.origin.folder).rglob("*") if path.is_file())


def _write(path: Path, rows: Rows) -> None:
    if path.suffix == ".jsonl":
        write_jsonl(path, rows)
    elif path.suffix == ".csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(path, text.getvalue())
    elif path.suffix == ".parquet":
        import pyarrow
        import pyarrow.parquet

        with renamed(path) as file:
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
    else:
        raise BenchError("no format ends in '{suffix}'", where=str(path), suffix=path.suffix)
