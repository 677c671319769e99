"""What many rows of a page have in common, each value kept once, and numbers in few digits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.render.measures import price_of


class Numbered:
    """Values that recur, each kept once; `number` is its place in `values`."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """The place of a value, which is added where it is new."""
        key = repr(value)
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]


@dataclass(frozen=True, slots=True)
class Shared:
    """What many rows have in common; in a row is its place in one of these lists."""

    prices: Numbered = field(default_factory=Numbered)
    machines: Numbered = field(default_factory=Numbered)
    notes: Numbered = field(default_factory=Numbered)


def ledger_values(ledger: Ledger | None, shared: Shared) -> dict[str, object] | None:
    """What was measured of a ledger, its price and machine as places in `shared`; None if nothing was."""
    if ledger is None:
        return None
    fields = ((field.name, getattr(ledger, field.name)) for field in dataclasses.fields(ledger))
    known = {name: value for name, value in fields if value is not None and value != {}}
    known.pop("token_price", None)
    if (price := price_of(ledger)) is not None:
        known["price"] = shared.prices.number(price)
    if ledger.machine is not None:
        known["machine"] = shared.machines.number(ledger.machine)
    if "seconds" in known:
        known["seconds"] = {phase: round(spent, 3) for phase, spent in ledger.seconds.items()}
    if "usd" in known:
        known["usd"] = short(ledger.usd)
    return known


def short(value: float | None) -> float | None:
    """Seven significant digits: more than any cell shows, and a third of the length."""
    return None if value is None else float(f"{value:.7g}")
