"""The output folder of a long task: tested before the task starts, cleared of temporary files, used by one process."""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.core.sentences import Sentence, sentence

LOCK, OWNER = ".lock", ".working"
TRIED = 1 << 18  # bytes: more than the files of most runs, so that a full disk is noticed before hours of work
OLD = 60.0  # seconds after which a temporary file counts as abandoned: writing one takes less


@contextlib.contextmanager
def alone(folder: Path, wait: Callable[[Sentence], None]) -> Iterator[bool]:
    """Within the block no other process uses `folder`, which is writable; yields whether it had to wait.

    wait: called with a message before waiting. BenchError where the folder cannot be made or written.
    """
    from filelock import FileLock, Timeout

    new = [place for place in (folder, *folder.parents) if not place.exists()]
    tried(folder)
    lock = FileLock(folder / LOCK)
    waited = False
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waited = True
        wait(sentence("waiting for {who}, which works in {folder}", who=_owner(folder), folder=folder))
        lock.acquire()
    try:
        swept(folder)
        now = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError):
            (folder / OWNER).write_text(f"process {os.getpid()}, since {now}\n", encoding="utf-8")
        yield waited
    finally:
        with contextlib.suppress(OSError):
            (folder / OWNER).unlink()
        lock.release()
        if new:
            with contextlib.suppress(OSError):  # the first that is not empty ends it
                if [path.name for path in folder.iterdir()] == [LOCK]:  # the work failed before it made anything
                    (folder / LOCK).unlink()
                for place in new:
                    place.rmdir()


def tried(folder: Path) -> None:
    """BenchError where a folder cannot be made, is read-only, or has no room for a file of TRIED bytes."""
    probe = folder / f".tried-{os.getpid()}"
    try:
        write_text(probe, " " * TRIED)
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def swept(folder: Path) -> list[Path]:
    """Remove the temporary files that killed processes left below a folder; returns them."""
    found = []
    for path in folder.rglob(".*.tmp"):
        with contextlib.suppress(OSError):
            if path.is_file() and time.time() - path.stat().st_mtime > OLD:
                path.unlink()
                found.append(path)
    return found


def _owner(folder: Path) -> Sentence:
    try:
        owner = (folder / OWNER).read_text(encoding="utf-8").strip()[:100]
    except OSError:
        owner = ""
    return sentence("another run ({owner})", owner=owner) if owner else sentence("another run")


def check_folder(folder: Path) -> None:
    """BenchError if later output could not be written to `folder`; leaves no file behind."""
    standing = next((parent for parent in (folder, *folder.absolute().parents) if parent.exists()), None)
    if standing is None or not standing.is_dir():
        raise BenchError(sentence("cannot be written: a file stands in its place"), where=str(folder))
    tried(standing)
