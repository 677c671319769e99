"""A board that is drawn again whenever a run is added below its folders."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from phingpt_bench.cli.output import line
from phingpt_bench.core.errors import BenchError
from phingpt_bench.text.language import say_n, spoken

CLEAR = "\x1b[2J\x1b[3J\x1b[H"  # the screen, what was above it, and the cursor to its top


def watch(folders: Sequence[Path], draw: Callable[[], None], seconds: float) -> None:
    """Draw at once and after every change, until Ctrl-C, which is no error.

    A folder without a run yet, and a record that is being written, are said and looked at again.
    """
    before: list[tuple[str, int]] | None = None
    try:
        while True:
            now = _state(folders)
            if now != before:
                before = now
                if sys.stdout.isatty():
                    sys.stdout.write(CLEAR)
                try:
                    draw()
                except BenchError as err:
                    line(spoken(err.message))
                clock = time.strftime("%H:%M:%S")
                line(say_n("{n} run at {time}; Ctrl-C ends", "{n} runs at {time}; Ctrl-C ends", len(now), time=clock))
            time.sleep(seconds)
    except KeyboardInterrupt:
        return


def _state(folders: Sequence[Path]) -> list[tuple[str, int]]:
    """The records below the folders, without any those of the board, with the time of their last change."""
    from phingpt_bench.results.folders import files_from

    found = []
    for part in [[folder] for folder in folders] or [[]]:
        try:
            files = files_from(part)
        except BenchError:  # not there yet, or empty
            continue
        for file in files:
            try:
                found.append((str(file), file.stat().st_mtime_ns))
            except OSError:  # it was replaced in between
                continue
    return found
