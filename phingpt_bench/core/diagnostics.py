"""Diagnostics: what is known of a run beside its scores."""

from __future__ import annotations

from dataclasses import dataclass, field

from phingpt_bench.core.builder import Amount, Count


@dataclass(frozen=True, slots=True)
class Probe:
    """What was asked of an adapter before its first score."""

    largest_logit_difference: Amount  # between the adapter on and off
    off_equals_bare_base: bool | None  # None where the bare base could not be asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A quantity over several answers."""

    median: Amount
    p95: Amount
    n: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How a served model was asked."""

    ladder: dict[str, str]  # what the engine can do: "yes", a number of first tokens, or why not
    rungs: dict[str, Count]  # prompts by the rung at which they were answered
    requests: Count  # that went out for this run
    retries: Count = 0
    resumed_answers: Count = 0  # that were there from before
    concurrent: Count = 1  # requests at a time
    parameters_not_sent: list[str] = field(default_factory=list)  # as the model refuses them
    models: list[str] = field(default_factory=list)  # that answered, as the server names them
    thoughts: Count = 0  # answers that came with one
    undecided_labels: Count = 0  # prompts whose best label was not among the first tokens
    bounded_labels: Count = 0  # labels whose log-likelihood is an upper bound, below that of the best
    wrong_usage: dict[str, Count] = field(default_factory=dict)  # answers by what is wrong with their count of tokens
    reasoning_tokens: Count | None = None  # of those written
    seconds_to_first_token: Times | None = None  # where answers were streamed
    tokens_per_second: Times | None = None  # after the first
    settings: dict[str, str] = field(default_factory=dict)  # of --model-args, where they differ from the defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What is known of a run beside its scores; None where it does not apply or is not known."""

    invalid: Count | None = None  # answers that could not be read
    reasons: dict[str, Count] | None = None  # of INVALID answers, with their number
    problems: dict[str, Count] | None = None  # of written entities by kind
    read_as: dict[str, Count] | None = None  # answers that were read in another form than the task's, by form
    misses: dict[str, Count] | None = None  # what is wrong with entities by kind (scoring/ner.py)
    selective_risk: dict[str, Amount] | None = None  # by share of the most confident answers that are kept
    aurc: Amount | None = None  # the area under the curve of risk over coverage
    truncated_prompts: Count | None = None
    cut_answers: Count | None = None
    batch_size: Count | None = None
    dequantised_once: bool | None = None
    device: str | None = None
    probe: Probe | None = None  # of an adapter
    changed_base: str | None = None  # why the adapter's base is another one by design, and was loaded for it alone
    served: Served | None = None  # of a served model
    trained_on_task: bool | None = None  # whether the adapter's training knew this task
