"""Sums over ledgers."""

from __future__ import annotations

from typing import Any

from phingpt_bench.core.records import Ledger


def total_seconds(ledger: Ledger) -> float:
    """Seconds over all phases; 0.0 when there is none."""
    return sum(ledger.seconds.values())


def add(a: Ledger, b: Ledger) -> Ledger:
    """The ledger of both pieces of work together.

    Phases, tokens and USD are added, peaks are the higher one. Unknown + x is unknown: None stands for a quantity that
    was not measured, and a sum that leaves a part out would look like the whole and be too small. The same holds for
    the higher of two peaks. Energy is only added where both were measured in the same way: the GPUs' alone and that of
    GPUs and processor are no sum. Two prices become one entry without a price per hour, with both assumptions in words.
    """
    seconds = {name: a.seconds.get(name, 0.0) + b.seconds.get(name, 0.0) for name in {**a.seconds, **b.seconds}}
    return Ledger(
        seconds=seconds,
        tokens_in=_sum(a.tokens_in, b.tokens_in),
        tokens_out=_sum(a.tokens_out, b.tokens_out),
        peak_host_bytes=_higher(a.peak_host_bytes, b.peak_host_bytes),
        peak_gpu_bytes=_higher(a.peak_gpu_bytes, b.peak_gpu_bytes),
        usd=_sum(a.usd, b.usd),
        price=_both_prices(a.price, b.price),
        joules=_joules(a, b),
        energy_method=a.energy_method if a.energy_method == b.energy_method else None,
        flops=_sum(a.flops, b.flops),
        machine=a.machine
        if a.machine == b.machine
        else " + ".join(m or "unknown machine" for m in (a.machine, b.machine)),
    )


def per_thousand(ledger: Ledger, documents: int) -> float | None:
    """USD for 1,000 documents, from a ledger of `documents`; None where its USD are unknown or there are none."""
    return None if ledger.usd is None or not documents else 1000 * ledger.usd / documents


def total_joules(ledger: Ledger) -> float | None:
    """Joules over all phases; None where energy was not measured."""
    return None if ledger.joules is None else sum(ledger.joules.values())


def _joules(a: Ledger, b: Ledger) -> dict[str, float] | None:
    if a.joules is None or b.joules is None or a.energy_method != b.energy_method:
        return None
    return {name: a.joules.get(name, 0.0) + b.joules.get(name, 0.0) for name in {**a.joules, **b.joules}}


def _sum(a: Any, b: Any) -> Any:
    return None if a is None or b is None else a + b


def _higher(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else max(a, b)


def _both_prices(a: dict[str, Any] | None, b: dict[str, Any] | None) -> dict[str, Any] | None:
    if a is None or b is None or a == b:
        return a if a == b else None
    both: dict[str, Any] = {key: f"{a.get(key)} + {b.get(key)}" for key in ("entry", "assumption", "source")}
    return {**both, "card": a.get("card") if a.get("card") == b.get("card") else None, "usd_per_hour": None}
