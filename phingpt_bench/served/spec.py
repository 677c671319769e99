"""A served model and how to query it: the values of `--model-args` and of a served base in a suite."""

from __future__ import annotations

import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence

Engine = Literal[
    "vllm",
    "sglang",
    "local-completions",
    "local-chat-completions",
    "openai-chat-completions",
    "anthropic-chat-completions",
]
ENGINES: tuple[str, ...] = get_args(Engine)
CHAT = ("local-chat-completions", "openai-chat-completions", "anthropic-chat-completions")
STARTED = ("vllm", "sglang")  # engines that are started here without a base_url
HOSTED = {
    "openai-chat-completions": "https://api.openai.com",
    "anthropic-chat-completions": "https://api.anthropic.com",
}
# the environment variable with the key; other engines get no key unless `key_variable` names one
KEYS = {
    "openai-chat-completions": "OPENAI_API_KEY",
    "anthropic-chat-completions": "ANTHROPIC_API_KEY",
}
ENDPOINTS = ("/v1/chat/completions", "/v1/completions", "/v1/messages", "/generate", "/v1")
# lm-eval's and vLLM's names for the same things
ALIASES = {"pretrained": "model", "max_model_len": "max_length", "quantization": "quantisation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAdapter:
    """An adapter on the same server, by its served `name`.

    path: its folder, if it is on this machine: its card has the training data and their cost. An engine that is started
    here loads it from there.
    """

    name: str
    """The name that the server answers to."""
    path: Path | None = None

    def __post_init__(self) -> None:
        if not self.name or any(letter.isspace() for letter in self.name):
            raise BenchError(sentence("'{name}' is no name of a served adapter", name=self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSpec:
    """A served base and its adapters.

    engine: how it is spoken to, by lm-eval's name. model: the served name; for vllm and sglang without `base_url` the
        folder or Hub id that they are started with. base_url: the server's root, with or without /v1/....
    adapters: further served names, asked on the same server.
    tokenizer: folder or Hub id; known by itself where the engine is started here or tells a folder of this machine.
    dtype, quantisation: as an engine started here gets them; of another server, as declared (null: as it says itself).
    max_length: tokens of prompt and answer; null is what the server says. max_gen_toks: of an answer, instead of the
        task's own limit (models that think need thousands).
    num_concurrent: requests at a time. timeout: seconds of one request. max_retries: of one request, before giving up.
    requests_per_minute: at most so many; null is no limit but the server's own.
    think_end_token: what ends a thought that stands in the answer itself; the answer begins behind it.
    labels: "exact" compares labels where an exact way is found and has them written where none is; "bounded" takes the
        first tokens that are reported, too; "written" has them written in any case.
    stream: "auto" measures the time to the first token where the server streams and counts tokens then too; "no".
    price: an entry of the price card. key_variable: the environment variable that holds the key.
    command: the Python that has the engine, where it is started here; null looks for it (docs/engines.md).
    """

    engine: Engine
    model: str
    base_url: str | None = None
    adapters: tuple[ServedAdapter, ...] = ()
    tokenizer: str | None = None
    revision: str | None = None
    """Branch, tag or commit of a Hub id that is started here."""
    dtype: Literal["bfloat16", "float16", "float32"] | None = None
    quantisation: str | None = None
    max_length: int | None = None
    max_gen_toks: int | None = None
    num_concurrent: int = 8
    timeout: float = 300.0
    max_retries: int = 6
    requests_per_minute: int | None = None
    think_end_token: str = "</think>"
    labels: Literal["exact", "bounded", "written"] = "exact"
    stream: Literal["auto", "no"] = "auto"
    price: str | None = None
    key_variable: str | None = None
    command: str | None = None

    def __post_init__(self) -> None:
        names = [adapter.name for adapter in self.adapters]
        positive = (self.max_length, self.max_gen_toks, self.requests_per_minute, self.num_concurrent, self.max_retries)
        for good, rule in (
            (self.model, sentence("model is the served name, or what is to be served")),
            (
                self.base_url or self.engine in (*STARTED, *HOSTED),
                sentence("engine {engine} needs a base_url", engine=self.engine),
            ),
            (len(set(names)) == len(names), sentence("the same adapter is named twice")),
            (self.model not in names, sentence("an adapter has the base's name")),
            (
                self.timeout > 0 and all(value is None or value >= 1 for value in positive),
                sentence("numbers are above 0"),
            ),
            (
                not self.adapters or self.engine not in HOSTED,
                sentence("engine {engine} serves no adapters", engine=self.engine),
            ),
        ):
            if not good:
                raise BenchError(rule)
        _check_url(self.base_url)

    @property
    def started_here(self) -> bool:
        """Whether the engine is to be started by this program."""
        return self.engine in STARTED and self.base_url is None

    @property
    def chat(self) -> bool:
        """Whether it takes messages only: then it writes, and no label is compared."""
        return self.engine in CHAT

    @property
    def root(self) -> str | None:
        """The server's address without a path of an endpoint; None if the engine is started here."""
        url = self.base_url or HOSTED.get(self.engine)
        if url is None:
            return None
        url = url.rstrip("/")
        ending = next((ending for ending in ENDPOINTS if url.endswith(ending)), "")
        return url[: len(url) - len(ending)]

    @property
    def title(self) -> str:
        """The name a board shows: the last part of the model's name."""
        return self.model.rstrip("/").split("/")[-1]


def from_args(engine: str, args: str, **more: Any) -> ServedSpec:
    """The spec of `--model ENGINE --model-args key=value,key=value`; BenchError for keys and values that do not fit.

    more: values by field name, such as the adapters of `--adapter`.
    """
    if engine not in ENGINES:
        raise unknown(sentence("engine"), engine, ENGINES, where="--model")
    values: dict[str, object] = {"engine": engine}
    hints = typing.get_type_hints(ServedSpec)
    for part in filter(None, args.split(",")):
        name, sign, text = part.partition("=")
        name = ALIASES.get(name.strip(), name.strip())
        if not sign:
            raise BenchError(
                sentence("'{part}' is not KEY=VALUE", part=part),
                where="--model-args",
                hint=sentence("model=NAME,base_url=URL,..."),
            )
        values[name] = _value(hints.get(name), text.strip())
    return config.build(ServedSpec, {**values, **more}, "--model-args")


def _value(hint: Any, text: str) -> Any:
    """A text as a number where the field is one; what is not a number stays as it is, and the check says so."""
    kinds = set(get_args(hint)) or {hint}
    for kind in (int, float):
        if kind in kinds:
            try:
                return kind(text)
            except ValueError:
                return text
    return text


def _check_url(url: str | None) -> None:
    if url is None:
        return
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BenchError(sentence("base_url '{url}' is no address of a server: http://HOST:PORT", url=url))
    if parts.username or parts.password or parts.query:
        raise BenchError(
            sentence("base_url holds a name, a password or a query: keys come from the environment (key_variable)")
        )
