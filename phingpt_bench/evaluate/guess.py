"""The time of a run that was never done here, guessed from the nearest runs that this machine measured.

A guess is a range around the median of the nearest runs, by document. How far a run may be from that median was
measured on the shipped records, each guessed from the others (benchmarks/guesses.py): about nine of ten lie in the
range of their kind. Where only runs of other bases are known there is no guess: another base may be a hundred times as
large.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from phingpt_bench.core.ledgers import PARAPHRASES, WARM_UP
from phingpt_bench.core.records import NO_MODELS, RunRecord
from phingpt_bench.core.sentences import Sentence, sentence

APART = ("load", WARM_UP, PARAPHRASES)  # phases that are not a run's own


class Traits(NamedTuple):
    """What decides the time of a run. made: base, number format and engine; the name of a floor."""

    task: str
    made: tuple[str | None, ...]
    floor: bool
    asked: tuple[object, ...]  # shots, chat template, thinking
    way: tuple[str, str]  # how an answer is obtained, and the kind of task


@dataclass(frozen=True, slots=True)
class Near:
    """A kind of nearness. low, high: nine of ten runs take this many times the median of their near ones."""

    name: Sentence
    holds: Callable[[Traits, Traits], bool]
    low: float
    high: float


NEAR = (
    Near(
        sentence("the same base on the same task, asked in the same way"),
        lambda a, b: not a.floor and a[:4] == b[:4],
        0.4,
        2.3,
    ),
    Near(
        sentence("the same base on the same task, asked in another way"),
        lambda a, b: not a.floor and a[:3] == b[:3],
        0.4,
        2.7,
    ),
    Near(
        sentence("the same base on another task of its kind"),
        lambda a, b: not a.floor and a[1:] == b[1:],
        0.5,
        7.0,
    ),
    Near(sentence("the same baseline on another task"), lambda a, b: a.floor and a[1:3] == b[1:3], 0.3, 4.5),
)  # the nearest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Seconds that a run may take, in nine of ten cases. near: the kind of the runs behind it; n: their number."""

    low: float
    high: float
    near: Sentence
    n: int


def guessed(wanted: Traits, documents: int, measured: Iterable[tuple[Traits, RunRecord]]) -> Guess | None:
    """The guess from the nearest kind of runs; None where none is near.

    documents: rows of the run, of which a floor needs the least time to fit: its time is that of a whole run.
    """
    known = list(measured)
    for near in NEAR:
        times = [seconds_of(record, whole=wanted.floor) for traits, record in known if near.holds(wanted, traits)]
        if times:
            middle = statistics.median(times) * (1 if wanted.floor else documents)
            return Guess(low=near.low * middle, high=near.high * middle, near=near.name, n=len(times))
    return None


def seconds_of(record: RunRecord, *, whole: bool = False) -> float:
    """What a run took without loading, by document or as a whole."""
    seconds = sum(spent for phase, spent in record.evaluation.seconds.items() if phase not in APART)
    return seconds if whole else seconds / record.protocol.n


def traits_of(record: RunRecord) -> Traits:
    """The traits of a run that was made."""
    model, protocol = record.model, record.protocol
    floor = model.kind in NO_MODELS
    made = (model.name,) if floor else (model.name, model.quantisation, model.compute_dtype, model.engine)
    return Traits(
        task=record.task,
        made=made,
        floor=floor,
        asked=() if floor else (protocol.shots, protocol.chat_template, protocol.thinking),
        way=("", "") if floor else (protocol.extraction, protocol.kind),
    )
