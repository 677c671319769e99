"""Requests to a server and their replies, as plain values that go to the resume file and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.sentences import sentence

MOST_TOKENS = 1 << 53  # of one answer: what is above it is no count
Messages = list[dict[str, Any]]
Prompt = Sequence[int] | str | Messages  # token ids, a text, or a chat's messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request: the endpoint's path and its JSON. `model` is the served name."""

    path: str
    payload: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens as the server bills them; None if not reported. tokens_in includes `cached`, tokens_out `reasoning`."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A written answer, without reasoning.

    finish: why it ended, as the server says. model: the model that answered, as the server names it.
    thought: whether a thought came with it. seconds: from the request to the end; first: to the first token, None
    where it was not streamed. fingerprint: what the server says of its build and settings, None if it says nothing.
    """

    text: str
    finish: str | None
    usage: Usage
    model: str | None = None
    thought: bool = False
    seconds: float | None = None
    first: float | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        if not all(isinstance(value, str | None) for value in (self.text, self.finish, self.model)):
            raise Half(sentence("an answer, an end or a model's name that is no text"))

    @property
    def cut(self) -> bool:
        """Whether it ended at the limit of tokens."""
        return self.finish in ("length", "max_tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The continuation of an echoed prompt: the sum of its log-probabilities, and whether each token was the best."""

    value: float
    greedy: bool
    usage: Usage
    tokens: int = 0  # of the continuation
    fingerprint: str | None = None  # as of Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Log-probabilities of the next token.

    known: (token's text, its id if reported, log-probability), the best first. whole: whether `known` holds
    exactly the tokens that were asked for, or else the first this many of all.
    """

    known: tuple[tuple[str | None, int | None, float], ...]
    usage: Usage
    best: int | str | None = None
    fingerprint: str | None = None  # as of Written


class Half(Exception):
    """An incomplete answer, with what it lacks. It is requested again."""


def usage_of(data: Any) -> Usage:
    """The usage of a reply in OpenAI's or Anthropic's format; values that are not token counts are ignored."""
    if not isinstance(data, dict):
        return Usage()
    details, written = data.get("prompt_tokens_details") or {}, data.get("completion_tokens_details") or {}
    if "input_tokens" in data:  # Anthropic: tokens read from the cache or written to it are counted separately
        parts = [data.get(name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")]
        counts = [_count(part) for part in parts if part is not None]
        whole = sum(count or 0 for count in counts) if counts and None not in counts else None
        return Usage(
            tokens_in=whole, tokens_out=_count(data.get("output_tokens")),
            cached=_count(data.get("cache_read_input_tokens")),
        )  # fmt: skip
    return Usage(
        tokens_in=_count(data.get("prompt_tokens")),
        tokens_out=_count(data.get("completion_tokens")),
        cached=_count(details.get("cached_tokens")) if isinstance(details, dict) else None,
        reasoning=_count(written.get("reasoning_tokens")) if isinstance(written, dict) else None,
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST_TOKENS else None
