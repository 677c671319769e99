"""How a run's scores change with its prompt: part of a record where paraphrases were asked."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.core.declared import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Paraphrased:
    """The scores of the same rows under other prompts (data/paraphrases.py)."""

    family: str
    """The name of the family of prompts."""

    digest: str
    """Digest of its prompts: figures of two runs are comparable if it is the same."""

    scores: list[dict[str, float | None]]
    """Every metric by name, for each prompt in the order of the family."""

    changed: Amount
    """Share of the rows whose answer is not the same under all prompts, the task's own included."""
