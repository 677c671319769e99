"""Callbacks of a training: progress for the display, and a seal on every checkpoint."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.cost.meters import Meter
from phingpt_bench.live.events import Advanced, Event, Scored
from phingpt_bench.train import checkpoints


class ProgressCallback(TrainerCallback):
    """Sends the display each step with its tokens (without padding) and epoch, and the loss.

    loss: the last logged one, the mean over `args.logging_steps` steps; None before the first.
    """

    def __init__(self, tell: Callable[[Event], None], lengths: Sequence[int], steps: Sequence[Sequence[int]]):
        """lengths: tokens of each row. steps: rows of each step, as in rows.batches."""
        self.loss: float | None = None
        self._tell = tell
        self._tokens = [sum(lengths[i] for i in step) for step in steps]
        rows = list(itertools.accumulate(len(step) for step in steps))
        epochs = -(-rows[-1] // len(lengths))
        self._epochs = [
            sentence("epoch {n} of {all}", n=min(epochs, done // len(lengths) + 1), all=epochs) for done in [0, *rows]
        ]

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report the epoch in which the training starts or resumes."""
        self._tell(Advanced(note=self._epochs[state.global_step]))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Report the loss, every few steps."""
        if logs is not None and "loss" in logs:
            self.loss = logs["loss"]
            self._tell(
                Scored(
                    sentence("loss"),
                    self.loss,
                    note=sentence_n("mean of {n} step", "mean of {n} steps", args.logging_steps),
                )
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Report one more step."""
        done = state.global_step
        self._tell(Advanced(count=1, tokens=self._tokens[done - 1], note=self._epochs[done]))


class SealCallback(TrainerCallback):
    """Seals each checkpoint, with the cost of the training so far."""

    def __init__(self, meter: Meter):
        self._meter = meter

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Runs after Trainer has written everything else."""
        checkpoints.seal(Path(args.output_dir) / f"checkpoint-{state.global_step}", self._meter.ledger(None))
