"""The output folder of a long task: tested before the task starts, cleared of temporary files, used by one process."""

from __future__ import annotations

import contextlib
import datetime
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.core.sentences import Sentence, sentence

if TYPE_CHECKING:
    from filelock import FileLock

LOCK, OWNER = ".lock", ".working"
PART = ".part-{}-of-{}"  # the folder that locks a part of a plan
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
        _acquire(lock, folder)
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


class _AtWorkError(Exception):
    """Another process works on the same part."""


@contextlib.contextmanager
def alone_on(folder: Path, share: tuple[int, int], wait: Callable[[Sentence], None]) -> Iterator[None]:
    """As `alone`, for one part of a plan: within the block only other parts of the same split work in `folder`.

    share: part and number of parts, (1, 1) for the whole plan. Parts of one split write different runs.
    """
    number, parts = share
    own = folder / PART.format(number, parts)
    with contextlib.ExitStack() as held:
        while True:
            with contextlib.ExitStack() as gate:  # no other process may begin while this one looks around
                gate.enter_context(alone(folder, wait))
                for other in sorted(folder.glob(PART.format("*", "*"))):
                    if other != own and (parts == 1 or not other.match(PART.format("*", parts))):
                        with alone(other, wait):
                            pass
                if parts == 1:
                    held.push(gate.pop_all())
                    break
                with contextlib.suppress(_AtWorkError):
                    held.enter_context(alone(own, _give_way))
                    break
            with alone(own, wait):  # wait for it, while other parts may begin
                pass
        yield


def _give_way(_: Sentence) -> None:
    raise _AtWorkError


def _acquire(lock: FileLock, folder: Path) -> None:
    """Wait for the lock; who held it may have removed the folder, as there was nothing else in it."""
    while True:
        try:
            lock.acquire()
            return
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)


def tried(folder: Path) -> None:
    """BenchError where a folder cannot be made, is read-only, or has no room for a file of TRIED bytes."""
    probe = folder / f".tried-{os.getpid()}.tmp"  # the name of what is swept
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
        raise BenchError("cannot be written: there is a file of that name", where=str(folder))
    tried(standing)
