"""The live view: one picture at the bottom of the terminal, redrawn in place; at the end, plain lines remain."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NoReturn

from phingpt_bench.cost.meters import peak_gpu_bytes, peak_host_bytes
from phingpt_bench.live import stage_text
from phingpt_bench.live.display import WatchedDisplay
from phingpt_bench.live.events import Event, Said
from phingpt_bench.live.frame import frame
from phingpt_bench.live.state import DONE, STOPPED
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import spoken

LOOK_EVERY = 1.0  # seconds between two reads of the memory


class LiveDisplay(WatchedDisplay):
    """Drawn once a second with rich.live, without scrolling: what does not fit is only counted.

    console: for tests; by default the terminal of stderr. Standard output is not captured: print to it before or after.
    Standard error goes above the picture, so that a library's warning does not spoil it.
    """

    def __init__(self, console: Any = None, clock: Callable[[], float] = time.monotonic):
        super().__init__(clock)
        from rich.console import Console
        from rich.live import Live

        self.console = console or Console(stderr=True, highlight=False)
        # rich would end the program and discard its standard output
        setattr(self.console, "on_broken_pipe", _raise_it)  # noqa: B010  a method, which mypy does not let us assign
        self._last_words: list[str] = []
        self._drawn = 0  # columns of the widest line on the screen
        self._memory, self._looked = stage_text.peak_text(peak_host_bytes(), None), -LOOK_EVERY
        self._live = Live(
            get_renderable=self.picture, console=self.console, auto_refresh=False, transient=True,
            redirect_stdout=False, redirect_stderr=True, vertical_overflow="crop",
        )  # fmt: skip

    def picture(self) -> Any:
        """The picture on the screen."""
        from rich.text import Text

        size = self.console.size
        lines = frame(
            self.state,
            self.clock(),
            width=max(20, size.width - 1),  # a full last column makes some terminals wrap
            height=size.height,
            memory=self._memory,
            plain=not self.console.encoding.lower().startswith("utf"),
        )
        self._drawn = max(line.cell_len for line in lines)
        return Text("\n").join(lines)

    def on_event(self, event: Event) -> None:
        """Print lines that stay above the picture, urgent ones at the end; everything else waits for the next tick.

        Memory is read here, in the working thread: in the other thread torch may be half imported.
        """
        if self.clock() - self._looked >= LOOK_EVERY:
            self._looked = self.clock()
            self._memory = stage_text.peak_text(peak_host_bytes(), peak_gpu_bytes())
        if isinstance(event, Said) and event.urgent:
            self._last_words.append(clean(spoken(event.text)))
        elif isinstance(event, Said):
            self.console.print(clean(spoken(event.text)), markup=False, highlight=False)

    def tick(self) -> None:
        """Draw. If the terminal became narrower it has wrapped lines, and their number is unknown: clear the screen."""
        if not self._live.is_started:
            return
        if self.console.size.width <= self._drawn:
            self.console.clear()
        self._live.refresh()

    def start(self) -> None:
        """The first picture."""
        self._live.start()

    def give_up(self) -> None:
        """Stop drawing and release standard error."""
        self._live.stop()

    def finish(self) -> None:
        """Remove the picture; finished stages remain as plain lines."""
        self._live.stop()
        over = [one for one in self.state.stages if one.status in (DONE, STOPPED)]
        lines = (
            [stage_text.ended_line(self.state, one) for one in over]
            + [stage_text.sum_line(self.state)]
            + self._last_words
        )
        print("\n".join(filter(None, lines)), file=self.console.file, flush=True)


def _raise_it() -> NoReturn:
    raise BrokenPipeError
