"""Sums over a ledger's phases."""

from __future__ import annotations

from phingpt_bench.core.ledgers import Ledger


def total_seconds(ledger: Ledger) -> float:
    """Seconds over all phases; 0.0 if there are none."""
    return sum(ledger.seconds.values())


def per_thousand(ledger: Ledger, documents: int) -> float | None:
    """USD for 1,000 documents, from a ledger of `documents`; None if its USD are unknown or there are no documents."""
    return None if ledger.usd is None or not documents else 1000 * ledger.usd / documents


def total_joules(ledger: Ledger) -> float | None:
    """Joules over all phases; None if energy was not measured."""
    return None if ledger.joules is None else sum(ledger.joules.values())
