"""What an explanation holds: for each row the words and, for each system, what leaving one out does to its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from phingpt_bench.why.figures import Faithful, Mean, People, Reasons, WordMean

Kind = Literal["labels", "spans"]
Place = tuple[int, int, str]  # of an entity: character offsets, end exclusive, and its type


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing that is explained: a label against another, or one entity of an answer."""

    name: str
    """The label, or the piece of the answer ("ORG: Nokia Oyj")."""

    against: str | None
    """The label that it is compared with; None for an entity."""

    value: float
    """Log-odds of the label against the other, or log-likelihood of the piece; in nats, with the whole text."""

    changes: list[float]
    """By word, how much lower the value is without it: what speaks for the target is above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A word that a rule of the lexicon counted."""

    word: int
    """Its index among the words of the row."""

    value: int
    """+1 or -1."""

    subject: str
    """The word that gave a direction its sense ("sales" of "sales fell"), "" without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Something wrong with the entities of an answer (scoring/ner.py)."""

    kind: str
    """"boundary", "missed" ..., one of `ner.MISS_KINDS`."""

    gold: Place | None
    predicted: Place | None
    surface: str | None
    """What was written, where it has no place in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """What a system writes of its answer to a row, and the answers that put it to the test."""

    label: str
    """The label that it writes with the reason; "" where none could be read."""

    text: str
    """The reason; "" for none."""

    words: list[int]
    """The words of the text that it names, by their indices."""

    without: str | None = None
    """The answer without these words; None where `label` is not the answer, and where they are none or all."""

    random: list[str] = field(default_factory=list)
    """The answers without as many random words."""

    wanted: str = ""
    """The label that a changed text was asked for; "" where `label` is not the answer."""

    changed: str = ""
    """The changed text; "" for none."""

    kept: float | None = None
    """Share of the text's words that the changed text still has."""

    becomes: str | None = None
    """The answer to the changed text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one system answers to a row, and why."""

    answer: str
    """The label that it gives, or the answer that it writes."""

    targets: list[Target]
    """One for a label; for entities one for each piece of the answer."""

    scores: list[list[float]] = field(default_factory=list)
    """Labels: log-likelihood of each label, first with the whole text, then without each word."""

    spans: list[Place] = field(default_factory=list)
    """Entities: those that were read from the answer."""

    misses: list[Missed] = field(default_factory=list)
    """Entities: what is wrong with the answer."""

    prompts: list[str] = field(default_factory=list)
    """The answer under each of `Why.prompts`; empty for a run that was not asked paraphrases."""

    reason: Reason | None = None
    """What the system says about its answer; None where it was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowWhy:
    """A row that is explained."""

    id: str
    """The row's id in its dataset."""

    gold: str
    """The right label, or the right answer."""

    text: str
    words: list[tuple[int, int]]
    """Character offsets of the words in the text, end exclusive."""

    sides: list[Side]
    """One for each system."""

    spans: list[Place] = field(default_factory=list)
    """Entities: the right ones."""

    marked: list[int] = field(default_factory=list)
    """The words, by place in `words`, that annotators marked as the reason of the gold label; none where none did."""

    rules: list[Rule] = field(default_factory=list)
    """Words that the lexicon counts, where it knows the labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The explanation of some rows of a task.

    systems: the names of the systems, one or two. asked: the rows that were meant, of which `rows` are the first.
    """

    task: str
    protocol: str
    kind: Kind
    labels: list[str]
    """The labels, or the entity types."""

    systems: list[str]
    runs: list[str]
    """The ids of their runs."""

    choice: str
    """Which rows were meant: flips, errors, all, random or ids."""

    asked: int
    rows: list[RowWhy]
    words: list[WordMean]
    """The words of at least three rows, the largest change (of one system: contribution) first."""

    faithful: list[list[Faithful]]
    """By system, for each k; empty where it was not asked for."""

    people: list[People | None]
    """By system, as `faithful`; None for a system without a row of marked words."""

    agreement: Mean | None
    """Mean rank correlation (Spearman) of the two systems' contributions in a row; None for one system."""

    seconds: float
    """Time of the forwards."""

    one_scoring: float
    """Time of scoring the same rows once, without any word left out; of labels, that of a part of them extrapolated."""

    forwarded: int
    """Tokens that were computed."""

    variants: int
    """Texts that were scored, by all systems together."""

    scored: list[bool]
    """By system, whether it gives likelihoods; without them no contribution is known."""

    prompts: list[str] = field(default_factory=list)
    """The paraphrases that rows were put in; empty where no run was asked them."""

    reasons: list[Reasons | None] = field(default_factory=list)
    """By system, what came of its reasons; empty where none were asked for, None for a baseline."""
