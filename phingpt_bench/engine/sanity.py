"""Checks before answers are scored: complete prompts, finite numbers, labels that differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError

Scored = tuple[tuple[str, str], list[int], list[int]]  # ((context, continuation), their token ids), as lm-eval has them


def check_pair(tokenizer: Any, texts: tuple[str, str], whole: Sequence[int], context: Sequence[int]) -> None:
    """BenchError unless the tokens of a prompt are a prefix of the tokens of prompt + label.

    lm-eval treats every token after the prompt's length as the label; if the tokenisation differs, part of the label is
    not scored.
    """
    if list(whole[: len(context)]) == list(context):
        return
    end = texts[0][-20:]
    raise BenchError(
        "the tokens of the prompt, which ends in {end!r}, are not a prefix of the tokens of the prompt "
        "with the label {texts!r}: the label would be only partly scored",
        where=str(tokenizer.name_or_path) or None,
        hint="let the label begin with a space (target_delimiter in the task's YAML), or end the prompt in a word",
        end=end,
        texts=texts[1],
    )


def check_scores(requests: Sequence[Scored], scores: Sequence[tuple[float, bool]]) -> None:
    """BenchError if no log-likelihood is finite, or if the labels of every prompt have equal scores."""
    if scores and not any(math.isfinite(score) for score, _ in scores):
        raise BenchError(
            "no log-likelihood of this model is a finite number",
            hint="its weights are damaged, or its numbers overflow: try compute_dtype float32",
        )
    labels: dict[tuple[int, ...], dict[tuple[int, ...], float]] = {}
    for (_, context, continuation), (score, _) in zip(requests, scores, strict=True):
        labels.setdefault(tuple(context), {})[tuple(continuation)] = score
    several = [list(own.values()) for own in labels.values() if len(own) > 1]
    if several and all(len(set(own)) == 1 for own in several):
        raise BenchError(
            "the labels have equal scores in all {n:,} prompts, so nothing tells them apart",
            hint="its logits do not depend on the label: its weights or tokenizer may be damaged",
            n=len(several),
        )
