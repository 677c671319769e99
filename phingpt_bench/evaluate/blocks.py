"""Blocks of examples: which training rows a k-shot prompt shows, drawn again for each block.

One block is an accident: on Financial PhraseBank two blocks gave one base 0.47 and 0.04. Block 0 is the one that plain
lm-eval shows; the others are drawn by their number under the same rule (data/examples.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from phingpt_bench.data.examples import examples
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts


def block_docs(task: TaskFacts, block: int) -> list[Row]:
    """The documents of a block in the order in which k-shot prompts take the first k; empty without training rows."""
    rows = list(task.task.training_docs()) if task.trainable else []
    return examples(rows, list(task.task.eval_docs), task.dataset.labels, block)


def block_ids(task: TaskFacts, block: int) -> tuple[str, ...]:
    """The ids of the rows of a block."""
    return task.examples if block == 0 else tuple(doc["id"] for doc in block_docs(task, block))


@contextlib.contextmanager
def showing(task: TaskFacts, block: int) -> Iterator[None]:
    """Within the block of code, the task's prompts show this block of examples."""
    if block == 0:
        yield
        return
    sampler = task.task.sampler
    before = sampler.df
    sampler.replace_df(block_docs(task, block))
    try:
        yield
    finally:
        sampler.replace_df(before)
