"""What a combination gives, whatever the kind of task."""

from __future__ import annotations

from typing import NamedTuple

from phingpt_bench.evaluate.answers import Answers


class Made(NamedTuple):
    """The answers to a run's rows, and the weights of the combination, which identify it."""

    answers: Answers
    weights: list[object]
