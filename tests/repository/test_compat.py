"""Private parts of other packages are named in the room compat alone, and each still exists in the installed versions.

After an upgrade of lm-eval, transformers, PEFT, torch, huggingface_hub or datasets, run this file first.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.paths import ROOT

from phingpt_bench.compat import hub_parts, lm_eval_parts, model_parts, torch_parts

torch = pytest.importorskip("torch")

# names with an underscore that belong to Python itself: fields of named tuples, and parts of argparse that completion
# has to read (tests/cli/test_completion.py fails where one is gone)
OF_PYTHON = {"_replace", "_asdict", "_fields", "_actions", "_SubParsersAction", "_AppendAction", "_choices_actions"}
CHANGED = "{} is not there in {} {}: see what {} in phingpt_bench/compat says about it"


def version(package: str) -> str:
    from importlib.metadata import version as of

    return of(package)


def private_uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what) of every name with a leading underscore that is read from another object or package.

    Names of `self`, `cls` and `super()` are a class's own or those that it overrides.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.endswith("__"):
            owner = ast.unparse(node.value)
            if owner not in ("self", "cls") and not owner.startswith("super(") and node.attr not in OF_PYTHON:
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in PUBLIC:
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
            if any(name.startswith("_") and not name.endswith("__") for name in names):
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr", "setattr", "delattr"):
            name = node.args[1]
            if (
                isinstance(name, ast.Constant)
                and str(name.value).startswith("_")
                and not str(name.value).endswith("__")
            ):
                yield node.lineno, ast.unparse(node)


PUBLIC = {"phingpt_bench", "_typeshed"}  # the second is the documented module of types for type checkers
MODULES = [path for top in ("phingpt_bench", "benchmarks") for path in sorted((ROOT / top).rglob("*.py"))]


def test_private_parts_are_named_in_compat_alone() -> None:
    found = {path: list(private_uses(ast.parse(path.read_text(encoding="utf-8")))) for path in MODULES}
    room = ROOT / "phingpt_bench" / "compat"
    assert sum(len(uses) for path, uses in found.items() if path.parent == room) > 5, "the check sees none of them"
    others = {str(path.relative_to(ROOT)): uses for path, uses in found.items() if uses and path.parent != room}
    assert others == {}, "put it into phingpt_bench/compat/, with package, version and what breaks"


def test_every_function_says_what_it_leans_on() -> None:
    rooms = (hub_parts, lm_eval_parts, model_parts, torch_parts)
    functions = [f for room in rooms for _, f in inspect.getmembers(room, inspect.isfunction)]
    functions = [function for function in functions if function.__module__ in {room.__name__ for room in rooms}]
    assert len(functions) > 20
    packages = ("lm-eval 0", "transformers 5", "PEFT 0", "torch 2", "huggingface_hub 2", "HF_HUB_OFFLINE", "oneDNN")
    for function in functions:
        if not function.__name__.startswith("_"):
            assert any(name in (function.__doc__ or "") for name in packages), function.__name__


# lm-eval


@pytest.mark.parametrize("name", lm_eval_parts.OVERRIDDEN_IN_HFLM)
def test_hflm_calls_what_we_override(name: str) -> None:
    from lm_eval.api.model import TemplateLM
    from lm_eval.models.huggingface import HFLM

    from phingpt_bench.engine.lm import PhinLM

    gone = CHANGED.format(f"HFLM.{name}", "lm-eval", version("lm-eval"), "OVERRIDDEN_IN_HFLM")
    assert hasattr(HFLM, name), gone
    sources = [inspect.getsource(inspect.getmodule(cls)) for cls in (HFLM, TemplateLM)]
    assert any(f".{name}(" in source for source in sources), f"{gone}: nothing calls it"
    theirs, ours = (inspect.signature(getattr(cls, name)).parameters for cls in (HFLM, PhinLM))
    takes_any = any(one.kind is one.VAR_KEYWORD for one in ours.values())
    assert takes_any or set(theirs) <= set(ours), gone


def test_task_files_are_loaded_with_their_functions(tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("task: one\nprocess_results: !function phingpt_bench.lmeval.hooks.results\n", encoding="utf-8")
    assert callable(lm_eval_parts.load_task_yaml(file)["process_results"])


def test_what_is_replaced_in_lm_eval_is_used_there() -> None:
    import lm_eval.tasks
    from lm_eval import evaluator
    from lm_eval.api import task
    from lm_eval.tasks import manager

    for module, names, user in (
        (task, ("tqdm",), "no_progress_bars"),
        (evaluator, ("add_env_info", "get_git_commit_hash"), "no_environment_scan"),
    ):
        for name in names:
            said = CHANGED.format(f"{module.__name__}.{name}", "lm-eval", version("lm-eval"), user)
            assert hasattr(module, name), said
            assert f"{name}(" in inspect.getsource(module), said
    before = task.tqdm, evaluator.add_env_info, evaluator.get_git_commit_hash, manager.TaskManager
    with (
        lm_eval_parts.no_progress_bars(),
        lm_eval_parts.no_environment_scan(),
        lm_eval_parts.task_manager_replaced(dict),
    ):
        assert list(task.tqdm([1, 2])) == [1, 2]
        assert evaluator.get_git_commit_hash() is None
        assert lm_eval.tasks.TaskManager is manager.TaskManager is dict
    assert before == (task.tqdm, evaluator.add_env_info, evaluator.get_git_commit_hash, manager.TaskManager)


def test_the_error_of_a_missing_task_has_its_words() -> None:
    from lm_eval.config import evaluate_config

    assert f'"{lm_eval_parts.TASKS_NOT_FOUND}' in inspect.getsource(evaluate_config), CHANGED.format(
        lm_eval_parts.TASKS_NOT_FOUND, "lm-eval", version("lm-eval"), "missing_task"
    )
    assert lm_eval_parts.missing_task(ValueError("Tasks not found: one, two")) == "one"
    assert lm_eval_parts.missing_task(ValueError("another")) is None


def test_chat_messages_are_rendered_without_a_model() -> None:
    from types import SimpleNamespace

    def template(messages: list[dict[str, str]], **options: object) -> str:
        return f"{messages[0]['content']} {options['add_generation_prompt']}"

    tokenizer = SimpleNamespace(apply_chat_template=template)
    assert lm_eval_parts.chat_renderer(tokenizer)([{"role": "user", "content": "hello"}]) == "hello True"


# transformers and PEFT


def tiny_llama() -> object:
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    return LlamaForCausalLM(LlamaConfig(vocab_size=100, **shape)).eval()


def test_a_models_attention_can_be_read_and_switched() -> None:
    from transformers import AttentionInterface

    model, calls = tiny_llama(), []

    def attend(module: object, query: object, *rest: object, **options: object) -> tuple[object, None]:
        calls.append(module)
        return query.transpose(1, 2), None

    AttentionInterface.register("phin_test_attention", attend)
    said = CHANGED.format(
        "_attn_implementation_internal", "transformers", version("transformers"), "attention_switched"
    )
    assert model_parts.attention_name(model.config) in ("sdpa", "eager"), said
    assert model_parts.attention_can_be_switched(model), said
    configs = model_parts.attention_configs(model)
    assert configs, said
    before = model_parts.attention_name(model.config)
    with torch.no_grad(), model_parts.attention_switched(configs, "phin_test_attention"):
        model(torch.tensor([[1, 2, 3]]))
    assert len(calls) == 2, said
    assert model_parts.attention_name(model.config) == before


def test_reading_a_gguf_file_draws_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import modeling_gguf_pytorch_utils as module

    said = CHANGED.format("tqdm", "transformers", version("transformers"), "no_conversion_bar")
    assert "in tqdm(reader.tensors" in inspect.getsource(module), said
    with model_parts.no_conversion_bar():
        assert list(module.tqdm(range(3))) == [0, 1, 2]
    assert capsys.readouterr().err == ""


def test_checkpointing_is_what_a_layer_looks_at() -> None:
    from transformers.modeling_layers import GradientCheckpointingLayer

    model, calls = tiny_llama(), []

    def checkpoint(function: object, *inputs: object) -> object:
        calls.append(function)
        return function(*inputs)

    layers = [layer for layer in model.modules() if isinstance(layer, GradientCheckpointingLayer)]
    for layer in layers:
        model_parts.set_checkpointing(layer, checkpoint, True)
    model.train()(torch.tensor([[1, 2, 3]]))
    name = "_gradient_checkpointing_func"
    said = CHANGED.format(name, "transformers", version("transformers"), "set_checkpointing")
    assert len(calls) == len(layers) == 2, said


@pytest.mark.parametrize("device", ["cuda:0", "cuda:1"])
def test_training_keeps_to_the_gpu_that_holds_the_model(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two made-up GPUs, and as a launcher of one process leaves its variables."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState
    from transformers import TrainingArguments

    current = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    monkeypatch.setattr("accelerate.state.check_cuda_p2p_ib_support", lambda: True)
    for name, value in {"LOCAL_RANK": "0", "RANK": "0", "WORLD_SIZE": "1"}.items():
        monkeypatch.setenv(name, value)
    model = torch.nn.Linear(2, 2)
    model.is_loaded_in_4bit, model.hf_device_map = True, {"": device}
    said = CHANGED.format("_setup_devices", "transformers", version("transformers"), "training_device")
    try:
        with model_parts.training_device(device) as place:
            arguments = TrainingArguments(output_dir=str(tmp_path))
            place(arguments)
            assert (arguments.device, arguments.n_gpu) == (torch.device(device), 1), said
            assert current[-1] == int(device[-1])
            # ValueError for a 4-bit model on another device than its own; accelerate 1.10 wants a real GPU before that
            with contextlib.suppress(RuntimeError):
                Accelerator().prepare_model(model)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
    import os

    assert os.environ["LOCAL_RANK"] == "0" and "ACCELERATE_TORCH_DEVICE" not in os.environ


@pytest.mark.parametrize("name", ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE", "WORLD_SIZE"])
def test_training_on_a_cpu_waits_for_no_other_process(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under mpirun or srun: accelerate would wait for processes that train something else, or nothing."""
    from accelerate.state import AcceleratorState, PartialState
    from transformers import TrainingArguments

    monkeypatch.setenv(name, "2")
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda **options: pytest.fail("it waits"))
    said = CHANGED.format("PartialState", "accelerate", version("accelerate"), "LAUNCHER")
    try:
        with model_parts.training_device("cpu") as place:
            arguments = TrainingArguments(output_dir=str(tmp_path), use_cpu=True)
            place(arguments)
            assert (arguments.device, PartialState().num_processes) == (torch.device("cpu"), 1), said
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)


def test_the_marks_of_quantised_models_are_still_read() -> None:
    import peft.peft_model
    import peft.tuners.lora.model
    import transformers.modeling_utils

    sources = [inspect.getsource(m) for m in (transformers.modeling_utils, peft.tuners.lora.model, peft.peft_model)]
    for mark in ("is_quantized", "is_loaded_in_4bit", "quantization_method"):
        said = CHANGED.format(mark, "transformers", version("transformers"), "unmark_quantised")
        assert any(mark in source for source in sources), said
    model = tiny_llama()
    model.is_quantized, model.config.quantization_config = True, {"load_in_4bit": True}
    model_parts.unmark_quantised(model)
    assert not model.is_quantized
    assert not hasattr(model.config, "quantization_config")


def test_lora_layers_have_the_parts_that_are_read() -> None:
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(tiny_llama(), LoraConfig(r=2, target_modules="all-linear"))
    layers = model_parts.lora_layers(model)
    assert len(layers) == 14
    missing = [name for name in model_parts.LORA_LAYER if not hasattr(layers[0], name)]
    assert missing == [], CHANGED.format(", ".join(missing), "PEFT", version("peft"), "lora_layers")


# torch


def test_onednn_multiplies_where_torch_has_it() -> None:
    if not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available()):
        pytest.skip("this torch has no oneDNN beside MKL")
    said = CHANGED.format("torch.ops.mkldnn._linear_pointwise", "torch", torch.__version__, "onednn_linear")
    assert torch_parts.has_onednn_linear(), said
    inputs, weight, bias = torch.randn(3, 20, 64), torch.randn(32, 64), torch.randn(32)
    for extra in (None, bias):
        expected = torch.nn.functional.linear(inputs, weight, extra)
        assert torch.allclose(torch_parts.onednn_linear(inputs, weight, extra), expected, atol=1e-4)
    assert torch_parts.cpu_has_bfloat16() in (True, False)


def test_memory_that_ran_out_is_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    said = CHANGED.format(torch_parts.CPU_ALLOCATOR, "torch", torch.__version__, "memory_that_ran_out")
    assert torch_parts.memory_that_ran_out(caught.value) == "main", said
    assert torch_parts.memory_that_ran_out(torch.OutOfMemoryError("CUDA out of memory")) == "GPU"
    assert torch_parts.memory_that_ran_out(MemoryError()) == "main"
    assert torch_parts.memory_that_ran_out(RuntimeError("shapes do not match")) is None


# huggingface_hub and datasets


def test_the_hubs_client_and_datasets_look_at_the_switch() -> None:
    import datasets
    from huggingface_hub import constants

    before = hub_parts.hub_is_offline()
    try:
        for wanted in (not before, before):
            hub_parts.set_hub_offline(wanted)
            assert hub_parts.hub_is_offline() == constants.HF_HUB_OFFLINE == datasets.config.HF_HUB_OFFLINE == wanted
    finally:
        hub_parts.set_hub_offline(before)
    source = (
        inspect.getsource(inspect.getmodule(constants.is_offline_mode)) if hasattr(constants, "is_offline_mode") else ""
    )
    assert "HF_HUB_OFFLINE" in source, CHANGED.format(
        "constants.is_offline_mode", "huggingface_hub", version("huggingface-hub"), "set_hub_offline"
    )


def test_the_check_sees_private_uses() -> None:
    code = "from a._b import c\nx._d\ngetattr(x, '_e', None)\nself._f\nsuper()._g()\nx.__dict__\npoint._replace(x=1)"
    assert [line for line, _ in private_uses(ast.parse(code))] == [1, 2, 3]
