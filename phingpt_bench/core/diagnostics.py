"""Diagnostics: what is known of a run beside its scores."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.core.builder import Amount, Count


@dataclass(frozen=True, slots=True)
class Probe:
    """What was asked of an adapter before its first score."""

    largest_logit_difference: Amount  # between the adapter on and off
    off_equals_bare_base: bool | None  # None where the bare base could not be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What is known of a run beside its scores; None where it does not apply or is not known."""

    invalid: Count | None = None  # answers that could not be read
    reasons: dict[str, Count] | None = None  # of INVALID answers, with their number
    problems: dict[str, Count] | None = None  # of written entities by kind
    misses: dict[str, Count] | None = None  # what is wrong with entities by kind (scoring/ner.py)
    selective_risk: dict[str, Amount] | None = None  # by share of the most confident answers that are kept
    aurc: Amount | None = None  # the area under the curve of risk over coverage
    truncated_prompts: Count | None = None
    cut_answers: Count | None = None
    batch_size: Count | None = None
    dequantised_once: bool | None = None
    device: str | None = None
    probe: Probe | None = None  # of an adapter
    trained_on_task: bool | None = None  # whether the adapter's training knew this task
