"""The base class of dialects: how each asks for written answers and, if possible, for log-probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from phingpt_bench.core.errors import BenchError
from phingpt_bench.served.values import Ask, Messages, Next, Prompt, Scored, Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How an answer is written: greedily, up to `most` tokens, ended by any of `stop`.

    template: options of the server's chat template; a completion's prompt has been through a template already.
    """

    most: int
    stop: tuple[str, ...] = ()
    template: Mapping[str, bool] = field(default_factory=dict)


class Dialect:
    """One protocol. A subclass implements what its servers can do; the other methods raise BenchError."""

    path: ClassVar[str]  # of the requests for written answers
    chat: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = (
        "temperature",
        "seed",
        "stop",
        "stream_options",
    )  # parameters that a model may refuse
    most_names: ClassVar[tuple[str, ...]] = ("max_tokens",)  # possible names of the token limit

    def __init__(self, model: str, base: str | None = None):
        """model: the served name that is asked. base: that of the base, if `model` is an adapter."""
        self.model, self.base = model, base or model

    def write(self, prompt: Prompt, writing: Writing, *, stream: bool) -> Ask:
        """The request for a written answer."""
        raise NotImplementedError

    def written(self, data: Any) -> Written:
        """The answer of a whole reply; Half if it lacks something."""
        raise NotImplementedError

    def streamed(self, events: Sequence[tuple[float, Any]]) -> Written:
        """The answer of a stream of (seconds since the request, event); Half if the end is missing."""
        raise NotImplementedError

    def echo(self, prompt: Sequence[int] | str, before: int) -> Ask:
        """The request for the log-probabilities of a prompt. before: tokens (or characters) that are only context."""
        raise self._cannot()

    def echoed(self, data: Any, prompt: Sequence[int] | str, before: int) -> Scored:
        """The reply to `echo`, for the part from `before` on."""
        raise self._cannot()

    def named(self, prompt: Sequence[int], tokens: Sequence[int]) -> Ask:
        """The request for the log-probabilities of some tokens as the next one."""
        raise self._cannot()

    def named_next(self, data: Any, tokens: Sequence[int]) -> Next:
        """What `named` was answered; Half if a token is missing."""
        raise self._cannot()

    def top(self, prompt: Sequence[int] | str, count: int) -> Ask:
        """The request for the most likely next tokens."""
        raise self._cannot()

    def top_next(self, data: Any) -> Next:
        """The reply to `top`."""
        raise self._cannot()

    def _cannot(self) -> BenchError:
        return BenchError("{type} tells no log-probabilities", type=type(self).__name__)


def cut(text: str, stop: Sequence[str], think_end: str, *, chat: bool) -> tuple[str, bool]:
    """(the actual answer, whether reasoning was removed): what follows `think_end`, up to the first stop string.

    A chat model may start with blank lines, which do not end an answer.
    """
    thought = bool(think_end) and think_end in text
    if thought:
        text = text.split(think_end, 1)[1]
    if chat or thought:
        text = text.lstrip()
    ends = [at for mark in stop if mark and (at := text.find(mark)) >= 0]
    return (text[: min(ends)] if ends else text), thought


def messages_of(prompt: Prompt) -> tuple[Messages, str]:
    """(messages that end with the user's, the prefix of the answer).

    lm-eval opens the assistant's turn with a task's `gen_prefix`. APIs answer such a message with a new turn, or refuse
    it, so it is left out here and removed from an answer that begins with it.
    """
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}], ""
    messages = [dict(message) for message in prompt if isinstance(message, dict)]
    prefix = str(messages.pop()["content"]) if messages and messages[-1]["role"] == "assistant" else ""
    return messages, prefix
