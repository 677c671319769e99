"""Greedy answers, token for token those of model.generate, with the steps that need no computation left out.

Documents take slots of a batch, and one whose answer has ended gives its slot to the next at once (continuous
batching). Each step forwards, for every document in the batch, its last token with a draft of what follows, or its
prompt. As much of a draft as equals the model's own choices is kept: that is what greedy decoding would have chosen one
by one (speculative decoding by prompt lookup).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.engine.budgets import MAX_TOKENS_ELSEWHERE, saturating_tokens
from phingpt_bench.engine.writing.drafts import Drafter, History
from phingpt_bench.engine.writing.packed_model import PackedModel
from phingpt_bench.engine.writing.prompt_queue import PromptQueue

# How many more tokens could be forwarded in the time that a step takes whatever its size (measured on one core with
# SmolLM2-135M): where that is many, a step with a few drafted tokens costs nearly what one without costs.
FREE_TOKENS = {"float32": 16, "other": 48}
# New tokens of one step, at most, on every device: they bound the memory of its activations. A prompt that would go
# beyond waits for the next step; one that is longer by itself has a step with no other prompt.
MAX_STEP_TOKENS = MAX_TOKENS_ELSEWHERE


@dataclass(slots=True)
class Answer:
    """One document in progress.

    index: of its prompt. history: prompt and answer, for the drafts. tokens: of the answer so far. past: how many
    positions of its slot count. ended: by a stop string or an end-of-text token, not by the length limit.
    """

    index: int
    prompt: Sequence[int]
    history: History
    tokens: list[int] = field(default_factory=list)
    past: int = 0
    ended: bool = False


@dataclass(slots=True)
class DecodingStats:
    """The number of steps and forwarded tokens, and of accepted drafts."""

    steps: int = 0
    tokens: int = 0
    kept: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an answer and a step may hold, at most.

    new_tokens: of an answer. slots: documents at a time. step_tokens: new tokens of a forward. positions: of a prompt
    with its answer, None for any number; each prompt leaves room for a token.
    """

    new_tokens: int
    slots: int
    step_tokens: int = MAX_STEP_TOKENS
    positions: int | None = None

    def room(self, prompt: Sequence[int]) -> int:
        """The most tokens of the answer to a prompt."""
        return self.new_tokens if self.positions is None else min(self.new_tokens, self.positions - len(prompt))


@dataclass(slots=True)
class _Step:
    """One forward: the new tokens of each slot, and how many of the last of them are drafted."""

    tokens: list[list[int]] = field(default_factory=list)
    drafts: list[list[int]] = field(default_factory=list)

    def add(self, known: Sequence[int], draft: list[int]) -> None:
        """A slot's known tokens, and the draft after them."""
        self.tokens.append([*known, *draft])
        self.drafts.append(draft)

    @property
    def size(self) -> int:
        return sum(map(len, self.tokens))


def decode(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    ends: Callable[[Sequence[int]], bool],
    limits: Limits,
    token_class: Callable[[int], str],
    stats: DecodingStats | None = None,
) -> Iterator[Answer]:
    """The finished answer of each prompt (tokens), in the order in which they end.

    Args:
        model: a causal model that supported.check_supported let pass.
        prompts: token ids.
        ends: whether an answer (tokens) is complete with its newest token.
        limits: of an answer, a batch and a step.
        token_class: for the drafts, see drafts.Drafter.
        stats: is added to.

    Raises packed_model.Unsupported on a model whose attention turns out to be another.
    """
    yield from _Decoder(model, prompts, ends, limits, Drafter(token_class), stats or DecodingStats()).run()


class _Decoder:
    """The state of one run; `batch` holds the answer of each slot."""

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        ends: Callable[[Sequence[int]], bool],
        limits: Limits,
        drafter: Drafter,
        stats: DecodingStats,
    ):
        self.prompts, self.ends, self.limits, self.drafter, self.stats = prompts, ends, limits, drafter, stats
        self.model = PackedModel(model)
        self.queue = PromptQueue(prompts, saturating_tokens(model.device.type))
        self.batch: list[Answer] = []
        plain = str(model.dtype) == "torch.float32" and model.device.type == "cpu"
        self.free = FREE_TOKENS["float32" if plain else "other"]

    def run(self) -> Iterator[Answer]:
        self.model.cache.reserve(min(self.limits.slots, len(self.prompts)), max(map(len, self.prompts), default=0))
        while self.batch or self.queue:
            step = self._next_step()
            past = [answer.past for answer in self.batch]
            chosen = self.model.greedy(step.tokens, past, [len(draft) + 1 for draft in step.drafts])
            self.queue.after_forward(self.model.cache)
            self.stats.steps += 1
            self.stats.tokens += step.size
            for answer, tokens, draft, own in zip(self.batch, step.tokens, step.drafts, chosen, strict=True):
                self._accept(answer, len(tokens), draft, own)
            yield from self._finished()

    def _next_step(self) -> _Step:
        """The tokens of the documents under way, and of prompts that get a slot with this step."""
        going = min(self.limits.slots, len(self.batch) + len(self.queue))
        min_chance = going / (going + self.free)  # a drafted token that is right saves its document's share of a step
        step = _Step()
        for answer in self.batch:
            left = self.limits.room(answer.prompt) - len(answer.tokens) - 1
            step.add(answer.tokens[-1:], self.drafter.draft(answer.history, left, min_chance))
        while len(self.batch) < self.limits.slots and self._prompt_fits(step):
            admitted = self.queue.admit(self.model.cache, len(self.batch))
            prompt = self.prompts[admitted.prompt]
            answer = Answer(admitted.prompt, prompt, History(prompt), past=admitted.cached)
            draft = self.drafter.draft(answer.history, self.limits.room(prompt) - 1, min_chance)
            step.add(prompt[answer.past :], draft)
            self.batch.append(answer)
        return step

    def _prompt_fits(self, step: _Step) -> bool:
        """Whether the next prompt can be computed in this step: it is not waiting for a prefix, and there is room."""
        tokens = self.queue.next_tokens()
        return tokens is not None and (not step.tokens or step.size + tokens <= self.limits.step_tokens)

    def _accept(self, answer: Answer, forwarded: int, draft: Sequence[int], chosen: Sequence[int]) -> None:
        """Take the model's choices as far as the draft had them, and one more.

        forwarded: the new tokens of this slot. chosen: the model's choice before each drafted token, and after the
        last one.
        """
        before = len(answer.tokens)
        for at, token in enumerate(chosen):
            answer.tokens.append(token)
            answer.ended = self.ends(answer.tokens)
            if answer.ended or at == len(draft) or draft[at] != token:
                break
        new = answer.tokens[before:]
        answer.past += forwarded - len(draft) + len(new) - 1
        self.drafter.learn(answer.history, new)
        self.stats.kept += len(new) - 1

    def _finished(self) -> Iterator[Answer]:
        """Take the finished answers out of the batch; the last ones move to their slots."""
        for slot in reversed(range(len(self.batch))):
            answer = self.batch[slot]
            if answer.ended or len(answer.tokens) == self.limits.room(answer.prompt):
                last = self.batch.pop()
                if last is not answer:
                    self.model.cache.move(len(self.batch), slot, last.past)
                    self.batch[slot] = last
                yield answer
