"""The prompt settings of a suite, and the blocks of examples that each stands for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.protocol import CHOSEN, Thinking, variant_text
from phingpt_bench.data.prompt_file import OURS, shown
from phingpt_bench.lmeval.asking import THINKING_END, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The prompt setting: `shots` few-shot examples before each document, with or without the chat template."""

    shots: int = 0
    """Few-shot examples before each document, from the training rows."""
    chat_template: bool = False
    """Whether prompts are put into the model's chat template."""
    blocks: int = 1
    """The number of example blocks; each is run separately, and the board shows their mean (docs/fairness.md)."""
    block: int = 0
    """The number of the first block; 0 is the one that plain lm-eval shows."""
    prompt: str = OURS
    """The prompt: "ours" is the task file's, "query" is FLARE's own, anything else is a file (docs/prompts.md)."""
    thinking: Thinking | None = None
    """Whether the chat template enables thinking, "on" or "off"; null is its default."""
    thinking_end: str = THINKING_END
    """The mark that ends a thought in a written answer, in addition to the known ones."""

    def __post_init__(self) -> None:
        if self.shots < 0:
            raise BenchError("shots is at least 0")
        if self.blocks < 1 or self.block < 0:
            raise BenchError("blocks is at least 1, and block at least 0")
        if self.shots == 0 and (self.blocks > 1 or self.block):
            raise BenchError("blocks of examples need shots")
        if self.thinking is not None and not self.chat_template:
            raise BenchError("thinking is asked for in the chat template", hint="set chat_template: true")
        if not self.thinking_end.strip():
            raise BenchError("thinking_end is empty")

    def __str__(self) -> str:
        prompt = None if self.prompt == OURS else shown(self.prompt)
        name = variant_text(self.shots, self.chat_template, prompt, self.thinking)
        return f"{name} block {self.block}" if self.block else name

    @property
    def words(self) -> Words | None:
        """What changes a task's requests; None if they are those of the task file."""
        found = Words(self.prompt, self.thinking, self.thinking_end)
        return None if found == Words(OURS, None, THINKING_END) else found

    def mark(self, extraction: str) -> str | None:
        """The mark that ends a thought, for written answers, if it is none of the known ones."""
        return None if self.thinking_end == THINKING_END or extraction == CHOSEN else self.thinking_end


def drawn(variants: Iterable[Variant]) -> list[Variant]:
    """One variant for each block of examples, without duplicates."""
    every = (replace(one, blocks=1, block=one.block + at) for one in variants for at in range(one.blocks))
    return list(dict.fromkeys(every))
