"""How a run asked its questions, and on which rows: all that two scores must share to be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from phingpt_bench.core.declared import Count
from phingpt_bench.core.outcomes import Kind

Thinking = Literal["on", "off"]
CALIBRATED = {"batch": ", batch-calibrated", "contextual": ", calibrated without text"}  # in the name of a variant
CHOSEN = "label-loglikelihood"  # the extraction of tasks that compare the log-likelihoods of labels


class Setting(NamedTuple):
    """The prompt setting of a run. prompt: the digest of the one that replaced the task's, None for the task's own."""

    shots: int
    chat_template: bool
    calibration: str | None
    prompt: str | None
    thinking: str | None
    thinking_end: str | None = None

    @property
    def words(self) -> tuple[str | None, str | None]:
        """Prompt and thinking; (None, None) for the task as its file has it."""
        return self.prompt, self.thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPrompt:
    """A prompt that took the place of the task's. digest: of all that shapes it, as two files may share a name."""

    name: str
    """The name of its file, without folder and ending."""

    digest: str
    system: bool = False
    """Whether it has a system message."""

    answers: dict[str, str] = field(default_factory=dict)
    """How labels are written under it, by label, where that is not the label itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Everything that makes two scores comparable. Scores of different `id` never share a rank."""

    id: str
    """E.g. "fpb/fingpt-25-seed42/v1"."""

    dataset: str
    """E.g. "takala/financial_phrasebank sentences_50agree"."""

    split: str
    """The split of the dataset."""

    rows_digest: str
    """SHA-256 prefix of the row ids in order, of the rows that were run."""

    n: Count
    """Number of rows that were run."""

    shots: Count
    """Number of few-shot examples in each prompt."""

    chat_template: bool
    """Whether prompts are in the model's chat template."""

    prompt_digest: str
    """Digest of all rendered requests, in order."""

    extraction: str
    """CHOSEN, "generation", or the format of written entities ("json", "tags")."""

    metric: str
    """The primary metric, a key of RunRecord.scores."""

    kind: Kind
    """labels, spans or scores."""

    synthetic: bool = False
    """The rows are made up: no score on them says anything about a model."""

    block: Count = 0
    """The number of the block of few-shot examples; 0 is the one that plain lm-eval takes."""

    calibration: Literal["batch", "contextual"] | None = None
    """How stored label scores were calibrated; always None in a record."""

    prompt: AskedPrompt | None = None
    """None: the task's own."""

    thinking: Thinking | None = None
    """The thinking mode that the chat template was given; None: its default."""

    thinking_end: str | None = None
    """A mark that ended a thought in an answer, in addition to the known ones; None: those alone."""

    @property
    def variant(self) -> str:
        """The prompt setting, as boards show it."""
        prompt = self.prompt.name if self.prompt else None
        first = variant_text(self.shots, self.chat_template, prompt, self.thinking)
        return first + CALIBRATED.get(self.calibration or "", "")

    @property
    def setting(self) -> Setting:
        """What tells two ways to ask apart: the prompt by its digest."""
        prompt = self.prompt.digest if self.prompt else None
        return Setting(self.shots, self.chat_template, self.calibration, prompt, self.thinking, self.thinking_end)


def variant_text(shots: int, chat_template: bool, prompt: str | None = None, thinking: str | None = None) -> str:
    """The name of a prompt variant: "0-shot", "5-shot chat", "0-shot chat, thinking off", "0-shot, prompt mine"."""
    first = f"{shots}-shot chat" if chat_template else f"{shots}-shot"
    more = (f"thinking {thinking}" if thinking else None, f"prompt {prompt}" if prompt else None)
    return ", ".join(filter(None, (first, *more)))
