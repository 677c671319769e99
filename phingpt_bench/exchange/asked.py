"""How a run was asked, as far as lm-eval's results have no place for it: they go out and come back with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from phingpt_bench.core.config import build
from phingpt_bench.core.declared import Count
from phingpt_bench.core.protocol import AskedPrompt, Thinking
from phingpt_bench.core.records import RunRecord

KEY = "phingpt_bench"  # in a file of results that this program wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOtherwise:
    """What tells a run from one with the task's own prompt; the fields are those of protocol and model."""

    prompt: AskedPrompt | None = None
    block: Count = 0
    thinking: Thinking | None = None
    thinking_end: str | None = None
    trained_elsewhere: bool = False


def asked_of(record: RunRecord) -> AskedOtherwise:
    """That of a record."""
    asked = record.protocol
    return AskedOtherwise(
        prompt=asked.prompt, block=asked.block, thinking=asked.thinking, thinking_end=asked.thinking_end,
        trained_elsewhere=record.model.trained_elsewhere,
    )  # fmt: skip


def asked_again(record: RunRecord, content: Mapping[str, Any], where: str) -> RunRecord:
    """The record of an imported run, asked as its file says; unchanged for a file that says nothing of it.

    BenchError at `where` for a value that cannot be.
    """
    own = content.get(KEY)
    if not isinstance(own, Mapping) or "asked" not in own:
        return record
    found = build(AskedOtherwise, own["asked"], where)
    protocol = replace(
        record.protocol, prompt=found.prompt, block=found.block, thinking=found.thinking,
        thinking_end=found.thinking_end,
    )  # fmt: skip
    return replace(record, protocol=protocol, model=replace(record.model, trained_elsewhere=found.trained_elsewhere))
