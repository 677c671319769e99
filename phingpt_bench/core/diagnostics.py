"""Diagnostics: what is known about a run besides its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from phingpt_bench.core.declared import Amount, Count
from phingpt_bench.core.sentences import Sentence, joined, sentence, sentence_n


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
    fingerprints: dict[str, Count] = field(default_factory=dict)  # answers by the system_fingerprint with them
    thoughts: Count = 0  # answers with separate reasoning
    undecided_labels: Count = 0  # prompts whose best label was not among the first tokens
    bounded_labels: Count = 0  # labels whose log-likelihood is an upper bound, below that of the best
    wrong_usage: dict[str, Count] = field(default_factory=dict)  # answers with a wrong token count, by what is wrong
    reasoning_tokens: Count | None = None  # part of the tokens written
    seconds_to_first_token: Times | None = None  # if answers were streamed
    tokens_per_second: Times | None = None  # after the first token
    server: str | None = None  # digest of its address, which is not stored; None of an engine that was started here
    settings: dict[str, str] = field(default_factory=dict)  # options of --model-args that differ from the defaults


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How far label probabilities move with the batch: rows of the run, each asked again alone."""

    rows: Count
    largest: Amount  # difference of a probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Abstention:
    """Rows that go to a person, who is taken to be right, so that the whole reaches a target accuracy."""

    target: Amount
    threshold: Amount  # of the confidence, from validation rows: rows below it are handed over
    validation_handed: Amount  # share of the validation rows
    handed: Amount  # share of the run's rows
    accuracy: Amount  # of system and person together on the run's rows
    low: Amount | None  # its 95 % interval
    high: Amount | None
    answered: Amount | None  # accuracy of the rows that the system answers; None if it answers none


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
    abstention: list[Abstention] | None = None  # by target accuracy, of a combination
    content_free: list[list[Amount]] | None = None  # probabilities of the labels without a text, by question
    spread: Spread | None = None  # of label probabilities
    truncated_prompts: Count | None = None
    cut_answers: Count | None = None
    empty_answers: Count | None = None  # written ones without a text; rows that were not asked are left out
    skipped_rows: Count | None = None  # longer than the model reads, and not asked; None unless that was wanted
    batch_size: Count | None = None
    memory_splits: Count | None = None  # how often the GPU's memory ran out, and the work went on in smaller batches
    dequantised_once: bool | None = None
    device: str | None = None
    threads: Count | None = None  # of a CPU: sums of products may differ in their last digits
    probe: Probe | None = None  # of an adapter
    changed_base: str | None = None  # why the adapter's base is another one by design, and was loaded for it alone
    named_base: str | None = None  # the other base that adapter_config.json names
    served: Served | None = None  # of a served model
    trained_on_task: bool | None = None  # whether the adapter was trained on this task

    @property
    def served_models(self) -> list[str]:
        """The names by which a server reports what answered; empty without a server, or if it names none."""
        return [] if self.served is None else self.served.models

    @property
    def fingerprints(self) -> dict[str, int]:
        """Answers by what the server says of its build and settings with them; empty if it says nothing."""
        return {} if self.served is None else self.served.fingerprints


def cut_text(n: int) -> Sentence:
    """That inputs were cut; a model that compares labels reads a prompt once with each, and they count one by one."""
    return sentence_n(
        "{n:,} input lost its beginning: it is longer than the model reads",
        "{n:,} inputs lost their beginning: they are longer than the model reads",
        n,
    )


def changed_server_text(fingerprints: Mapping[str, int]) -> Sentence:
    """That a server changed during a run: its fingerprints with their answers, of more than three the commonest."""
    shown = sorted(fingerprints, key=lambda name: -fingerprints[name])[:3]
    parts = [sentence_n("{name} ({n:,} answer)", "{name} ({n:,} answers)", fingerprints[name], name=name)
             for name in shown]  # fmt: skip
    if len(fingerprints) > len(shown):
        parts.append(sentence_n("{n:,} other", "{n:,} others", len(fingerprints) - len(shown)))
    return sentence("the server's system_fingerprint changed during the run: {list}", list=joined(parts))


def skipped_text(n: int) -> Sentence:
    """That rows were not asked."""
    return sentence_n(
        "{n:,} row was not asked and counts as unanswered: it is longer than the model reads",
        "{n:,} rows were not asked and count as unanswered: they are longer than the model reads",
        n,
    )


def empty_text(n: int, rows: int, *, chat: bool) -> Sentence:
    """That n of the answers of so many rows are empty. chat: whether the chat template was used."""
    if n < rows:
        return sentence("{n:,} of {rows:,} written answers are empty", n=n, rows=rows)
    if chat:
        return sentence_n("the {n:,} written answer is empty", "all {n:,} written answers are empty", n)
    return sentence_n(
        "the {n:,} written answer is empty (a chat model needs the chat template)",
        "all {n:,} written answers are empty (a chat model needs the chat template)",
        n,
    )
