"""What a training shows while it runs: a bar with ETA on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import sys
import time
from typing import Any

from transformers import TrainerCallback

PLAIN_EVERY = 30.0  # seconds between two plain lines


class Progress(TrainerCallback):
    """Follows the Trainer's steps. The last logged loss (mean over 10 steps) is kept in `loss`, None before the first."""

    def __init__(self, name: str, quiet: bool = False):
        self.loss: float | None = None
        self._name, self._quiet = name, quiet
        self._bar: Any = None
        self._task: Any = None
        self._started = self._printed = 0.0
        self._first_step = 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._started = self._printed = time.monotonic()
        self._first_step = state.global_step
        if self._quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("training"), BarColumn(bar_width=None), MofNCompleteColumn(), TextColumn("loss {task.fields[loss]}"),
            TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(), console=Console(stderr=True),
        )  # fmt: skip
        self._bar.start()
        self._task = self._bar.add_task(self._name, total=state.max_steps, completed=state.global_step, loss="-")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        self.loss = (logs or {}).get("loss", self.loss)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        loss = "-" if self.loss is None else f"{self.loss:.3f}"
        if self._bar is not None:
            self._bar.update(self._task, completed=state.global_step, loss=loss)
        elif not self._quiet and (time.monotonic() - self._printed > PLAIN_EVERY or state.global_step == state.max_steps):
            self._printed = time.monotonic()
            rate = (self._printed - self._started) / max(1, state.global_step - self._first_step)
            left = rate * (state.max_steps - state.global_step)
            line = f"training {self._name}: step {state.global_step} of {state.max_steps}, loss {loss}, {left / 60:.1f} min left"
            print(line, file=sys.stderr, flush=True)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._bar is not None:
            self._bar.stop()
