"""What follows a training step by step: what it shows, and what it has spent."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from phingpt_bench.core import jsonio
from phingpt_bench.cost.meters import Meter

PLAIN_EVERY = 30.0  # seconds between two plain lines


class Progress(TrainerCallback):
    """A bar with ETA on a terminal, plain lines elsewhere, nothing when quiet.

    As a context it leaves the terminal in order however the block ends. `loss` is the last logged one (mean over 10
    steps), None before the first.
    """

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
        from rich import progress
        from rich.console import Console

        columns = (
            progress.TextColumn("training"),
            progress.BarColumn(bar_width=None),
            progress.MofNCompleteColumn(),
            progress.TextColumn("loss {task.fields[loss]}"),
            progress.TimeElapsedColumn(),
            progress.TextColumn("left"),
            progress.TimeRemainingColumn(),
        )
        self._bar = progress.Progress(*columns, console=Console(stderr=True))
        self._bar.start()
        self._task = self._bar.add_task(self._name, total=state.max_steps, completed=state.global_step, loss="-")

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        self.loss = (logs or {}).get("loss", self.loss)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        loss = "-" if self.loss is None else f"{self.loss:.3f}"
        if self._bar is not None:
            self._bar.update(self._task, completed=state.global_step, loss=loss)
        elif not self._quiet and (
            time.monotonic() - self._printed > PLAIN_EVERY or state.global_step == state.max_steps
        ):
            self._printed = time.monotonic()
            rate = (self._printed - self._started) / max(1, state.global_step - self._first_step)
            left = rate * (state.max_steps - state.global_step)
            step = f"step {state.global_step} of {state.max_steps}"
            print(f"training {self._name}: {step}, loss {loss}, {left / 60:.1f} min left", file=sys.stderr, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class Spending(TrainerCallback):
    """Writes what a training has cost so far into each checkpoint, last of all its files."""

    FILE = "spent.json"

    def __init__(self, meter: Meter):
        self._meter = meter

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        jsonio.write_json(folder / self.FILE, self._meter.ledger(None).seconds)

    @classmethod
    def add_earlier(cls, meter: Meter, checkpoint: Path) -> None:
        """Book the seconds of an interrupted training up to `checkpoint`, phase by phase."""
        for phase, seconds in jsonio.read_json(checkpoint / cls.FILE).items():
            meter.seconds[phase] = meter.seconds.get(phase, 0.0) + seconds
