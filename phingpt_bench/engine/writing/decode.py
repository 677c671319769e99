"""Greedy answers, token for token those of model.generate, with the steps that need no computation left out.

Documents take places in a batch; one whose answer has ended gives its place to the next at once. Each step forwards,
for every document in the batch, its last token with a guess of what follows, or its prompt: as much of a guess as
equals the model's own choice is kept, which is all that greedy decoding would have chosen one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.engine.labels.batches import enough
from phingpt_bench.engine.writing.drafts import Drafter, Past
from phingpt_bench.engine.writing.rows import Rows
from phingpt_bench.engine.writing.waiting import Waiting

# How many tokens more could be forwarded in the time that a step takes whatever its size (measured on one core with
# SmolLM2-135M): where that is many, a step with a few guesses costs nearly what one without costs.
FREE_TOKENS = {"float32": 16, "other": 48}


@dataclass(slots=True)
class Answer:
    """One document on its way. ended: by a stop string or an end-of-text token, not by the length limit."""

    index: int
    prompt: Sequence[int]
    text: Past
    tokens: list[int] = field(default_factory=list)
    past: int = 0  # how many positions of its row count
    ended: bool = False


@dataclass(slots=True)
class Work:
    """What was forwarded: steps, tokens, and of the guessed tokens those made and kept."""

    steps: int = 0
    tokens: int = 0
    guessed: int = 0
    kept: int = 0


def decode(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    ends: Callable[[Sequence[int]], bool],
    limit: int,
    size: int,
    shape: Callable[[int], str],
    work: Work | None = None,
) -> Iterator[Answer]:
    """The finished answer of each prompt (tokens), in the order in which they end.

    ends: whether an answer (tokens) is complete with its newest token; limit: most tokens of an answer; size: most
    documents at a time. Raises rows.Unsuited on a model whose attention turns out to be another.
    """
    work = Work() if work is None else work
    rows, drafter = Rows(model), Drafter(shape)
    waiting = Waiting(prompts, enough(model.device.type))
    rows.reserve(min(size, len(prompts)), max(map(len, prompts), default=0))
    batch: list[Answer] = []
    free = FREE_TOKENS["float32" if str(model.dtype) == "torch.float32" and model.device.type == "cpu" else "other"]
    while batch or waiting:
        inputs: list[list[int]] = []
        going = min(size, len(batch) + len(waiting))  # a guess that is right saves its document's share of a step
        least = going / (going + free)
        for answer in batch:
            left = limit - len(answer.tokens) - 1
            guess = drafter.guess(answer.text, left, least)
            inputs.append([answer.tokens[-1], *guess])
        drafts = [tokens[1:] for tokens in inputs]
        while len(batch) < size and (taken := waiting.take(rows, len(batch))) is not None:
            index, past = taken
            answer = Answer(index, prompts[index], Past(prompts[index]), past=past)
            guess = drafter.guess(answer.text, limit - 1, least)
            inputs.append([*answer.prompt[answer.past :], *guess])
            drafts.append(guess)
            batch.append(answer)
        best = rows.forward(inputs, [answer.past for answer in batch], [len(draft) + 1 for draft in drafts])
        waiting.forwarded(rows)
        work.steps += 1
        work.tokens += sum(map(len, inputs))
        for answer, given, draft, chosen in zip(batch, inputs, drafts, best, strict=True):
            before = len(answer.tokens)
            for at, token in enumerate(chosen):
                answer.tokens.append(token)
                answer.ended = ends(answer.tokens)
                if answer.ended or at == len(draft) or draft[at] != token:
                    break
            new = answer.tokens[before:]
            answer.past += len(given) - len(draft) + len(new) - 1
            drafter.learn(answer.text, new)
            work.guessed += len(draft)
            work.kept += len(new) - 1
        yield from _leave(batch, rows, limit)


def _leave(batch: list[Answer], rows: Rows, limit: int) -> Iterator[Answer]:
    """Take the finished answers out of the batch; the last rows move to their places."""
    for at in reversed(range(len(batch))):
        if batch[at].ended or len(batch[at].tokens) == limit:
            answer, last = batch[at], batch.pop()
            if last is not answer:
                rows.move(len(batch), at, last.past)
                batch[at] = last
            yield answer
