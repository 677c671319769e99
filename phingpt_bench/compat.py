"""Parts of other packages that their makers may change without notice: each use of one is a function of this module.

Every function says which package it leans on, the version it was last seen with, what breaks when the part moves, and
what the package offers instead. No other module may name a private part of another package
(tests/repository/test_compat.py checks that, and that each part still exists in the installed versions). Nothing is
imported before a function is called.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NoReturn

# lm-eval -------------------------------------------------------------------------------------------------------------

# lm-eval 0.4.13: methods of HFLM that engine.lm.PhinLM overrides. If one is renamed, PhinLM silently answers as HFLM
# does, slower. Upstream alternative: overriding the public loglikelihood and generate_until, which would mean copying
# HFLM's encoding, rank and cache handling.
OVERRIDDEN_IN_HFLM = ("_loglikelihood_tokens", "_model_generate", "_encode_pair", "tok_encode", "tok_batch_encode")


def load_task_yaml(path: Path) -> dict[str, object]:
    """The keys of a task file with its includes merged and its functions imported, as lm-eval reads them.

    lm-eval 0.4.13, `lm_eval.tasks._yaml_loader.load_yaml`. If it moves, the digests of prompt templates cannot be
    taken. Upstream alternative: none without loading the task's dataset.
    """
    from lm_eval.tasks._yaml_loader import load_yaml

    keys: dict[str, object] = load_yaml(path)
    return keys


@contextlib.contextmanager
def task_functions_checked(check: Callable[[str, Path], None]) -> Iterator[None]:
    """Within the block `check(name, folder of the file)` sees each function of a task file before it is imported.

    lm-eval 0.4.13, `lm_eval.tasks._yaml_loader._import_func_in_yml`. If it moves, looking at a task folder raises
    AttributeError here. Upstream alternative: `load_yaml(resolve_func=False)`, which tasks cannot be built from.
    """
    from lm_eval.tasks import _yaml_loader

    imported = _yaml_loader._import_func_in_yml

    def checked(name: str, folder: Path) -> Any:
        check(name, folder)
        return imported(name, folder)

    with _replaced(_yaml_loader, "_import_func_in_yml", checked):
        yield


@contextlib.contextmanager
def metrics_checked(refuse: Callable[[str], None]) -> Iterator[None]:
    """Within the block `refuse(name)` is called for each metric of a task that lm-eval does not have itself.

    lm-eval 0.4.13, the name `get_metric` in `lm_eval.api.task`, and `metric_registry` in `lm_eval.api.registry`. If
    they move, looking at a task folder raises AttributeError here. Upstream alternative: none.
    """
    from lm_eval.api import registry, task

    def checked(name: str, hf_evaluate_metric: bool = False) -> Any:
        if hf_evaluate_metric or name not in registry.metric_registry:
            refuse(name)
        return registry.get_metric(name, hf_evaluate_metric)

    with _replaced(task, "get_metric", checked):
        yield


def sandbox_templates(refused: Callable[[str], Exception]) -> None:
    """From now on lm-eval renders templates in Jinja's sandbox: they see their document, and no Python behind it.

    refused: the error for a template that reaches for more, from what Jinja says of it.
    lm-eval 0.4.13, `lm_eval.utils.env`. If it moves, templates of task files can run any code again, and a test fails.
    Upstream alternative: none.
    """
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from lm_eval import utils

    if isinstance(utils.env, ImmutableSandboxedEnvironment):
        return

    class Sandbox(ImmutableSandboxedEnvironment):
        def handle_exception(self, source: str | None = None) -> NoReturn:
            try:
                super().handle_exception(source)
            except SecurityError as err:
                raise refused(str(err)) from None

    before = utils.env
    utils.env = Sandbox(
        loader=before.loader, undefined=before.undefined, keep_trailing_newline=before.keep_trailing_newline
    )
    utils.env.filters.update(before.filters)


@contextlib.contextmanager
def no_progress_bars() -> Iterator[None]:
    """Within the block lm-eval draws no bar while it builds requests.

    lm-eval 0.4.13, the name `tqdm` in `lm_eval.api.task`. If it moves, its bars are drawn between our own lines.
    Upstream alternative: none; `cache_requests` and `rank` are the only switches of that bar.
    """
    from lm_eval.api import task

    with _replaced(task, "tqdm", functools.partial(task.tqdm, disable=True)):
        yield


@contextlib.contextmanager
def no_environment_scan() -> Iterator[None]:
    """Within the block an evaluation does not start programs to describe the machine, which takes 0.6 to 3 s a task.

    lm-eval 0.4.13, `add_env_info` and `get_git_commit_hash` in `lm_eval.evaluator`. If they move, evaluations get that
    much slower. Upstream alternative: none.
    """
    from lm_eval import evaluator

    with (
        _replaced(evaluator, "add_env_info", lambda results: None),
        _replaced(evaluator, "get_git_commit_hash", lambda: None),
    ):
        yield


@contextlib.contextmanager
def task_manager_replaced(replacement: type) -> Iterator[None]:
    """Within the block lm-eval's command line makes task managers of the class `replacement`.

    lm-eval 0.4.13, the name `TaskManager` in `lm_eval.tasks` and `lm_eval.tasks.manager`. If it moves, the command
    `phingpt-bench lm-eval` no longer finds our tasks. Upstream alternative: the entry points that lm-eval's open pull
    requests 4013 to 4015 read.
    """
    import lm_eval.tasks
    from lm_eval.tasks import manager

    with _replaced(lm_eval.tasks, "TaskManager", replacement), _replaced(manager, "TaskManager", replacement):
        yield


TASKS_NOT_FOUND = "Tasks not found: "


def missing_task(error: ValueError) -> str | None:
    """The first task name that lm-eval's command line did not find; None if the error says something else.

    lm-eval 0.4.13, the text of the error in `lm_eval.config.evaluate_config`. If it changes, a misspelt name ends in
    lm-eval's own traceback instead of our message. Upstream alternative: none, the error has no type of its own.
    """
    text = str(error)
    return text.removeprefix(TASKS_NOT_FOUND).split(", ")[0] if text.startswith(TASKS_NOT_FOUND) else None


def chat_renderer(tokenizer: Any) -> Callable[..., str]:
    """lm-eval's rendering of chat messages with a tokenizer, without a model.

    lm-eval 0.4.13, `HFLM.apply_chat_template` called on an object with the two attributes that it reads. If it reads
    more, training prompts raise AttributeError. Upstream alternative: none; a copy could drift from what is evaluated.
    """
    from lm_eval.models.huggingface import HFLM

    return functools.partial(
        HFLM.apply_chat_template, types.SimpleNamespace(tokenizer=tokenizer, chat_template_args={})
    )


# transformers --------------------------------------------------------------------------------------------------------


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


def use_one_gpu(arguments: Any) -> None:
    """Keep a Trainer from spreading the model over all visible GPUs: one of them holds it.

    transformers 5.23, `TrainingArguments._n_gpu`. If it moves, a machine with several GPUs trains with DataParallel,
    which fails for models that lie on one. Upstream alternative: CUDA_VISIBLE_DEVICES, before torch starts.
    """
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1


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


# PEFT ----------------------------------------------------------------------------------------------------------------


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


# torch ---------------------------------------------------------------------------------------------------------------


def has_onednn_linear() -> bool:
    """Whether torch was built with oneDNN and offers `onednn_linear`."""
    import torch

    built: bool = torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()
    return built and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def onednn_linear(inputs: Any, weight: Any, bias: Any) -> Any:
    """`F.linear` of float32 CPU tensors on oneDNN: inputs (... x in), weight (out x in), bias (out) or None.

    torch 2.13, `torch.ops.mkldnn._linear_pointwise`, which torch.compile's CPU backend calls. If it moves,
    `has_onednn_linear` is false and MKL multiplies. Upstream alternative: torch.compile with max-autotune.
    """
    import torch

    return torch.ops.mkldnn._linear_pointwise(inputs, weight, bias, "none", [], "")


def cpu_has_bfloat16() -> bool:
    """Whether the processor has instructions for products in bfloat16.

    torch 2.13, `torch.ops.mkldnn._is_mkldnn_bf16_supported`, which torch.compile's CPU backend asks. If it moves, the
    compute dtype "auto" raises AttributeError on a CPU. Upstream alternative: reading /proc/cpuinfo.
    """
    import torch

    available: bool = torch.backends.mkldnn.is_available()
    return available and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


CPU_ALLOCATOR = "DefaultCPUAllocator: "


def memory_that_ran_out(error: BaseException) -> Literal["GPU", "main"] | None:
    """Which memory an error says has run out; None for any other error.

    torch 2.13: `torch.OutOfMemoryError` is for GPUs, and a CPU tensor that does not fit is a RuntimeError which names
    the allocator. If that name changes, the message becomes a traceback. Upstream alternative: none.
    """
    torch = sys.modules.get("torch")  # memory of a GPU can only run out where torch is loaded
    if torch is not None and isinstance(error, torch.OutOfMemoryError):
        return "GPU"
    return "main" if isinstance(error, MemoryError) or CPU_ALLOCATOR in str(error) else None


# huggingface_hub and datasets ----------------------------------------------------------------------------------------


def hub_is_offline() -> bool:
    """Whether the Hub's client stays offline (HF_HUB_OFFLINE, or `set_hub_offline`)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def set_hub_offline(offline: bool) -> None:
    """Let the Hub's client and `datasets` use caches only, or ask the Hub again.

    huggingface_hub 2.4, `constants.HF_HUB_OFFLINE`, and datasets 5.2, `config.HF_HUB_OFFLINE`, which is a copy. If they
    move, an unreachable Hub is waited for at every file. Upstream alternative: the environment variable, which is read
    once, at import.
    """
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = offline
    if "datasets" in sys.modules:  # it copies the value when it is imported
        sys.modules["datasets"].config.HF_HUB_OFFLINE = offline


@contextlib.contextmanager
def _replaced(module: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
