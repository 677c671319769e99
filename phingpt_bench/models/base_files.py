"""What the files of a base say before they are loaded: what it is, how it is quantised, and its identity."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.models.adapter_files import CONFIG as ADAPTER_CONFIG

CONFIG = "config.json"
# what decides a model's answers apart from its weights
SETUP = (
    CONFIG, "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model", "spiece.model",
    "chat_template.jinja", "chat_template.json",
)  # fmt: skip
UNIMPORTANT = ("_name_or_path", "transformers_version")  # who wrote a file, and where
# the packages without which weights of a method cannot be multiplied with
KERNELS = {"gptq": ("optimum", "gptqmodel"), "awq": ("gptqmodel",), "hqq": ("hqq",), "aqlm": ("aqlm",)}
# what gptqmodel 7.7 imports and we do not have. Left to itself, pip replaces torch: it asks for 2.14, and runs on 2.13
WITHOUT_TORCH = ("defuser", "device-smi", "logbar", "ninja", "pypcre", "tokenicer", "torchao")


@dataclass(frozen=True, slots=True)
class BaseFiles:
    """Where a base is loaded from: a Hub id, or a local folder with the name of the GGUF file in it where it is one."""

    source: str
    local: bool
    gguf: str | None = None

    @property
    def folder(self) -> Path:
        """The folder of a local base."""
        return Path(self.source)


def files_of(source: str) -> BaseFiles:
    """A folder, a GGUF file or a Hub id; BenchError for another file, for an adapter, and for several GGUF files."""
    path = Path(source)
    if path.is_file():
        if path.suffix == ".gguf":
            return BaseFiles(str(path.parent), True, path.name)
        raise BenchError(
            "a file is not a base model",
            where=source,
            hint="give its folder, {folder}, or a .gguf file",
            folder=path.parent,
        )
    if not path.is_dir():
        return BaseFiles(source, False)
    if (path / CONFIG).is_file():
        return BaseFiles(source, True)
    if (path / ADAPTER_CONFIG).is_file():
        raise BenchError(
            "is an adapter, not a base model", where=source, hint="give it with --adapter {folder}", folder=source
        )
    found = sorted(file.name for file in path.glob("*.gguf"))
    if len(found) > 1:
        raise BenchError(
            "holds {n} GGUF files: {names}",
            where=source,
            hint="give one, such as {file}",
            n=len(found),
            names=", ".join(found),
            file=path / found[0],
        )
    return BaseFiles(source, True, found[0] if found else None)


def config_of(files: BaseFiles, revision: str | None) -> JsonObject | None:
    """config.json of a base; None if there is none yet (a GGUF file, a Hub id that is not cached).

    BenchError if it is damaged.
    """
    if files.gguf is not None:
        return None
    if files.local:
        file = files.folder / CONFIG
        if not file.is_file():
            return None
    else:
        from huggingface_hub import try_to_load_from_cache

        try:
            cached = try_to_load_from_cache(files.source, CONFIG, revision=revision)
        except ValueError:  # neither a folder nor a well-formed Hub id: loading will say so
            return None
        if not isinstance(cached, str):
            return None
        file = Path(cached)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise BenchError("not readable as a JSON object", where=str(file), hint="copy the model again")
    return config


def check_config(config: Mapping[str, Any], model: str) -> None:
    """BenchError for a model that does not write text, and for a quantisation that cannot be computed with here."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL

    names = config.get("architectures")
    known = set(CAUSAL.values())
    if isinstance(names, list) and names and "auto_map" not in config and not known & set(map(str, names)):
        raise BenchError(
            "'{model}' is not a causal language model: its weights are those of {names}",
            hint="give a model that continues text (its config.json names a class ForCausalLM)",
            model=model,
            names=", ".join(map(str, names)),
        )
    _check_kernels(config, model)


def _check_kernels(config: Mapping[str, Any], model: str) -> None:
    stored = config.get("quantization_config")
    if not isinstance(stored, Mapping):
        return
    from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING as METHODS

    method = str(stored.get("quant_method", ""))
    bits = stored.get("load_in_4bit") or stored.get("load_in_8bit")
    if not bits and method not in METHODS:
        raise BenchError(
            "'{model}' is quantised by '{method}', which the installed transformers does not know",
            hint="pip install --upgrade transformers, or take the model in another format",
            model=model,
            method=method,
        )
    missing = [name for name in KERNELS.get(method, ()) if importlib.util.find_spec(name) is None]
    if missing:
        if "gptqmodel" in missing:
            missing = ["--no-deps", *missing, *WITHOUT_TORCH]
        raise BenchError(
            "'{model}' is quantised by {method}, whose kernels are not installed",
            hint="pip install {packages}",
            model=model,
            method=method.upper(),
            packages=" ".join(missing),
        )


def stored_quantisation(config: Mapping[str, Any] | None) -> str | None:
    """How the weights on disk are quantised, as records name it ("nf4+dq", "fp4", "int8", "gptq-4bit"); None: not."""
    stored = None if config is None else config.get("quantization_config")
    if not isinstance(stored, Mapping):
        return None
    method = str(stored.get("quant_method", ""))
    if stored.get("load_in_4bit"):
        doubled = "+dq" if stored.get("bnb_4bit_use_double_quant") else ""
        return f"{stored.get('bnb_4bit_quant_type', 'fp4')}{doubled}"
    if stored.get("load_in_8bit"):
        return "int8"
    bits = stored.get("bits", stored.get("w_bit"))
    return f"{method}-{bits}bit" if bits else method


def gguf_quantisation(file: Path) -> str:
    """The type that most numbers of a GGUF file have: "gguf-q4_1". BenchError for a damaged file."""
    from gguf import GGUFReader

    try:
        counts: Counter[str] = Counter()
        for tensor in GGUFReader(str(file)).tensors:
            counts[tensor.tensor_type.name.lower()] += int(tensor.n_elements)
    except (OSError, ValueError, IndexError, KeyError) as err:
        raise BenchError(
            "cannot be read as GGUF ({reason})", where=str(file), hint="copy it again", reason=err
        ) from None
    return f"gguf-{counts.most_common(1)[0][0]}" if counts else "gguf"


def weights_digest(folder: Path) -> str:
    """Digest over the digests of all safetensors files of a local model, in name order."""
    return digest([[file.name, file_digest(file)] for file in sorted(folder.glob("*.safetensors"))])


def local_revision(files: BaseFiles) -> str:
    """What tells a local base from others: its weights, its configurations and its tokenizer, not its folder."""
    if files.gguf is not None:
        return file_digest(files.folder / files.gguf)
    setup = [[name, _content(files.folder / name)] for name in SETUP if (files.folder / name).is_file()]
    return digest([weights_digest(files.folder), setup])


def _content(file: Path) -> object:
    """A JSON object without what does not matter; of anything else the digest."""
    if file.suffix == ".json" and file.stat().st_size < 1 << 20:
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return digest({key: item for key, item in value.items() if key not in UNIMPORTANT})
    return file_digest(file)
