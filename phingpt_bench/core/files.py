"""Text files of others, read within bounds: a pipe, a device or a file beyond all use is refused before it is opened.

`run.json` may be a link to /dev/zero, a task file a pipe without a writer: opening one never ends.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from phingpt_bench.core.errors import BenchError, meant_path
from phingpt_bench.core.sentences import sentence

MOST = 1 << 29  # bytes of a file that is read as one text: 4,000 times the largest of our records


class Unsafe(BenchError):
    """What must not be opened or read: it might never end, or fill the memory."""


def read_text(path: Path, most: int = MOST) -> str:
    """The text of a file in UTF-8; BenchError for one that is missing, no file, over `most` bytes, or not UTF-8."""
    try:
        return regular(Path(path), most).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise BenchError("not readable ({reason})", where=str(path), reason=err) from None


def regular(path: Path, most: int | None = None) -> Path:
    """`path`, if that is a file of at most `most` bytes, or a link to one; else BenchError (Unsafe: without an end)."""
    try:
        found = path.stat()
    except FileNotFoundError:
        raise BenchError("no such file", where=str(path), hint=meant_path(path)) from None
    except (OSError, ValueError) as err:  # ValueError: a zero byte in its name
        reason = getattr(err, "strerror", None) or err
        raise BenchError("not readable ({reason})", where=str(path), reason=reason) from None
    if stat.S_ISDIR(found.st_mode):
        raise BenchError("is a folder, not a file", where=str(path))
    if not stat.S_ISREG(found.st_mode):
        raise Unsafe(
            sentence("is a pipe or a device, not a file"),
            where=str(path),
            hint=sentence("copy what it gives into a file"),
        )
    if most is not None and found.st_size > most:
        size = f"{found.st_size:,}"
        raise Unsafe(sentence("is larger than anything of its kind ({n} bytes)", n=size), where=str(path))
    return path


def synced(folder: Path) -> None:
    """Have the system write the files of a folder to the disk now: a power cut leaves renamed files empty otherwise."""
    for path in folder.iterdir():
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
