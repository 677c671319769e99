"""Plain lines: one for each finished stage, and one every half minute while a stage runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from phingpt_bench.live import stage_text
from phingpt_bench.live.display import WatchedDisplay
from phingpt_bench.live.events import By, Event, Said, StageEnded, StageStarted
from phingpt_bench.text.clean import clean, screened
from phingpt_bench.text.language import say, spoken

EVERY = 30.0  # seconds between two lines of one stage


class PlainDisplay(WatchedDisplay):
    """For files, pipes and terminals that cannot move their cursor. write: takes one line without its newline."""

    def __init__(self, write: Callable[[str], None] | None = None, clock: Callable[[], float] = time.monotonic):
        super().__init__(clock)
        self._write = write or _to_stderr
        self._printed = 0.0

    def on_event(self, event: Event) -> None:
        """Write a line for a stage that ended, and lines that stay."""
        if isinstance(event, By):
            if isinstance(event.event, StageEnded) and self.state.last is not None:
                text = stage_text.ended_line(self.state, self.state.last)
                self._write(say("worker {name}: {text}", name=event.worker, text=text))
            elif isinstance(event.event, Said):
                self._write(clean(spoken(event.event.text)))
        elif isinstance(event, StageStarted):
            self._printed = self.clock()
        elif isinstance(event, StageEnded):
            if self.state.last is not None:
                self._write(stage_text.ended_line(self.state, self.state.last))
        elif isinstance(event, Said):
            self._write(clean(spoken(event.text)))

    def tick(self) -> None:
        """Write a line for the running stage if the last one is EVERY seconds ago."""
        now, running = self.clock(), self.state.running
        if running is not None and now - self._printed >= EVERY:
            self._printed = now
            if self.state.workers is not None:
                self._write("  " + stage_text.all_line(self.state, now))
                return
            self._write("  " + stage_text.running_line(self.state, running, now))

    def finish(self) -> None:
        """Write the sum of all stages."""
        if line := stage_text.sum_line(self.state):
            self._write(line)


def _to_stderr(line: str) -> None:
    print(screened(line), file=sys.stderr, flush=True)
