"""A base model, quantised as asked, loaded once for training or for all evaluations of it and its adapters."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models import dequantise, devices, embedded
from phingpt_bench.models.base_files import (
    BaseFiles,
    check_config,
    config_of,
    stored_quantisation,
)  # fmt: skip
from phingpt_bench.models.base_spec import (
    BaseSpec,
    base_files,
    check_name,
    compute_dtype,
    device,
    hub_revision,
    identity_of,
)
from phingpt_bench.models.dtype import warn_of_emulation
from phingpt_bench.models.footprint import shape_of
from phingpt_bench.models.four_bit import check_products
from phingpt_bench.models.loaded_weights import bitsandbytes_layers, check_loading, compute_in, loaded_quantisation
from phingpt_bench.models.tokenizer_checks import check_tokenizer, check_vocabulary

LOG = logging.getLogger(__name__)
BITSANDBYTES = ("nf4+dq", "nf4", "fp4+dq", "fp4", "int8")


@dataclass(slots=True)
class Loaded:
    """A loaded base. `model` is a transformers model, `identity` what the records say about it (kind "base")."""

    model: Any
    tokenizer: Any
    spec: BaseSpec
    identity: Model
    dequantised: bool
    threads: int | None
    """The number of threads on a CPU; None on a GPU."""


def load_base(spec: BaseSpec) -> Loaded:
    """Load tokenizer and weights (safetensors or GGUF, no remote code), quantise them, freeze them.

    Weights that are quantised already are taken as they are. BenchError when the model cannot be found or loaded, is no
    causal language model, lacks weights, or its tokenizer has no special tokens.
    """
    import torch

    check_name(spec)
    target, files = device(spec), base_files(spec)
    dtype_name = compute_dtype(spec)
    _check_device(spec, target)
    warn_of_emulation(dtype_name, target)
    revision = None if files.local else hub_revision(spec)
    # bitsandbytes warns that an optional kernel package is absent; on the CPU paths used here it would not run anyway
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    dtype = getattr(torch, dtype_name)
    tokenizer, model = _from_files(spec, files, revision, dtype)
    if target.startswith("cuda"):
        from phingpt_bench.models.key_heads import copy_where_slow

        copy_where_slow()
    check_tokenizer(tokenizer, spec.model)
    check_vocabulary(tokenizer, model, spec.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.bos_token
    model.requires_grad_(False)
    compute_in(model, dtype)
    found = loaded_quantisation(model)
    identity = identity_of(spec, files, hub_revision(spec))  # cached by now
    # a config that came with the weights may mean another dtype than the one that was chosen without it
    identity = replace(identity, parameters=model.num_parameters(), compute_dtype=dtype_name)
    if found != identity.quantisation and (found or identity.quantisation in BITSANDBYTES):
        raise BenchError(
            "the weights of '{model}' are loaded as {found}, and its files say {stored}",
            hint="its quantization_config and its weights do not belong together: copy it again",
            model=spec.model,
            found=found or sentence("not quantised"),
            stored=identity.quantisation or sentence("not quantised"),
        )
    unpacked = bool(bitsandbytes_layers(model)) and _unpack(spec, model, dtype, identity.parameters or 0)
    if target == "mps":
        model.to(target)
    elif target != "cpu" and not unpacked:
        check_products(target, dtype, [(one.out_features, one.in_features) for one in bitsandbytes_layers(model)])
    return Loaded(model, tokenizer, spec, identity, unpacked, torch.get_num_threads() if target == "cpu" else None)


def _check_device(spec: BaseSpec, target: str) -> None:
    """Say, or refuse, what a device cannot do, before anything is loaded."""
    if target == "mps":
        LOG.warning("'mps' is experimental: this program was never tried on one")
        if spec.quantisation == "nf4" and spec.dequantise == "never":
            raise BenchError(
                "4-bit weights cannot stay packed on 'mps': its kernels are downloaded while the model runs",
                hint="set dequantise to auto",
            )


def _check_fallback(spec: BaseSpec, files: BaseFiles) -> None:
    """Say that a GPU is left unused; BenchError for a model that is too big for that."""
    if spec.device != "auto" or not devices.unused_here():
        return
    if files.gguf is not None:
        parameters: int | None = (files.folder / files.gguf).stat().st_size // 2  # at least: no weight takes more bytes
    else:
        shape = shape_of(files, spec.revision)
        parameters = None if shape is None else shape.parameters
    LOG.warning(devices.left_unused(parameters))


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
        _check_fallback(spec, files)
        stored = stored_quantisation(config)
        if stored is not None and spec.quantisation == "nf4" and stored != "nf4+dq":
            LOG.warning("'%s' is quantised already (%s): it is loaded as it is", spec.model, stored)
        tokenizer = AutoTokenizer.from_pretrained(files.source, **options)
        quantise = spec.quantisation == "nf4" and stored is None and files.gguf is None
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            files.source, **options, **_options(device(spec), dtype, quantise), output_loading_info=True
        )
    # ImportError: a format that needs a package; RuntimeError: one that needs a GPU
    except (OSError, ValueError, ImportError, KeyError, TypeError, RuntimeError, SafetensorError) as err:
        if torch_parts.memory_that_ran_out(err) or torch_parts.gpu_error(err):
            raise  # the command line explains it
        raise _explained(err, spec) from None
    model, info = loaded
    check_loading(model, info, spec.model)
    return tokenizer, model


def _explained(err: Exception, spec: BaseSpec) -> BenchError:
    text = first_line(err)
    if "trust_remote_code" in str(err) or "custom code" in str(err):
        return BenchError(
            "the base model '{model}' needs code of its own, which is never run here",
            hint="take a version of the model that transformers knows by itself",
            model=spec.model,
        )
    return BenchError(
        "cannot load the base model '{model}' ({reason})",
        hint=sentence("{command} (or go online once)", command=embedded.MODELS[spec.model].install)
        if spec.model in embedded.MODELS
        else sentence(
            "give a folder with config.json and safetensors, a .gguf file, a Hub id that is cached or reachable, or "
            "'{name}' for the embedded model",
            name=embedded.NAME,
        ),
        model=spec.model,
        reason=text,
    )


def nf4_config(dtype: Any) -> Any:
    """NF4 with double quantisation, computing in `dtype`, as transformers takes it."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _options(target: str, dtype: Any, quantise: bool) -> dict[str, object]:
    """Arguments of `from_pretrained` for a base on the device `target`."""
    # bitsandbytes quantises on a CPU as on a GPU, and not on Apple's without a download
    place = "cpu" if target == "mps" else target
    options: dict[str, object] = {"dtype": dtype, "device_map": {"": place}, "use_safetensors": True}
    options["ignore_mismatched_sizes"] = True  # they are listed, and refused with their names
    if quantise:
        options["quantization_config"] = nf4_config(dtype)
    if target == "cpu":
        # PyTorch's fused CPU attention is slow at these lengths: a training step took 1.5 times as long (docs/log.md)
        options["attn_implementation"] = "eager"
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
