"""A served model and how to query it: the values of `--model-args` and of a served base in a suite."""

from __future__ import annotations

import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.secret_names import names_a_key
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.engines import ENDPOINTS, KINDS, Engine, EngineKind

ENGINES: tuple[str, ...] = get_args(Engine)
VERSION = re.compile(r"/v\d\w*(/|$)")  # in an address: the endpoints are below it, as in /v1, /v4 or /v1beta/openai
LOCAL = ("localhost", "127.0.0.1", "::1")  # hosts that are this machine
WORD = re.compile(r"[a-zA-Z_]{1,24}")  # an option's name, right or misspelt
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
            raise BenchError("'{name}' is not a name of a served adapter", name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedSpec:
    """A served base and its adapters.

    engine: the protocol, by lm-eval's name. model: the served name; for vllm and sglang without `base_url` the
        folder or Hub id that they are started with.
    base_url: the server's root, with or without /v1/..., or the whole address of an endpoint.
    adapters: further served names, asked on the same server.
    tokenizer: folder or Hub id; known by itself where the engine is started here or tells a folder of this machine.
    dtype, quantisation: as an engine started here gets them; of another server, as declared (null: as it says itself).
    max_length: tokens of prompt and answer; null is what the server says. max_gen_toks: of an answer, instead of the
        task's own limit (models that think need thousands).
    num_concurrent: requests at a time. timeout: seconds of one request. max_retries: of one request, before giving up.
    requests_per_minute: the most in a minute; null means that only the server's own limit applies.
    think_end_token: what ends a thought within the answer; the answer begins after it.
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
                self.base_url or self.kind.started or self.hosted,
                sentence("engine {engine} needs a base_url", engine=self.engine),
            ),
            (len(set(names)) == len(names), sentence("the same adapter is named twice")),
            (self.model not in names, sentence("an adapter has the base's name")),
            (
                self.timeout > 0 and all(value is None or value >= 1 for value in positive),
                sentence("numbers are above 0"),
            ),
            (
                not (self.adapters and self.hosted),
                sentence("engine {engine} serves no adapters", engine=self.engine),
            ),
        ):
            if not good:
                raise BenchError(rule)
        _check_url(self.base_url)

    @property
    def kind(self) -> EngineKind:
        """What is known about the engine."""
        return KINDS[self.engine]

    @property
    def hosted(self) -> bool:
        """Whether the engine is an API with a fixed address."""
        return self.kind.address is not None

    @property
    def started_here(self) -> bool:
        """Whether the engine is to be started by this program."""
        return self.kind.started and self.base_url is None

    @property
    def chat(self) -> bool:
        """Whether it takes messages only: then it writes, and no label is compared."""
        return self.kind.dialect.chat

    @property
    def here(self) -> bool:
        """Whether it is served on this machine."""
        return self.started_here or urlsplit(self.root or "").hostname in LOCAL

    @property
    def root(self) -> str | None:
        """The server's address without a path of an endpoint; None if the engine is started here."""
        return None if self.api is None else self.api.removesuffix("/v1")

    @property
    def api(self) -> str | None:
        """The address that the endpoints are below, such as https://HOST/v1; None if the engine is started here.

        An address of an endpoint (.../chat/completions), or with a version in its path, is taken as it is.
        """
        given = self.base_url or self.kind.address
        if given is None:
            return None
        url = given.rstrip("/").removesuffix("/generate")
        ending = next((ending for ending in ENDPOINTS if url.endswith(ending)), "")
        url = url.removesuffix(ending)
        return url if ending or VERSION.search(urlsplit(url).path) else f"{url}/v1"

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
    for at, part in enumerate(filter(None, args.split(",")), 1):
        name, sign, text = part.partition("=")
        name = ALIASES.get(name.strip(), name.strip())
        if name not in hints and names_a_key(name):
            raise BenchError(
                "a key is not given in a command, which others can read",
                where="--model-args",
                hint="export NAME=... and key_variable=NAME",
            )
        if not sign or (name not in hints and not WORD.fullmatch(name)):  # not shown: it may be a key
            raise BenchError(
                "part {at} is not KEY=VALUE",
                where="--model-args",
                hint="model=NAME,base_url=URL,...; a key of an API is named by key_variable=NAME",
                at=at,
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
    if "@" in url or "?" in url:  # nor is it shown
        raise BenchError("base_url holds a name, a password or a query: keys come from the environment (key_variable)")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BenchError("base_url '{url}' is not the address of a server: http://HOST:PORT", url=url)
