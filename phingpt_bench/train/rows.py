"""Training rows: token ids of prompt + answer, cut into batches by tokens."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.documents import Doc

WINDOW = 512  # rows sorted by length together: many enough to save padding, few enough to keep the order random


@dataclass(frozen=True, slots=True)
class Row:
    """ids: prompt and answer tokens. start: index of the first answer token; the loss counts from there on."""

    ids: list[int]
    start: int


def encode(tokenizer: Any, prompt: str, answer: str) -> Row:
    """Tokens as in lm-eval's `_encode_pair`: prompt and answer together, split at the length of the prompt alone.

    A tokenizer's own leading special tokens are added unless the prompt already begins with the BOS text.
    """
    special = not (tokenizer.bos_token and prompt.startswith(tokenizer.bos_token))
    start = len(tokenizer.encode(prompt, add_special_tokens=special))
    return Row(tokenizer.encode(prompt + answer, add_special_tokens=special), start)


def task_rows(task: Any, splits: Sequence[str], tokenizer: Any, *, chat_template: bool) -> tuple[list[Row], list[Doc]]:
    """(rows, their documents) of one task, rendered by lm-eval's task object, as an evaluation renders them."""
    docs = [doc for split in splits for doc in (task.training_docs() if split == "train" else task.validation_docs())]
    rows = [
        encode(
            tokenizer,
            manager.render_prompt(task, doc, chat_template=chat_template, tokenizer=tokenizer),
            manager.answer_text(task, doc, tokenizer, chat_template),
        )
        for doc in docs
    ]
    return rows, docs


def batches(lengths: Sequence[int], tokens_per_batch: int, epochs: int, seed: int) -> list[list[int]]:
    """Row indices of every optimiser step of the whole training, planned in advance.

    Each epoch is shuffled, sorted by length within windows of WINDOW rows, cut where the padded size would exceed
    `tokens_per_batch` (a longer row is a batch of its own), and the batches shuffled. One list for all epochs makes an
    interrupted training resume at the same step with the same rows.
    """
    generator = random.Random(seed)
    result = []
    for _ in range(epochs):
        order = list(range(len(lengths)))
        generator.shuffle(order)
        epoch: list[list[int]] = []
        for at in range(0, len(order), WINDOW):
            window = sorted(order[at : at + WINDOW], key=lambda i: lengths[i])
            epoch += cut(window, lengths, tokens_per_batch)
        generator.shuffle(epoch)
        result += epoch
    return result


def cut(order: Sequence[int], lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """`order` in consecutive groups of at most `tokens` padded tokens each (rows x longest); a longer row is alone."""
    groups: list[list[int]] = []
    width = 0
    for index in order:
        width = max(width, lengths[index])
        if groups and width * (len(groups[-1]) + 1) <= tokens:
            groups[-1].append(index)
        else:
            groups.append([index])
            width = lengths[index]
    return groups


def collate(rows: Sequence[Row], pad: int) -> dict[str, object]:
    """Right-padded `input_ids` (batch x width) and `labels` of the same shape, -100 at positions without loss.

    `labels[i, j]` is the token that follows position j: already shifted. No attention mask is needed: in a causal
    model no real token attends to padding on its right.
    """
    import torch

    width = max(len(row.ids) for row in rows) - 1
    input_ids = torch.full((len(rows), width), pad, dtype=torch.long)
    labels = torch.full((len(rows), width), -100, dtype=torch.long)
    for i, row in enumerate(rows):
        length = len(row.ids) - 1
        input_ids[i, :length] = torch.tensor(row.ids[:-1])
        labels[i, row.start - 1 : length] = torch.tensor(row.ids[row.start :])
    return {"input_ids": input_ids, "labels": labels}


def pieces(batch: dict[str, Any], tokens: int) -> list[dict[str, Any]]:
    """A batch from `collate` in parts of at most `tokens` padded tokens, each label in exactly one of them.

    Each part is as wide as its own longest row; a row longer than `tokens` is alone.
    """
    import torch

    columns = torch.arange(1, batch["labels"].shape[1] + 1, device=batch["labels"].device)
    ends = torch.where(batch["labels"] != -100, columns, 0).amax(1).clamp(min=1).tolist()
    groups = cut(range(len(ends)), ends, tokens)
    return [{name: tensor[rows, : max(ends[i] for i in rows)] for name, tensor in batch.items()} for rows in groups]
