"""Grouped key heads on a GPU: its fast kernels get what they take, and the numbers stay. GPUs are made up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from helpers.tiny import save_tiny
from transformers import AttentionInterface, AutoConfig, AutoModelForCausalLM
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from phingpt_bench.engine import selftest
from phingpt_bench.engine.labels.likelihood import Scorer
from phingpt_bench.engine.labels.tree import label_tree
from phingpt_bench.engine.labels.tree_model import NO_PREFIX, TreeModel
from phingpt_bench.models import key_heads, load
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.text.language import spoken

T4, A100 = (7, 5), (8, 0)
HEADS, KEY_HEADS, SIZE = 4, 2, 16
SHAPE = {
    "vocab_size": 300, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": HEADS,
    "num_key_value_heads": KEY_HEADS, "head_dim": SIZE, "max_position_embeddings": 128, "initializer_range": 0.3,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
# gemma2 caps its attention scores, which sdpa cannot: it computes them itself
ARCHITECTURES = {
    "llama": {},
    "qwen2": {},
    "qwen3": {},
    "mistral": {"sliding_window": 4},
    "gemma3_text": {"sliding_window": 4, "layer_types": ["sliding_attention", "full_attention"]},
    "gemma2": {"sliding_window": 4, "attn_logit_softcapping": 5.0, "attn_implementation": "eager"},
}
ROWS = torch.tensor([[5 + (7 * at + row) % 290 for at in range(12)] for row in range(3)])
Call = dict[str, Any]


@pytest.fixture(autouse=True)
def plain_afterwards() -> Iterator[None]:
    """transformers' own function before and after each test: others load bases on GPUs that are made up."""
    AttentionInterface.register("sdpa", sdpa_attention_forward)
    yield
    AttentionInterface.register("sdpa", sdpa_attention_forward)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[int, int]], None]:
    """Makes torch say which kernels of a GPU take something, by the conditions that torch 2.13 has for them."""

    def made(capability: tuple[int, int]) -> None:
        half = [torch.float16, torch.bfloat16] if capability >= (8, 0) else []

        def flash(call: Any, debug: bool = False) -> bool:
            return call.query.dtype in half and call.attn_mask is None

        def efficient(call: Any, debug: bool = False) -> bool:
            return takes(capability, call.query, call.key, call.value, call.attn_mask)

        # on a CPU there are kernels to compute with, and on torch's device without data it asks about those of a GPU
        asked = key_heads._shares_keys
        monkeypatch.setattr(
            key_heads, "_shares_keys", lambda *tensors: asked(*(t if t is None else t.to("meta") for t in tensors))
        )
        monkeypatch.setattr(torch.backends.cuda, "can_use_flash_attention", flash)
        monkeypatch.setattr(torch.backends.cuda, "can_use_efficient_attention", efficient)

    return made


def takes(capability: tuple[int, int], query: Any, key: Any, value: Any, mask: Any) -> bool:
    """Whether torch's memory-efficient kernel takes these tensors: one key head a query head, no gaps in a row."""
    dtypes = [torch.float32, torch.float16, *([torch.bfloat16] if capability >= (8, 0) else [])]
    return (
        query.dtype in dtypes
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and query.shape[3] == key.shape[3] == value.shape[3]
        and query.shape[3] % 8 == 0
        and all(tensor.stride(-1) == 1 for tensor in (query, key, value) if tensor.shape[-1] > 1)
        and (mask is None or (mask.dtype in (torch.bool, query.dtype) and mask.stride(-1) == 1))
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """What torch's attention is given."""
    made, attention = [], F.scaled_dot_product_attention

    def spy(query: Any, key: Any, value: Any, **options: Any) -> Any:
        made.append({"query": query, "key": key, "value": value, **options})
        return attention(query, key, value, **options)

    monkeypatch.setattr(F, "scaled_dot_product_attention", spy)
    return made


def random_model(architecture: str = "llama", **changes: Any) -> Any:
    torch.manual_seed(0)
    config = AutoConfig.for_model(architecture, **{**SHAPE, **ARCHITECTURES[architecture], **changes})
    return AutoModelForCausalLM.from_config(config).eval()


def kernels(calls: list[Call], capability: tuple[int, int]) -> set[str]:
    """The kernels that such a GPU would take for the calls."""
    found = set()
    for call in calls:
        half = call["query"].dtype != torch.float32 and capability >= (8, 0)
        if half and call["attn_mask"] is None:
            found.add("flash")
        elif not call.get("enable_gqa") and takes(
            capability, call["query"], call["key"], call["value"], call["attn_mask"]
        ):
            found.add("efficient")
        else:
            found.add("math")
    return found


@pytest.mark.parametrize(
    ("capability", "dtype", "kernel"),
    [
        (A100, torch.bfloat16, "flash"),
        (A100, torch.float16, "flash"),
        (A100, torch.float32, "efficient"),
        (T4, torch.float16, "efficient"),
        (T4, torch.float32, "efficient"),
        (T4, torch.bfloat16, "math"),  # emulated: no kernel takes it, and a warning says that it is slow
    ],
)
@pytest.mark.parametrize("training", [False, True])
def test_rows_without_branches_take_a_fast_kernel(
    gpu: Callable[..., None], calls: list[Call], capability: Any, dtype: torch.dtype, kernel: str, training: bool
) -> None:
    """transformers gives no mask there, and asks for shared keys."""
    gpu(capability)
    model = random_model().to(dtype)
    with torch.set_grad_enabled(training):
        model(input_ids=ROWS, use_cache=False)
        assert kernels(calls, capability) == ({"flash"} if kernel == "flash" else {"math"})  # as it was
        calls.clear()
        key_heads.copy_where_slow()
        model(input_ids=ROWS, use_cache=False)
    assert kernels(calls, capability) == {kernel}
    assert all(call["is_causal"] and call["attn_mask"] is None for call in calls)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
@pytest.mark.parametrize("cached", [0, 5])
def test_trees_take_a_fast_kernel_too(
    gpu: Callable[..., None], calls: list[Call], dtype: torch.dtype, cached: int
) -> None:
    """Their mask is given, so transformers copies the keys; as booleans, in the form that the kernel takes."""
    gpu(T4)
    key_heads.copy_where_slow()
    reader = TreeModel(random_model().to(dtype), 128)
    tree = label_tree(list(range(3, 14)), [(0, [20, 21]), (1, [22, 23])])
    assert tree.branches
    prefix = reader.cached(tuple(tree.tokens[:cached])) if cached else NO_PREFIX
    calls.clear()
    reader.logits([tree, tree], [(0, 12), (1, 12)], prefix or NO_PREFIX)
    assert kernels(calls, T4) == {"efficient"}
    assert {call["key"].shape[2] for call in calls} == {len(tree.tokens)}


def test_the_gpu_of_the_tensors_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """torch answers for the current GPU, which may be of another generation than the one that works."""
    entered: list[str] = []

    @contextlib.contextmanager
    def device_of(tensor: Any) -> Iterator[None]:
        entered.append(str(tensor.device))
        yield
        entered.append("left")

    monkeypatch.setattr(torch.cuda, "device_of", device_of)
    monkeypatch.setattr(torch.backends.cuda, "can_use_flash_attention", lambda call: entered.append("asked") or True)
    query, key = torch.empty(1, HEADS, 3, SIZE, device="meta"), torch.empty(1, KEY_HEADS, 3, SIZE, device="meta")
    assert key_heads.for_query_heads(query, key, key, None) == (key, key)
    assert entered == ["meta", "asked", "left"]


# the numbers


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """The CPU counts as a GPU that shares no keys; what was copied."""
    copied: list[Call] = []

    def shares(query: Any, keys: Any, values: Any, mask: Any) -> bool:
        copied.append({"mask": mask})
        return False

    monkeypatch.setattr(key_heads, "_shares_keys", shares)
    return copied


def outcome(model: Any) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """(logits, gradients) of some rows."""
    model.zero_grad()
    logits = model(input_ids=ROWS, use_cache=False).logits
    logits.logsumexp(-1).square().mean().backward()
    return logits.detach(), {name: one.grad.clone() for name, one in model.named_parameters() if one.grad is not None}


@pytest.mark.parametrize("length", ["window of 4", "window of 64"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_logits_and_gradients_are_those_of_shared_keys(slow: list[Call], architecture: str, length: str) -> None:
    window = {"sliding_window": int(length.split()[-1])} if "sliding_window" in ARCHITECTURES[architecture] else {}
    model = random_model(architecture, **window)
    logits, gradients = outcome(model)
    assert not slow
    key_heads.copy_where_slow()
    ours, own_gradients = outcome(model)
    assert torch.allclose(ours, logits, atol=1e-5)
    assert own_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert torch.allclose(own_gradients[name], gradient, atol=1e-5 * float(gradient.abs().max())), name
    # without a mask only: a window shorter than the rows has one, and capped scores never come here
    masked = architecture == "mistral" and window["sliding_window"] < ROWS.shape[1]
    assert bool(slow) is (architecture != "gemma2" and not masked)


def test_label_scores_are_those_of_shared_keys(slow: list[Call]) -> None:
    model = random_model()
    requests = [(None, list(range(3 + row, 14 + row)), [20 + label]) for row in range(4) for label in range(3)]
    plain = Scorer(model, 128, 4).score(requests)
    key_heads.copy_where_slow()
    ours = Scorer(model, 128, 4).score(requests)
    assert slow
    assert [greedy for _, greedy in ours] == [greedy for _, greedy in plain]
    assert [score for score, _ in ours] == pytest.approx([score for score, _ in plain], abs=1e-5)


def test_a_window_is_masked_as_before(gpu: Callable[..., None], calls: list[Call]) -> None:
    gpu(T4)
    key_heads.copy_where_slow()
    random_model("mistral")(input_ids=ROWS, use_cache=False)
    assert kernels(calls, T4) == {"efficient"}
    assert all(call["attn_mask"] is not None for call in calls)


def test_a_model_with_a_key_head_for_each_query_head_is_left_alone(slow: list[Call]) -> None:
    key_heads.copy_where_slow()
    outcome(random_model(num_key_value_heads=HEADS))
    assert not slow


@pytest.mark.slow
def test_bases_on_a_gpu_have_it_and_those_on_a_cpu_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = BaseSpec(model=str(save_tiny(tmp_path / "base")), quantisation="none", compute_dtype="float32", device="cpu")
    loaded = load.load_base(spec)
    assert AttentionInterface()["sdpa"] is sdpa_attention_forward
    monkeypatch.setattr(load, "_from_files", lambda *args: (loaded.tokenizer, loaded.model))
    monkeypatch.setattr(load, "device", lambda spec: "cuda:1")
    monkeypatch.setattr(load, "warn_of_emulation", lambda *args: None)
    load.load_base(spec)
    assert AttentionInterface()["sdpa"] is not sdpa_attention_forward


def test_the_selftest_names_the_kernels_that_take_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A CPU has flash attention alone. Where that takes nothing either, the row is only slow."""
    loaded: Any = SimpleNamespace(model=random_model())
    assert selftest._attention(loaded).values == {"kernels": ["flash"]}

    def no_kernel(*tensors: Any, **options: Any) -> Any:
        raise RuntimeError("No available kernel. Aborting execution.")

    monkeypatch.setattr(F, "scaled_dot_product_attention", no_kernel)
    finding = selftest._attention(loaded)
    assert finding.good and "slowest kernel" in spoken(finding.text)
    monkeypatch.setattr(F, "scaled_dot_product_attention", lambda *tensors, **options: tensors[0].view(7))
    with pytest.raises(RuntimeError, match="shape"):
        selftest._attention(loaded)
