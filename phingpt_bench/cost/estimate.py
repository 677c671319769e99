"""What was not metered, worked out from a price card: a hosted model's answers, a paper's GPU hours, a ledger anew."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.ledger import total_seconds
from phingpt_bench.cost.prices import Entry, PriceCard, match, of_gpu, priced

# A label is written in 1 to 3 tokens and ends with one more: measured on the label sets of our tasks with SmolLM2's
# tokenizer ("positive" 1, "hawkish" 3, "Business & Management" 3).
LABEL_TOKENS = 3


@dataclass(frozen=True, slots=True)
class Usd:
    """An amount of USD between two bounds, equal where it is one price."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"not a range of USD: {self.low} to {self.high}")

    def times(self, factor: float) -> Usd:
        """So many of it."""
        return Usd(self.low * factor, self.high * factor)


def over(amounts: list[float]) -> Usd | None:
    """The range over some amounts; None for none."""
    return Usd(min(amounts), max(amounts)) if amounts else None


def hosted_usd(card: PriceCard, model: str, tokens_in: float, tokens_out: float) -> Usd | None:
    """USD of so many tokens at a hosted model's price, over its hosts; None where the card does not sell it."""
    return over([price.usd(tokens_in, tokens_out) for price in card.hosted(model)])


def hours_usd(card: PriceCard, gpu: str | None, count: int | None, hours: float | None) -> Usd | None:
    """USD of wall hours on `count` GPUs of a name, over the entries that it may mean (see `of_gpu`).

    None where the GPU, their number or the hours are not stated, or where the card does not know the GPU.
    """
    if gpu is None or count is None or hours is None:
        return None
    return over([entry.usd_per_hour * count * hours for entry in of_gpu(card, gpu)])


def repriced(ledger: Ledger, card: PriceCard) -> Ledger:
    """The ledger with USD at the card's price, as if its machine had been rented at it.

    The entry is that of the ledger's own price where the card has one of that id, else the one that fits the machine.
    USD and price are None where neither is found, or no time was metered: never the amount of another card.
    """
    entry = _entry(ledger, card) if ledger.seconds else None
    if entry is None:
        return dataclasses.replace(ledger, usd=None, price=None)
    usd = entry.usd_per_hour * total_seconds(ledger) / 3600
    return dataclasses.replace(ledger, usd=usd, price=priced(entry, card))


def _entry(ledger: Ledger, card: PriceCard) -> Entry | None:
    same = None if ledger.price is None else card.find(ledger.price.entry)
    if same is not None and ledger.price is not None and ledger.price.count > 0:
        return same.times(ledger.price.count)
    return None if ledger.machine is None else match(card, ledger.machine)
