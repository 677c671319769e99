"""Diagnostics: what is known about a run besides its scores."""

from __future__ import annotations

from dataclasses import dataclass, field

from phingpt_bench.core.builder import Amount, Count


@dataclass(frozen=True, slots=True)
class Probe:
    """Checks of an adapter before its first score."""

    largest_logit_difference: Amount  # between adapter on and off
    off_equals_bare_base: bool | None  # None if the bare base could not be run


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The distribution of a time or speed over several answers."""

    median: Amount
    p95: Amount
    n: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """How a served model was queried."""

    ladder: dict[str, str]  # by rung: "yes", the number of first tokens, or why it cannot be used
    rungs: dict[str, Count]  # the number of prompts answered at each rung
    requests: Count  # sent for this run
    retries: Count = 0
    resumed_answers: Count = 0  # taken from the resume file
    concurrent: Count = 1  # requests in parallel
    parameters_not_sent: list[str] = field(default_factory=list)  # which the model refuses
    models: list[str] = field(default_factory=list)  # the names by which the server reports what answered
    thoughts: Count = 0  # answers with separate reasoning
    undecided_labels: Count = 0  # prompts whose best label was not among the first tokens
    bounded_labels: Count = 0  # labels whose log-likelihood is an upper bound, below that of the best
    wrong_usage: dict[str, Count] = field(default_factory=dict)  # answers with a wrong token count, by what is wrong
    reasoning_tokens: Count | None = None  # part of the tokens written
    seconds_to_first_token: Times | None = None  # if answers were streamed
    tokens_per_second: Times | None = None  # after the first token
    settings: dict[str, str] = field(default_factory=dict)  # options of --model-args that differ from the defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What is known about a run besides its scores; None if it does not apply or is unknown."""

    invalid: Count | None = None  # answers that could not be read
    reasons: dict[str, Count] | None = None  # the number of INVALID answers by reason
    problems: dict[str, Count] | None = None  # problems of written entities by kind
    read_as: dict[str, Count] | None = None  # answers in another form than the task's, by form
    misses: dict[str, Count] | None = None  # wrong entities by kind (scoring/ner.py)
    selective_risk: dict[str, Amount] | None = None  # the error rate by the share of most confident answers
    aurc: Amount | None = None  # the area under the curve of risk over coverage
    content_free: list[list[Amount]] | None = None  # probabilities of the labels without a text, by question
    truncated_prompts: Count | None = None
    cut_answers: Count | None = None
    batch_size: Count | None = None
    dequantised_once: bool | None = None
    device: str | None = None
    probe: Probe | None = None  # of an adapter
    changed_base: str | None = None  # why the adapter's base is another one by design, and was loaded for it alone
    served: Served | None = None  # of a served model
    trained_on_task: bool | None = None  # whether the adapter was trained on this task
