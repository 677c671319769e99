"""Displays take the events of a run and show them: the base classes.

Displays write to stderr. They never raise: a display that cannot write (a closed pipe, a full disk) becomes silent, and
the run continues.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from phingpt_bench.live.busy import BusyWatch
from phingpt_bench.live.events import Advanced, Event, Said, Stage, StageEnded, StageStarted
from phingpt_bench.live.state import State
from phingpt_bench.text.clean import screened
from phingpt_bench.text.language import current, speaking, spoken


class Display:
    """Takes events. As a context manager it restores the terminal, however the block ends.

    watched: whether someone sees the events; if not, no running score has to be computed.
    This base class is the quiet display: it shows urgent lines only.
    """

    watched = False

    def tell(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Said) and event.urgent:
            with contextlib.suppress(OSError, ValueError):  # ValueError: stderr is closed, or lacks a letter
                print(screened(spoken(event.text)), file=sys.stderr, flush=True)

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    @contextlib.contextmanager
    def stage(self, stage: Stage, already: int = 0) -> Iterator[None]:
        """A stage that lasts as long as the block; after an error it ends unfinished."""
        self.tell(StageStarted(stage, already))
        try:
            yield
        except BaseException:
            self.tell(StageEnded(whole=False))
            raise
        self.tell(StageEnded())


QUIET = Display()


class WatchedDisplay(Display):
    """What plain lines and the live view share: the state, one lock, and a thread that watches the time.

    every: seconds between two ticks. clock: monotonic seconds.
    """

    watched = True
    every = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.state = State()
        self.clock = clock
        self._busy = BusyWatch()
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._silent = False
        self._language = current()  # the thread that looks at the time would speak English

    def tell(self, event: Event) -> None:
        """Take one event, from the working thread."""
        self._show(lambda: self._take(event))

    def _take(self, event: Event) -> None:
        now = self.clock()
        if isinstance(event, StageStarted):
            self._busy.start(now)
        elif isinstance(event, Advanced):
            self._busy.advance(event.tokens, now)
        self.state.apply(event, now)
        self.on_event(event)

    def _show(self, show: Callable[[], None]) -> None:
        """Call `show`, unless an earlier call failed: whatever the error, the run continues."""
        with self._lock:
            if self._silent:
                return
            try:
                with speaking(self._language):
                    show()
            except Exception:
                self._silent = True
                with contextlib.suppress(Exception):
                    self.give_up()

    def give_up(self) -> None:
        """Clean up, once, after showing has failed."""

    def on_event(self, event: Event) -> None:
        """React to an event, after the state has changed."""

    def tick(self) -> None:
        """Show what is due by now."""

    def start(self) -> None:
        """Show the first output, when the context begins."""

    def finish(self) -> None:
        """Show the last output, when the context ends."""

    def __enter__(self) -> Display:
        self._show(self.start)
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="display", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._show(self.finish)

    def _run(self) -> None:
        while not self._stop.wait(self.every):
            self._show(self._look)

    def _look(self) -> None:
        if (warning := self._busy.warning(self.clock())) is not None:
            self._take(Said(warning))
        self.tick()
