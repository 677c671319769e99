"""The benchmarks run in miniature, their files are well-formed, and what they count is what they say they count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.benchmark_runs import run
from helpers.tiny import save_tiny
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from benchmarks import evaluation, exactness, measure, several
from benchmarks.compare import agreement
from benchmarks.floor import layout, needed, steps, tokens_at_once
from benchmarks.measure import interleaved, measured, spread
from benchmarks.sides import Watch
from phingpt_bench.core.errors import BenchError
from phingpt_bench.models.base_spec import BaseSpec

pytestmark = pytest.mark.slow

SENTIMENT, NER = "phin_demo_sentiment", "phin_demo_ner"
sequences = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=40), min_size=1, max_size=12)


@given(sequences)
def test_needed_tokens_are_the_distinct_prefixes(rows: list[list[int]]) -> None:
    need = needed(list(enumerate(rows)))
    assert need.tokens == len({tuple(row[:end]) for row in rows for end in range(1, len(row) + 1)})


def test_a_long_shared_prefix_is_counted_once() -> None:
    block = list(range(100))
    need = needed([("a", [*block, 1, 2]), ("a", [*block, 1, 3]), ("b", [*block, 4])])
    assert (need.prefix, need.own) == (100, (3, 1))
    assert needed([("a", [1, 2]), ("b", [1, 3])]).prefix == 0, "two tokens are no prefix worth a forward"


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 500))
def test_layout_holds_every_document(own: list[int], at_once: int) -> None:
    shapes = layout(sorted(own, reverse=True), at_once)
    assert sum(rows for rows, _ in shapes) == len(own)
    assert all(abs(rows * width - sum(own)) >= 0 and width >= 1 for rows, width in shapes)
    assert abs(sum(rows * width for rows, width in shapes) - sum(own)) <= len(own)  # rounding: under 1 token a row


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 60)), min_size=1, max_size=30),
)
def test_steps_share_the_tokens_as_the_forwards_did(own: list[int], forwards: list[tuple[int, int]]) -> None:
    shapes = steps(own, forwards)
    total, given_ = sum(own), sum(rows * width for rows, width in forwards)
    assert len(shapes) <= len(forwards)
    assert abs(sum(rows * width for rows, width in shapes) - total) <= sum(rows for rows, _ in shapes) / 2 + 1e-9
    if total == given_ and all(rows == 1 for rows, _ in forwards) and len(own) == 1:
        assert [rows * width for rows, width in shapes] == [width for _, width in forwards]


def test_tokens_at_once_is_weighted_by_tokens() -> None:
    assert tokens_at_once([(16, 50)] * 3) == 800
    assert tokens_at_once([(1, 1)] * 1000 + [(10, 100)]) == 500


def test_spread_and_turns() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "most": 3.0, "values": [3.0, 1.0, 2.0]}
    assert spread([])["median"] is None
    order: list[tuple[str, int]] = []
    interleaved(["a", "b"], {"a": 3, "b": 2}.__getitem__, lambda name, repeat: order.append((name, repeat)))
    assert order == [("a", 0), ("b", 0), ("b", 1), ("a", 1), ("a", 2)]


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks of a block are had on Linux only")
def test_a_peak_is_that_of_its_block() -> None:
    size = 200_000_000
    with measured() as large:
        bytearray(size)
    with measured() as small:
        pass
    assert large.peak_host_bytes is not None
    assert small.peak_host_bytes is not None
    assert large.peak_host_bytes - small.peak_host_bytes > size * 0.8


def test_a_peak_is_known_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS has no /proc: the peak of the whole process is taken there."""

    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert (measure.peak_host_bytes() or 0) > 5e6


@pytest.fixture(autouse=True)
def _no_look_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """lm-eval starts programs after each of its evaluations to learn about the machine, for seconds."""
    from lm_eval import evaluator

    monkeypatch.setattr(evaluator, "add_env_info", lambda results: None)


def check_sides(case: dict[str, Any], time: str = "seconds_per_document") -> None:
    """Ratios are those of the times; peaks are there."""
    stock, ours = case["sides"]["stock"], case["sides"]["ours"]
    expected = [a / b for a, b in zip(stock[time]["values"], ours[time]["values"], strict=True)]
    assert ours["faster_than_stock"]["values"] == pytest.approx(expected)
    assert stock["faster_than_stock"]["values"] == [1.0] * len(expected)
    assert min(stock["peak_host_bytes"], ours["peak_host_bytes"]) > 10_000_000


def test_evaluation_of_labels(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_tiny(tmp_path / "tiny")
    results = run(
        evaluation, tmp_path / "out.json", capsys, "--model", str(model), "--demo", "--documents", "2",
        "--repeats", "2", "--case", "labels-1", "--case", "shots-3", "--columns", "stock", "stock-1", "ours",
    )  # fmt: skip
    assert results["model"] == "tiny"
    one, examples = results["cases"]
    for case in (one, examples):
        check_sides(case)
        assert case["task"] == SENTIMENT
        assert case["documents"] == 2
        assert case["requests"] == 6
        assert case["answers"]["same_choices"] == case["answers"]["choices"] == 2
        assert case["answers"]["largest_difference"] < 1e-3
        assert len(case["floor"]["seconds"]["values"]) == 2
        for floor, over in (("seconds", "ours_over_floor"), ("plain_seconds", "ours_over_plain_floor")):
            own = case["sides"]["ours"]["seconds_per_document"]["values"]
            ratios = [2 * a / b for a, b in zip(own, case["floor"][floor]["values"], strict=True)]
            assert case["floor"][over]["values"] == pytest.approx(ratios)
        assert all(case["tokens_needed"] <= side["tokens_forwarded"] for side in case["sides"].values())
    # batch size 1 pads nothing, and one-token labels share their forward: all but the documents' common beginning
    alone = one["sides"]["stock-1"]
    assert alone["forwards"] == 2
    assert 0 < alone["tokens_forwarded"] - one["tokens_needed"] < 10
    assert examples["shared_prefix"] > 32
    assert examples["labels"] == ["bearish", "market neutral", "very bullish"]
    assert examples["tokens_needed"] < examples["sides"]["stock-1"]["tokens_forwarded"] / 2


def test_evaluation_of_a_random_shape_in_nf4(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs on a GPU with --shape llama-8b: generation, and base with adapters through the runner."""
    monkeypatch.setattr(several, "COUNT", 1)  # half a minute each
    results = run(
        evaluation, tmp_path / "out.json", capsys, "--shape", "tiny", "--quantisation", "nf4", "--dtype", "float32",
        "--demo", "--documents", "2", "--repeats", "1", "--case", "ner", "--case", "adapters", "--adapter-tasks",
        SENTIMENT, "--columns", "stock", "stock-auto", "ours",
    )  # fmt: skip
    ner, adapters = results["cases"]
    check_sides(ner)
    assert ner["task"] == NER
    assert "stock-auto" in ner["left_out"]
    assert ner["answers"]["texts"] == 2
    assert len(ner["floor"]["step_seconds"]["values"]) == 1
    assert ner["tokens_needed"] <= ner["sides"]["stock"]["tokens_forwarded"]
    check_sides(adapters, "seconds")
    assert adapters["peak_over_one_stock_run"] > 0
    assert adapters["tasks"] == [SENTIMENT]
    assert adapters["adapters"] == "random"


def test_adapters_near_a_trained_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Near enough to write alike, and not the same: the runner would take them for one."""
    monkeypatch.setattr(several, "COUNT", 2)
    base = BaseSpec(model=str(save_tiny(tmp_path / "tiny")), quantisation="none", compute_dtype="float32", device="cpu")
    (trained, _) = several.made_adapters(base, tmp_path, [SENTIMENT], None)
    near = several.made_adapters(base, tmp_path / "near", [SENTIMENT], trained)
    weights = [load_file(path / "adapter_model.safetensors") for path in (trained, *near)]
    assert weights[0].keys() == weights[1].keys() == weights[2].keys()
    for name, weight in weights[0].items():
        for other in weights[1:]:
            assert torch.allclose(weight, other[name], rtol=1e-5, atol=0)
    assert any((one != other).any() for one, other in zip(weights[1].values(), weights[2].values(), strict=True))
    deep = BaseSpec(model=str(save_tiny(tmp_path / "deep", num_hidden_layers=3)), quantisation="none", device="cpu")
    with pytest.raises(BenchError, match="not of rank 16"):
        several.made_adapters(deep, tmp_path / "more", [SENTIMENT], trained)


def test_exactness_and_a_file_made_in_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, model = tmp_path / "out.json", str(save_tiny(tmp_path / "tiny"))
    results = run(exactness, out, capsys, "--model", model, "--demo", "--documents", "3", "--written", "2")
    labels, written = results["tasks"]
    assert (labels["task"], labels["documents"], labels["values"]) == (SENTIMENT, 3, 9)
    assert labels["same_choices"] == labels["choices"] == 3
    assert 0 <= labels["largest_difference"] < 1e-4
    assert labels["closest"] is None, "no choice differs"
    assert (written["task"], written["texts"], written["same_texts"]) == (NER, 2, 2)
    again = run(exactness, out, capsys, "--model", model, "--task", SENTIMENT, "--tokens", "80", "--keep")
    assert again["tasks"][1] == written
    assert 0 < again["tasks"][0]["documents"] < 4, "80 tokens are two or three documents"


def test_agreement_of_answers_that_differ() -> None:
    """Two documents with the same text, too: their requests are told apart by their number."""
    stock, ours = Watch(), Watch()
    stock.answers = [(-1.0, True), (-2.0, False), (-1.0, False), (-1.25, True)]
    ours.answers = [(-1.0, True), (-2.0, False), (-1.5, False), (-1.25, True)]
    found = agreement(stock, ours, 2)
    assert (found["same_choices"], found["choices"], found["same_greedy"]) == (1, 2, 4)
    assert (found["largest_difference"], found["closest"]) == (0.5, 0.25)
