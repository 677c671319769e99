"""Notices that work has become slow because other programs use the processor."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable

from phingpt_bench.core.machine import cores
from phingpt_bench.core.sentences import Sentence, sentence

WINDOW = 30.0  # the fewest seconds over which a rate is measured
ADVANCES = 3  # and the fewest steps or batches, since a single one may be long
SLOW = 3.0  # warn if this many times slower than the best


def others_compute() -> bool:
    """Whether more processes want to run than there are processors; False where the system does not say (Windows)."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > cores() + 0.5


class BusyWatch:
    """The rate of one stage over time, against its best. busy: whether other programs use the processor."""

    def __init__(self, busy: Callable[[], bool] = others_compute):
        self._busy = busy
        self.start(0.0)

    def start(self, now: float) -> None:
        """A stage begins at `now` seconds."""
        self._marks = deque([(now, 0)])
        self._best = 0.0
        self._said = False

    def advance(self, tokens: int, now: float) -> None:
        """`tokens` more tokens have been processed."""
        if tokens:
            self._marks.append((now, self._marks[-1][1] + tokens))
            while len(self._marks) > ADVANCES + 1 and now - self._marks[1][0] >= WINDOW:
                self._marks.popleft()
            self._best = max(self._best, self._rate(now))

    def warning(self, now: float) -> Sentence | None:
        """What to say, once in a stage, when the rate has fallen to a third for 30 s and the machine is busy."""
        if self._said or not self._best or self._rate(now) > self._best / SLOW or not self._busy():
            return None
        self._said = True
        return sentence(
            "the machine is busy: other programs use the processor, and this runs at a third of its best rate or less; "
            "stop them, or interrupt and go on with --resume or the same command, which measures again how many "
            "threads are the fastest"
        )

    def _rate(self, now: float) -> float:
        """Tokens a second over the window; 0 as long as it is too short."""
        began, before = self._marks[0]
        if now - began < WINDOW or len(self._marks) <= ADVANCES:
            return 0.0
        return (self._marks[-1][1] - before) / (now - began)
