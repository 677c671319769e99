"""Which runs are meant: by their tags, and by the day on which they were made."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A choice of runs; the empty one holds for all.

    tags: a run has one of them. since, until: the first and the last day, as YYYY-MM-DD, in UTC. BenchError where the
    first day is after the last one.
    """

    tags: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.since > self.until:
            raise BenchError(
                "{since} is after {until}, the day of --until", where="--since", since=self.since, until=self.until
            )

    @property
    def options(self) -> tuple[str, ...]:
        """The options that choose, as they are written on the command line."""
        given = {"--tag": self.tags, "--since": self.since, "--until": self.until}
        return tuple(option for option, value in given.items() if value)

    @property
    def is_empty(self) -> bool:
        """Whether it holds for every run."""
        return self == ALL

    def holds(self, created: str, tags: tuple[str, ...] | list[str]) -> bool:
        """Whether a run of this time (ISO 8601) with these tags is meant."""
        day = created[:10]
        return (
            (not self.tags or not set(self.tags).isdisjoint(tags))
            and (self.since is None or day >= self.since)
            and (self.until is None or day <= self.until)
        )

    def order(self, record: RunRecord) -> tuple[bool, str, str]:
        """Greater for the run that stands for others of its key: a run that is meant, of several the newest."""
        return self.holds(record.created, record.tags), record.created, record.run_id


ALL = Chosen()


def day(text: str, where: str) -> str:
    """A day as YYYY-MM-DD, where `text` is one; BenchError at `where` for anything else."""
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise BenchError("'{text}' is not a day", where=where, hint="such as 2026-01-31", text=text) from None
