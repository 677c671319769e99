"""How many processes of this program compute on a machine at the same time: times of neighbours are not comparable."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# a file for each process, named by its number, in a folder that all users of the machine share
PLACE = Path(tempfile.gettempdir()) / "phingpt-bench-at-work"
CLOCKS = 60.0  # seconds by which a process's beginning and a file's time may differ: the clock may have been set


@contextlib.contextmanager
def at_work() -> Iterator[None]:
    """Within the block this process counts for its neighbours. Where there can be no such folder it does not."""
    own, first = PLACE / str(os.getpid()), False
    with contextlib.suppress(OSError):
        PLACE.mkdir(exist_ok=True)
        with contextlib.suppress(OSError):  # made by another user
            PLACE.chmod(0o1777)
        first = not own.exists()
        own.touch()
    try:
        yield
    finally:
        if first:
            with contextlib.suppress(OSError):
                own.unlink(missing_ok=True)


def workers() -> int:
    """The processes at work now, with this one, whether it counts for others or not. Files of dead ones are removed."""
    try:
        files = [path for path in PLACE.iterdir() if path.name.isdigit() and path.name != str(os.getpid())]
    except OSError:
        return 1
    return 1 + sum(_alive(file) for file in files)


def _alive(file: Path) -> bool:
    """Whether the process of this file is alive. One that began after its file has the number of a killed one."""
    import psutil

    try:
        alive = bool(psutil.Process(int(file.name)).create_time() < file.stat().st_mtime + CLOCKS)
    except psutil.AccessDenied:  # of another user
        return True
    except (psutil.NoSuchProcess, FileNotFoundError):  # or it has ended meanwhile
        alive = False
    if not alive:
        with contextlib.suppress(OSError):
            file.unlink()
    return alive
