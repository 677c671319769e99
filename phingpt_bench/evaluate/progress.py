"""What a run shows while it works: one bar on a terminal, plain lines elsewhere, nothing when quiet. All on stderr."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

PLAIN_EVERY = 30.0  # seconds between two plain lines of one stage


class Progress:
    """Tells which stage is worked on and how far it is."""

    def __init__(self, quiet: bool = False):
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()

    def say(self, text: str) -> None:
        """One line that stays."""
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def stage(self, text: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Shows `text` during the block; the function it yields moves the bar on by some of `total` documents.

        Without a total there is a spinner, and nothing to move.
        """
        if self._quiet:
            yield _nothing
        elif self._terminal:
            with _bar(text, total) as advance:
                yield advance
        else:
            self.say(text)
            yield _plain(self.say, total) if total else _nothing


def _nothing(count: int) -> None:
    pass


@contextlib.contextmanager
def _bar(text: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich import progress
    from rich.console import Console

    columns: list[Any] = [progress.SpinnerColumn(), progress.TextColumn("{task.description}", markup=False)]
    if total:
        columns += [progress.BarColumn(bar_width=20), progress.MofNCompleteColumn(), progress.TimeRemainingColumn()]
    else:
        columns.append(progress.TimeElapsedColumn())
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)

        def advance(count: int) -> None:
            bar.advance(task, min(count, (total or 0) - bar.tasks[0].completed))

        yield advance


def _plain(say: Callable[[str], None], total: int) -> Callable[[int], None]:
    done, printed = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, printed
        done = min(done + count, total)
        if time.monotonic() - printed > PLAIN_EVERY:
            printed = time.monotonic()
            say(f"  {done} of {total} documents")

    return advance


class Ticking:
    """A meter for the model that also moves a bar: it is told of each batch of `size` documents."""

    def __init__(self, meter: Any, advance: Callable[[int], None], size: int):
        self._meter, self._advance, self._size = meter, advance, size

    def count(self, **tokens: int) -> None:
        self._meter.count(**tokens)
        self._advance(self._size)
