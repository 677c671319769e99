"""The engines behind a server or an API: what is known about each before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from phingpt_bench.served.dialects.anthropic import Anthropic
from phingpt_bench.served.dialects.base import Dialect
from phingpt_bench.served.dialects.chat import Chat, OpenAIChat
from phingpt_bench.served.dialects.completions import Completions
from phingpt_bench.served.dialects.sglang import SGLang

Engine = Literal[
    "vllm",
    "sglang",
    "local-completions",
    "local-chat-completions",
    "openai-chat-completions",
    "anthropic-chat-completions",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineKind:
    """What is known about an engine, whatever it serves."""

    dialect: type[Dialect]
    """How it is spoken to."""

    started: bool = False
    """Whether it is started on this machine where no base_url is given (served/launch.py)."""

    address: str | None = None
    """Its fixed address; None for an engine that has none."""

    key_variable: str | None = None
    """The usual environment variable of its key; None for an engine that is sent one only where a user names it."""

    key_headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": "Bearer {key}"})
    """The headers that go with a key, which stands in braces."""

    lists_all: bool = True
    """Whether a model that its /v1/models does not name is not served."""


KINDS: Mapping[str, EngineKind] = {
    "vllm": EngineKind(dialect=Completions, started=True),
    "sglang": EngineKind(dialect=SGLang, started=True),
    "local-completions": EngineKind(dialect=Completions),
    "local-chat-completions": EngineKind(dialect=Chat),
    "openai-chat-completions": EngineKind(
        dialect=OpenAIChat, address="https://api.openai.com", key_variable="OPENAI_API_KEY"
    ),
    "anthropic-chat-completions": EngineKind(
        dialect=Anthropic,
        address="https://api.anthropic.com",
        key_variable="ANTHROPIC_API_KEY",
        key_headers={"x-api-key": "{key}", "anthropic-version": "2023-06-01"},
        lists_all=False,
    ),
}
"""By the names of `Engine`."""

# the ends of addresses that are those of an endpoint, the longest first
ENDPOINTS = sorted(
    {kind.dialect.path.removeprefix("/v1") for kind in KINDS.values() if kind.dialect.path.startswith("/v1/")},
    key=len,
    reverse=True,
)
