"""The figures of docs/hardware.md are those of the price card and of the estimates of memory."""

from __future__ import annotations

import re

import pytest
from helpers.paths import ROOT

from phingpt_bench.cost.prices import load_prices, of_gpu
from phingpt_bench.engine.budgets import default_slots, token_budget
from phingpt_bench.evaluate.needs import ANSWER, PROMPT
from phingpt_bench.models.footprint import Shape, Work, needed_bytes

PAGE = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")
CARD = load_prices(ROOT / "results" / "prices.yaml")
LLAMA = Shape(  # Llama-3.1-8B: 32 layers of q, k, v, o and three of the MLP
    parameters=8_030_261_248,
    linear=32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336),
    layers=32,
    hidden=4096,
    inner=14336,
    kv=1024,
    vocabulary=128_256,
    lora_sides=32 * (2 * 8192 + 2 * 5120 + 3 * 18432),
)
FULL = token_budget("cuda")
WRITTEN = default_slots("cuda") * (PROMPT + ANSWER)
WORK = {
    "labels, 16 rows of 130 tokens": Work(tokens=16 * 130),
    "labels with an adapter, 16,384 tokens at a time": Work(tokens=FULL, r=16),
    "the same, and 32 answers at a time": Work(tokens=FULL, r=16, cached=WRITTEN),
} | {
    words: Work(tokens=tokens, r=16, training=True, recompute=True)
    for words, tokens in (
        ("training, 8,192 tokens a step, gradient checkpointing (the shipped recipe)", 8192),
        ("the same, 4,096 tokens", 4096),
        ("the same, 2,048 tokens", 2048),
    )
}


def table(head: str) -> list[list[str]]:
    """The cells below a head."""
    rows = PAGE.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_memory_is_what_is_estimated() -> None:
    found = table("work")
    assert [row[0] for row in found] == list(WORK)
    for words, bfloat16, float16, float32 in found:
        for cell, itemsize in ((bfloat16, 2), (float16, 2), (float32, 4)):
            if cell:
                assert cell == f"{needed_bytes(LLAMA, WORK[words], itemsize, packed=True) / 1e9:.1f}", words
    unpacked = needed_bytes(LLAMA, Work(tokens=FULL, r=16), 4, packed=False) / 1e9
    assert f"| {unpacked:.1f}, - |" in PAGE  # Apple's GPU


def test_prices_are_the_cards() -> None:
    listed = {}
    for names, prices, days in table("GPU"):
        first, _, last = days.partition(" to ")
        for name, price in zip(names.split(", "), prices.split(", "), strict=True):
            listed[name] = price
            read = next(entry.read_on for entry in CARD.entries if entry.gpu == name)
            assert first <= read <= (last or first), name
    assert listed == {entry.gpu: f"{entry.usd_per_hour:.2f}" for entry in CARD.entries if entry.gpu}


def test_what_is_said_to_have_no_price_has_none() -> None:
    said = re.search(r"does not list \(([^:)]+):", PAGE)
    assert said is not None
    names = said[1].split(", ")
    assert len(names) == 6
    assert [name for name in names if of_gpu(CARD, name)] == []


@pytest.mark.parametrize("name", ["NVIDIA A10", "NVIDIA L40", "Tesla P100-PCIE-16GB", "AMD Instinct MI300X"])
def test_nor_has_it_by_its_drivers_name(name: str) -> None:
    assert of_gpu(CARD, name) == ()
