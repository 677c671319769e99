"""Parts of transformers, accelerate and PEFT that may change without notice."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

from phingpt_bench.compat.replaced import replaced


def attention_name(config: Any) -> str:
    """The attention implementation that a (text) configuration is set to: "sdpa", "eager", "flash_attention_2" ...

    transformers 5.23, `PreTrainedConfig._attn_implementation`. If it moves, every model looks like one of unknown
    attention and gets the plain path. Upstream alternative: none for reading.
    """
    return str(getattr(config, "_attn_implementation", None))


def attention_configs(model: Any) -> list[Any]:
    """The distinct configurations of a model's modules, each of which chooses the attention of its modules.

    transformers 5.23, `_attn_implementation_internal`: the field below the property that `attention_name` reads.
    """
    configs = (module.config for module in model.modules() if hasattr(module, "config"))
    return list({id(one): one for one in configs if hasattr(one, "_attn_implementation_internal")}.values())


@contextlib.contextmanager
def attention_switched(configs: list[Any], name: str) -> Iterator[None]:
    """Within the block modules with these configurations use the attention registered under `name`.

    transformers 5.23, `_attn_implementation_internal`. If it moves, the engine for written answers finds that its
    attention is not called and leaves answers to `generate`. Upstream alternative: `model.set_attn_implementation`,
    which walks all modules, and this is done at every step.
    """
    before = [config._attn_implementation_internal for config in configs]
    try:
        for config in configs:
            config._attn_implementation_internal = name
        yield
    finally:
        for config, old in zip(configs, before, strict=True):
            config._attn_implementation_internal = old


def attention_can_be_switched(model: Any) -> bool:
    """Whether a model takes a registered attention function and keeps no state other than keys and values.

    transformers 5.23, `PreTrainedModel._supports_attention_backend` and `_is_stateful`. If they move, all models are
    left to `generate`. Upstream alternative: none.
    """
    return bool(getattr(model, "_supports_attention_backend", False)) and not getattr(model, "_is_stateful", False)


def set_checkpointing(layer: Any, function: Callable[..., Any], wanted: bool) -> None:
    """Switch activation checkpointing of one decoder layer on or off, with `function` as torch's checkpoint.

    transformers 5.23, `GradientCheckpointingLayer._gradient_checkpointing_func`. If it moves, long rows need memory for
    all their activations. Upstream alternative: `model.gradient_checkpointing_enable`, which walks the model at every
    call and warns about `use_cache`.
    """
    layer._gradient_checkpointing_func = function
    layer.gradient_checkpointing = wanted


LAUNCHER = (
    "LOCAL_RANK", "RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "ACCELERATE_TORCH_DEVICE", "ACCELERATE_USE_CPU",
    "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",  # of mpirun and srun, which count on a CPU
)  # fmt: skip


@contextlib.contextmanager
def training_device(device: str) -> Iterator[Callable[[Any], None]]:
    """Within the block a Trainer is made for the torch device `device` alone; gives what sets it in TrainingArguments.

    transformers 5.23, `TrainingArguments._setup_devices` (a cached property, always cuda:0 where there is a GPU) and
    `_n_gpu`, and accelerate 1.15, which reads its device from ACCELERATE_TORCH_DEVICE and takes LOCAL_RANK, and on a
    CPU the variables of MPI, for those of one of several processes. If they move, training on another GPU than the
    first ends in "You can't train a model that has been loaded in 8-bit or 4-bit precision on a different device", and
    on a CPU under mpirun in "Tried to launch on distributed". Upstream alternative: CUDA_VISIBLE_DEVICES, before torch
    starts.
    """
    import torch

    before = {name: os.environ.pop(name, None) for name in LAUNCHER}
    kind, _, index = device.partition(":")
    if kind == "cuda":
        os.environ["ACCELERATE_TORCH_DEVICE"] = device

    def place(arguments: Any) -> None:
        arguments._n_gpu = 1  # else DataParallel takes all that are visible
        if kind == "cuda":
            arguments.__dict__["_setup_devices"] = torch.device(device)
            torch.cuda.set_device(int(index or 0))  # after that property, which takes the first

    try:
        yield place
    finally:
        os.environ.pop("ACCELERATE_TORCH_DEVICE", None)
        os.environ.update({name: value for name, value in before.items() if value is not None})


@contextlib.contextmanager
def no_conversion_bar() -> Iterator[None]:
    """Within the block transformers draws no bar while it reads a GGUF file.

    transformers 5.23, the name `tqdm` in `transformers.modeling_gguf_pytorch_utils`. If it moves, its bar is drawn
    between our own lines. Upstream alternative: none; `disable_progress_bar` does not reach that bar.
    """
    from tqdm.auto import tqdm
    from transformers import modeling_gguf_pytorch_utils

    with replaced(modeling_gguf_pytorch_utils, "tqdm", functools.partial(tqdm, disable=True)):
        yield


def unmark_quantised(model: Any) -> None:
    """Take off the marks by which transformers and PEFT choose their 4-bit code, once the weights are plain.

    transformers 5.23, `is_quantized`, `is_loaded_in_4bit`, `quantization_method` and `config.quantization_config`. If
    they move, PEFT wraps plain layers as 4-bit ones and fails. Upstream alternative: `model.dequantize()`, which keeps
    float32 copies of all layers at once.
    """
    model.is_quantized = model.is_loaded_in_4bit = False
    model.quantization_method = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config


def lora_layers(model: Any) -> list[Any]:
    """The LoRA layers of a model whose base layer is (or was) a plain Linear: exactly PEFT's class, no subclass.

    PEFT 0.21.2, `peft.tuners.lora.layer.Linear` with the attributes in LORA_LAYER. If they move, layers run PEFT's own
    forward (slower) or raise AttributeError. Upstream alternative: none.
    """
    from peft.tuners.lora.layer import Linear

    return [layer for layer in model.modules() if type(layer) is Linear]


LORA_LAYER = (
    "active_adapters", "base_layer", "disable_adapters", "lora_A", "lora_B", "lora_bias", "lora_dropout",
    "lora_variant", "merged", "scaling",
)  # fmt: skip
