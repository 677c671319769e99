"""What every dialect has: a path and words of its own for writing, and what it can tell of log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.values import Ask, Messages, Next, Prompt, Scored, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How an answer is written: greedily, up to `most` tokens, ended by any of `stop`."""

    most: int
    stop: tuple[str, ...] = ()


class Dialect:
    """One way of asking. A subclass says what it can: those that raise here are not in its words."""

    chat: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = ("temperature", "seed", "stop", "stream_options")  # what a model may refuse
    most_names: ClassVar[tuple[str, ...]] = ("max_tokens",)  # what the limit of an answer may be called

    def __init__(self, model: str):
        self.model = model

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        """Have an answer written."""
        raise NotImplementedError

    def written(self, data: Any) -> Written:
        """The answer of a whole reply; Half where it lacks something."""
        raise NotImplementedError

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        """The answer of a stream of (seconds since the request, event); Half where the end is missing."""
        raise NotImplementedError

    def echo(self, prompt: Sequence[int] | str, before: int) -> Ask:
        """Ask for the log-probabilities of a prompt's tokens. before: tokens (or letters) that are only context."""
        raise self._cannot()

    def echoed(self, data: Any, prompt: Sequence[int] | str, before: int) -> Scored:
        """What `echo` was answered, for the part from `before` on."""
        raise self._cannot()

    def named(self, prompt: Sequence[int], tokens: Sequence[int]) -> Ask:
        """Ask how likely each of some tokens is to be the next."""
        raise self._cannot()

    def named_next(self, data: Any, tokens: Sequence[int]) -> Next:
        """What `named` was answered; Half where a token is missing."""
        raise self._cannot()

    def top(self, prompt: Sequence[int] | str, count: int) -> Ask:
        """Ask for the likeliest next tokens."""
        raise self._cannot()

    def top_next(self, data: Any) -> Next:
        """What `top` was answered."""
        raise self._cannot()

    def _cannot(self) -> BenchError:
        return BenchError(sentence("{type} tells no log-probabilities", type=type(self).__name__))


def cut(text: str, stop: Sequence[str], think_end: str, *, chat: bool) -> tuple[str, bool]:
    """(the answer proper, whether a thought was taken away): what follows `think_end`, up to the first stop string.

    A chat model may open with blank lines, which are no end of an answer.
    """
    thought = bool(think_end) and think_end in text
    if thought:
        text = text.split(think_end, 1)[1]
    if chat or thought:
        text = text.lstrip()
    ends = [at for mark in stop if mark and (at := text.find(mark)) >= 0]
    return (text[: min(ends)] if ends else text), thought


def messages_of(prompt: Prompt) -> tuple[Messages, str]:
    """(messages that end with the user's, what the answer is to begin with).

    lm-eval opens the assistant's turn with a task's `gen_prefix`. APIs answer such a message with a new turn, or refuse
    it, so it is left out here and taken off an answer that begins with it.
    """
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}], ""
    messages = [dict(message) for message in prompt if isinstance(message, dict)]
    prefix = str(messages.pop()["content"]) if messages and messages[-1]["role"] == "assistant" else ""
    return messages, prefix
