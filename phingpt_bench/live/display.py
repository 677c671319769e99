"""What takes the events of a run and shows them, or nothing of them: the ground of all displays.

All of it goes to stderr. No display ever raises: one that cannot show (a reader that went away, a full disk under the
log) falls silent, and the hours of work that it tells of go on.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator

from phingpt_bench.live.events import Event, Said, Stage, StageEnded, StageStarted
from phingpt_bench.live.state import State
from phingpt_bench.text.clean import clean


class Display:
    """Takes events. As a context it shows what it shows, and leaves the terminal in order however the block ends.

    watched: whether the events are seen by anyone; without a viewer no running score has to be worked out.
    This one is the quiet one: it shows urgent lines only.
    """

    watched = False

    def tell(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Said) and event.urgent:
            with contextlib.suppress(OSError, ValueError):  # ValueError: stderr is closed, or lacks a letter
                print(clean(event.text), file=sys.stderr, flush=True)

    def __enter__(self) -> Display:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    @contextlib.contextmanager
    def stage(self, stage: Stage, already: int = 0) -> Iterator[None]:
        """The stage lasts as long as the block; an error in it ends it unfinished."""
        self.tell(StageStarted(stage, already))
        try:
            yield
        except BaseException:
            self.tell(StageEnded(whole=False))
            raise
        self.tell(StageEnded())


QUIET = Display()


class WatchedDisplay(Display):
    """What plain lines and the live view share: the state, one lock, and a thread that looks at the time.

    every: seconds between two looks. clock: monotonic seconds.
    """

    watched = True
    every = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self.state = State()
        self.clock = clock
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._silent = False

    def tell(self, event: Event) -> None:
        """Take one event in, from the thread that works."""
        self._show(lambda: self._take(event))

    def _take(self, event: Event) -> None:
        self.state.apply(event, self.clock())
        self.on_event(event)

    def _show(self, show: Callable[[], None]) -> None:
        """Everything that shows is called here, and nothing after a call that failed: whatever it was, work goes on."""
        with self._lock:
            if self._silent:
                return
            try:
                show()
            except Exception:
                self._silent = True
                with contextlib.suppress(Exception):
                    self.give_up()

    def give_up(self) -> None:
        """Leave things in order, once, when nothing can be shown any more."""

    def on_event(self, event: Event) -> None:
        """What an event causes beyond the state."""

    def tick(self) -> None:
        """Show what the time of day makes due."""

    def start(self) -> None:
        """What is shown first, when the context begins."""

    def finish(self) -> None:
        """What is shown last, when it ends."""

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
            self._show(self.tick)
