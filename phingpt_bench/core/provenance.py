"""Provenance: how a run was made, and what must be equal for it to count as done."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Annotated

from phingpt_bench.core.declared import Count, Least
from phingpt_bench.core.machine import Environment


def now_text(timespec: str = "seconds") -> str:
    """The current time, ISO 8601 in UTC, to the unit of `datetime.isoformat`."""
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec=timespec)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What must be equal for a run to count as done."""

    template: str  # digest of what determines prompt and answer
    setup: str  # digest of what else determines the answers, without examples
    rows: str  # digest of the row ids
    examples: str | None = None  # digest of the ids of the examples in the prompts
    base: str | None = None
    base_revision: str | None = None
    quantisation: str | None = None
    compute_dtype: str | None = None
    engine: str | None = None  # of a served model, with what else determines its answers
    engine_version: str | None = None
    asked: str | None = None  # digest of how a served model is queried
    baseline: str | None = None  # the name of a floor or check, which has no base
    adapter: str | None = None  # digest of its weights
    shots: Count = 0
    chat_template: bool = False
    prompt: str | None = None  # digest of the prompt that took the place of the task's
    thinking: str | None = None  # "on" or "off" as the chat template was asked for; None: its default
    thinking_end: str | None = None  # the mark that ends a thought; None: the known ones
    limit: Annotated[int, Least(1)] | None = None
    seed: int = 0
    device: str | None = None  # this and the next fields may change a score in its last digits
    dequantise: str | None = None
    batch_size: Count | None = None
    skip_long: bool = False  # whether rows that are longer than the model reads are not asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The file of another program that a record was made from, by its name alone."""

    source: str  # "lm-eval", "inspect", "helm"
    version: str | None = None
    file: str
    digest: str  # of its bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a record comes from.

    amendments: later changes to its files, by name. imported: None for a run of this program. command: as typed, but
    the home folder. measured: when the answers were made, ISO 8601 in UTC, of a copy of a run that was kept, such as a
    fitted baseline's; environment and costs are of that time, too; None: the run was made when the record was.
    files: digests of the files beside the record when it was written, by name; older ones have none.
    """

    environment: Environment = field(default_factory=Environment)
    scoring: Annotated[int, Least(1)] = 1  # version of scoring (scoring/version.py); 1 in records without a version
    fingerprint: Fingerprint | None = None
    amendments: dict[str, str] = field(default_factory=dict)
    imported: Imported | None = None
    command: str | None = None
    measured: str | None = None
    files: dict[str, str] = field(default_factory=dict)
