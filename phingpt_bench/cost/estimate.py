"""Estimates from a price card: a hosted model's answers, a paper's GPU hours, a ledger at other prices."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from phingpt_bench.core.ledgers import Ledger, TokenPrice
from phingpt_bench.cost.ledger import total_seconds
from phingpt_bench.cost.prices import ApiPrice, Entry, PriceCard, match, of_gpu, priced

# A label is written in 1 to 3 tokens and ends with one more: measured on the label sets of our tasks with SmolLM2's
# tokenizer ("positive" 1, "hawkish" 3, "Business & Management" 3).
LABEL_TOKENS = 3


@dataclass(frozen=True, slots=True)
class Usd:
    """A range of USD; both bounds are equal for a single price."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high:
            raise ValueError(f"not a range of USD: {self.low} to {self.high}")

    def times(self, factor: float) -> Usd:
        """The range times a factor."""
        return Usd(self.low * factor, self.high * factor)


def over(amounts: list[float]) -> Usd | None:
    """The range of some amounts; None if there are none."""
    return Usd(min(amounts), max(amounts)) if amounts else None


def hosted_usd(card: PriceCard, model: str, tokens_in: float, tokens_out: float) -> Usd | None:
    """USD of tokens at a hosted model's price, over its hosts; None if the card does not list it."""
    return over([price.usd(tokens_in, tokens_out) for price in card.hosted(model)])


def hours_usd(card: PriceCard, gpu: str | None, count: int | None, hours: float | None) -> Usd | None:
    """USD of wall hours on `count` GPUs, over the entries that the GPU's name may mean (see `of_gpu`).

    None if the GPU, the number of GPUs or the hours are not stated, or if the card does not list the GPU.
    """
    if gpu is None or count is None or hours is None:
        return None
    return over([entry.usd_per_hour * count * hours for entry in of_gpu(card, gpu)])


def repriced(ledger: Ledger, card: PriceCard) -> Ledger:
    """The ledger with USD at the card's price, as if its machine had been rented at that price.

    The entry is the one with the id of the ledger's own price, otherwise the one that fits the machine. USD and price
    are None if neither is found, or no time was measured: never the amount of another card. Tokens of a hosted model
    are priced by its entry on this card.
    """
    if ledger.token_price is not None:
        own = next((price for price in card.api if price.id == ledger.token_price.entry), None)
        if own is None:
            return dataclasses.replace(ledger, usd=None, token_price=None)
        return dataclasses.replace(ledger, usd=tokens_usd(own, ledger), token_price=token_price(own, card))
    entry = _entry(ledger, card) if ledger.seconds else None
    if entry is None:
        return dataclasses.replace(ledger, usd=None, price=None)
    usd = entry.usd_per_hour * total_seconds(ledger) / 3600
    return dataclasses.replace(ledger, usd=usd, price=priced(entry, card))


def tokens_usd(price: ApiPrice, ledger: Ledger) -> float | None:
    """USD of a ledger's tokens at a hosted model's price, cached ones at their own; None if they are unknown."""
    if ledger.tokens_in is None or ledger.tokens_out is None:
        return None
    dear = price.usd_per_million_cached
    cached = 0 if dear is None else min(ledger.tokens_cached or 0, ledger.tokens_in)
    return price.usd(ledger.tokens_in - cached, ledger.tokens_out) + cached * (dear or 0.0) / 1e6


def token_price(price: ApiPrice, card: PriceCard) -> TokenPrice:
    """A hosted model's price, as stored in a ledger."""
    return TokenPrice(
        card=card.date, entry=price.id, usd_per_million_in=price.usd_per_million_in,
        usd_per_million_out=price.usd_per_million_out, usd_per_million_cached=price.usd_per_million_cached,
        source=price.source, read_on=price.read_on, assumption=price.assumption,
    )  # fmt: skip


def _entry(ledger: Ledger, card: PriceCard) -> Entry | None:
    same = None if ledger.price is None else card.find(ledger.price.entry)
    if same is not None and ledger.price is not None and ledger.price.count > 0:
        return same.times(ledger.price.count)
    return None if ledger.machine is None else match(card, ledger.machine)
