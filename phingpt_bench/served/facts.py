"""What a server reports about itself: engine, version, served names, context, weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.client import Client
from phingpt_bench.served.spec import ServedSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A server as it describes itself; None if not reported.

    engine: "vllm", "sglang", "llama.cpp", or lm-eval's name of the dialect. served: all served names.
    root: the folder or Hub id that the base was loaded from. context: tokens of prompt and answer.
    """

    engine: str
    version: str | None = None
    served: tuple[str, ...] | None = None
    root: str | None = None
    context: int | None = None
    dtype: str | None = None
    quantisation: str | None = None
    parameters: int | None = None


async def facts_of(spec: ServedSpec, client: Client) -> Facts:
    """Query a server's facts. BenchError if it cannot be reached, or does not serve what is wanted.

    A paid API is only asked for its names; if it does not list them, the given name is trusted.
    """
    if spec.engine == "sglang":
        found = await _sglang(spec, client)
    else:
        found = await _openai(spec, client)
    check_names(spec, found.served, client.root)
    return found


def check_names(spec: ServedSpec, served: tuple[str, ...] | None, where: str) -> None:
    """BenchError for a name that is not served."""
    if served is None:
        return
    for name in (spec.model, *(adapter.name for adapter in spec.adapters)):
        if name not in served:
            raise unknown(sentence("served model"), name, served, where=where)


async def _openai(spec: ServedSpec, client: Client) -> Facts:
    listed = await client.look("/v1/models")
    if spec.hosted:
        return Facts(engine=spec.engine, served=_names(listed) if spec.kind.lists_all else None)
    entries = _entries(listed)
    own = next((entry for entry in entries if entry.get("id") == spec.model), {})
    found = Facts(
        engine=spec.engine, served=_names(listed), root=_text(own.get("root")),
        context=_number(own.get("max_model_len")),
    )  # fmt: skip
    makers = {str(entry.get("owned_by")) for entry in entries}
    if "vllm" in makers:
        version = await client.look("/version")
        reported = version.get("version") if isinstance(version, dict) else None
        return replace(found, engine="vllm", version=_text(reported))
    if "llamacpp" in makers:
        meta = own.get("meta") or (entries[0].get("meta") if entries else None) or {}
        props = await client.look("/props")
        build = props.get("build_info") if isinstance(props, dict) else None
        names = tuple({*(found.served or ()), *(name for entry in entries for name in entry.get("aliases") or ())})
        return replace(
            found, engine="llama.cpp", version=_text(build), served=names,
            context=_number(meta.get("n_ctx")),
            quantisation=_lower(meta.get("ftype")), parameters=_number(meta.get("n_params")),
        )  # fmt: skip
    if "sglang" in makers:
        return replace(found, engine="sglang")
    return found


async def _sglang(spec: ServedSpec, client: Client) -> Facts:
    model, server = await client.look("/get_model_info"), await client.look("/get_server_info")
    if not isinstance(model, dict):
        raise BenchError(
            "no SGLang server: it has no /get_model_info",
            where=client.root,
            hint="for another server use local-completions",
        )
    server = server if isinstance(server, dict) else {}
    names = _names(await client.look("/v1/models")) or (spec.model,)
    paths = server.get("lora_paths")
    loras = [entry.get("lora_name") if isinstance(entry, dict) else entry for entry in paths or ()]
    return Facts(
        engine="sglang",
        version=_text(server.get("version")),
        served=(*names, *(str(name) for name in loras)) if paths is not None else None,
        root=_text(model.get("model_path")),
        context=_number(server.get("context_length")) or _number(server.get("max_req_input_len")),
        dtype=_text(server.get("dtype")),
        quantisation=_lower(server.get("quantization")),
    )


def _entries(listed: Any) -> list[JsonObject]:
    data = listed.get("data") if isinstance(listed, dict) else None
    return [entry for entry in data if isinstance(entry, dict)] if isinstance(data, list) else []


def _names(listed: Any) -> tuple[str, ...] | None:
    return tuple(str(entry["id"]) for entry in _entries(listed) if entry.get("id")) or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _lower(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
