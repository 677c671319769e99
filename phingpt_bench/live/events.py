"""What training and evaluation report while they work: one stream of plain values, which displays draw.

The order of a run: Priced, Planned, then for each stage StageStarted, Advanced and Scored as often as there is
news, and StageEnded. One stage runs at a time, or one a worker, whose events come inside By.
"""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.core.sentences import sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One part of the work. `key` names it among the stages of a run, `label` to a reader.

    total: the number of `unit`s ("documents" or "steps", see stage_text.UNITS); None if it has no parts or they are not
        known yet.
    expected: seconds that it took before on this machine; None if it never ran here.
    alike: names that it shares with stages of the same pace, the nearest first; used until it has a pace of its own.
    """

    key: str
    label: str
    unit: str = ""
    total: int | None = None
    expected: float | None = None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of an hour of this machine by the price card, in USD; None if the card does not list the machine."""

    usd_per_hour: float | None


@dataclass(frozen=True, slots=True)
class Billed:
    """The running stage costs what a host bills for it, this much so far, not the time of this machine.

    usd: None if the price is not known.
    """

    usd: float | None


@dataclass(frozen=True, slots=True)
class Planned:
    """What is still to do, in order. It replaces all earlier planned stages that have not started."""

    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins: a planned one, perhaps with more details by now, or another one.

    already: units that an earlier run completed.
    """

    stage: Stage
    already: int = 0


@dataclass(frozen=True, slots=True)
class Advanced:
    """The running stage is `count` units and `tokens` tokens further. `note` replaces its remark, such as the epoch."""

    count: int = 0
    tokens: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of the running stage so far. name: a metric's title, or "loss". value: None if undefined.

    count: the number of documents behind the value; None for a loss, whose basis is in `note`.
    final: whether it is the score of all documents, as recorded.
    """

    name: str
    value: float | None
    count: int | None = None
    note: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True)
class StageEnded:
    """The running stage is over. whole: False after an error or an interruption."""

    whole: bool = True


@dataclass(frozen=True, slots=True)
class Said:
    """A line that stays. urgent: shown even if quiet, such as what an interrupted training has kept."""

    text: str
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class By:
    """An event of one of several workers; None: the worker is lost.

    at: when it was, on the clock of the display (`time.monotonic`), since events come in batches; None: now.
    """

    worker: str
    event: Event | None
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers there are. busy: those that have work."""

    busy: int
    all: int


Event = Priced | Billed | Planned | StageStarted | Advanced | Scored | StageEnded | Said | By | Workers


def training_stages(name: str, steps: int | None = None) -> tuple[Stage, Stage, Stage]:
    """The stages of one training: loading the base, reading the rows, the steps (their number once it is known)."""
    return (
        Stage(key=f"train {name}: load", label=sentence("train {name}: load the base", name=name), alike=("load",)),
        Stage(key=f"train {name}: prepare", label=sentence("train {name}: prepare the rows", name=name)),
        Stage(key=f"train {name}", label=sentence("train {name}", name=name), unit="steps", total=steps),
    )
