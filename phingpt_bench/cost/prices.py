"""Price cards: dated USD per hour of machines and per million tokens of APIs, each with its source."""

from __future__ import annotations

import dataclasses
import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Price
from phingpt_bench.core.machine import Machine
from phingpt_bench.core.paths import expanded, share
from phingpt_bench.core.sentences import sentence

PRICES_VARIABLE = "PHINGPT_BENCH_PRICES"
CPU_ENTRY = "cpu-core-hour"
MOST = 1e9  # the highest USD of one unit: far above any price, and far below the limits of a float
# words that make a GPU a different product from the one without them
_OTHER_PRODUCT = {"ti", "super", "laptop", "mobile", "mig", "d", "max"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One price: USD for one hour of one unit (a processor core for "cpu-core-hour", otherwise one GPU with its host).

    gpu: the words that a GPU's name must contain, e.g. "A100 80GB"; None for prices that are only found by id, such as
    those that a paper assumed. count: set by `match`; `usd_per_hour` is then for all units.
    """

    id: str
    """Its name on the card; `cpu-core-hour` is the price of processor cores."""
    usd_per_hour: float
    """USD for an hour of one unit."""
    source: str
    """Where the price was read."""
    read_on: str
    """The day, as 2026-11-25."""
    assumption: str
    """What the price assumes."""
    gpu: str | None = None
    count: int = 1

    def __post_init__(self) -> None:
        _check_day("read_on", self.read_on)
        if self.usd_per_hour <= 0:
            raise ValueError(f"{self.id}: {self.usd_per_hour} USD an hour; leave an unknown price out of the card")
        if self.usd_per_hour > MOST * max(self.count, 1):
            raise ValueError(f"{self.id}: usd_per_hour is {self.usd_per_hour:g}, more than anything costs")

    def times(self, count: int) -> Entry:
        """The price of `count` units."""
        return dataclasses.replace(self, usd_per_hour=self.usd_per_hour * count, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPrice:
    """The price of a hosted model: USD per million tokens read and written.

    models: the exact names of the model in published results. Several entries may name one model, one for each host:
        its price is then the range from the cheapest to the most expensive.
    ids: the names under which the host's API serves it.
    sold: False for a model that its host no longer sells at this price.
    usd_per_million_cached: USD for a million tokens that the host has cached; None if it has no such price. Estimates
        do not use it.
    """

    id: str
    """Its name on the card."""
    models: tuple[str, ...]
    host: str
    """Who sells it."""
    usd_per_million_in: float
    """USD for a million tokens read."""
    usd_per_million_out: float
    """USD for a million tokens written."""
    source: str
    """Where the price was read."""
    read_on: str
    """The day, as 2026-11-25."""
    assumption: str
    """What the price assumes."""
    usd_per_million_cached: float | None = None
    ids: tuple[str, ...] = ()
    sold: bool = True

    def __post_init__(self) -> None:
        _check_day("read_on", self.read_on)
        if not self.models:
            raise ValueError(f"{self.id}: models names no model")
        prices = (self.usd_per_million_in, self.usd_per_million_out, self.usd_per_million_cached)
        if any(price is not None and price <= 0 for price in prices):
            raise ValueError(f"{self.id}: a price that is not above 0; leave an unknown price out of the card")
        if any(price is not None and price > MOST for price in prices):
            raise ValueError(f"{self.id}: a price of {max(filter(None, prices)):g} USD, more than anything costs")

    def usd(self, tokens_in: float, tokens_out: float) -> float:
        """USD for a number of tokens, none of them cached."""
        return (tokens_in * self.usd_per_million_in + tokens_out * self.usd_per_million_out) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPrice:
    """The price of one labelled row, which a training needs and a zero-shot model does not."""

    usd: float
    """USD for one row."""
    source: str
    """Where the price was read."""
    read_on: str
    """The day, as 2026-11-25."""
    assumption: str
    """What the price assumes."""

    def __post_init__(self) -> None:
        _check_day("read_on", self.read_on)
        if not 0 < self.usd <= MOST:
            raise ValueError(f"label: {self.usd:g} USD; leave an unknown price out of the card")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCard:
    """Prices collected on one date: of machines (`entries`), of APIs, and of a label. Ids are distinct."""

    date: str
    """The day of the card, as 2026-11-25."""
    entries: tuple[Entry, ...]
    """Prices of machines."""
    api: tuple[ApiPrice, ...] = ()
    """Prices of hosted models."""
    label: LabelPrice | None = None
    """The price of a labelled row; null: labels are not counted."""

    def __post_init__(self) -> None:
        _check_day("date", self.date)
        ids = [*(entry.id for entry in self.entries), *(price.id for price in self.api)]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"entry given twice: {', '.join(sorted(twice))}")
        if any(entry.count != 1 for entry in self.entries):
            raise ValueError("count is worked out from the machine: leave it out of the card")

    def find(self, name: str) -> Entry | None:
        """The entry with that id, or None."""
        return next((entry for entry in self.entries if entry.id == name), None)

    def hosted(self, model: str) -> tuple[ApiPrice, ...]:
        """The prices of a hosted model by its name in published results; empty if the card has none."""
        return tuple(price for price in self.api if model in price.models)


def load_prices(path: Path | None = None) -> PriceCard:
    """The card in `path`, in $PHINGPT_BENCH_PRICES or the shipped one; BenchError for a missing or bad file."""
    file = card_path(path)
    if not file.is_file():
        raise BenchError(
            sentence("a folder, not a price card") if file.is_dir() else sentence("no such price card"),
            where=str(file),
            hint=sentence("give a YAML file laid out like {file}", file=share("results", "prices.yaml")),
        )
    return config.load(file, PriceCard)


def card_path(path: Path | None = None) -> Path:
    """The file that `load_prices` reads."""
    return path or own_card() or share("results", "prices.yaml")


def own_card() -> Path | None:
    """The file that $PHINGPT_BENCH_PRICES names, or None."""
    own = os.environ.get(PRICES_VARIABLE)
    return expanded(own) if own else None


def match(card: PriceCard, machine: Machine) -> Entry | None:
    """The price of a machine, or None if the card does not list it.

    Without a GPU: the price of a core times the number of cores. With GPUs, which must all be of one kind: the entry
    whose words are all in the GPU's name (with most words, if several fit) times their number; the host is included. A
    GPU that
    is not listed has no price: None, which boards show as N/A, never as 0.
    """
    if not machine.gpus:
        core = card.find(CPU_ENTRY)
        return core.times(machine.cores) if core else None
    names = set(machine.gpus)
    if len(names) > 1:
        return None
    words = _words(names.pop())
    fitting = [entry for entry in card.entries if entry.gpu and _fits(_words(entry.gpu), words)]
    if not fitting:
        return None
    return max(fitting, key=lambda entry: len(_words(entry.gpu or ""))).times(len(machine.gpus))


def of_gpu(card: PriceCard, name: str) -> tuple[Entry, ...]:
    """The prices of a GPU as named in a paper; empty if the card does not list it.

    "RTX 3090" is one entry. "A100" may be the one with 40 or with 80 GB, so it gives both. "RTX 3090 / A100-40GB" gives
    both, or none if one of them is unknown.
    """
    found: dict[str, Entry] = {}
    for alternative in name.split("/"):
        words = _words(re.sub(r"\(.*?\)", " ", alternative))
        known = [entry for entry in card.entries if entry.gpu]
        fitting = [entry for entry in known if _fits(_words(entry.gpu or ""), words)]
        if fitting:
            fitting = [max(fitting, key=lambda entry: len(_words(entry.gpu or "")))]
        else:
            fitting = [entry for entry in known if words and words <= _words(entry.gpu or "")]
        if not fitting:
            return ()
        found |= {entry.id: entry for entry in fitting}
    return tuple(found.values())


def priced(entry: Entry, card: PriceCard) -> Price:
    """A price, as stored in a ledger."""
    return Price(
        card=card.date, entry=entry.id, count=entry.count, usd_per_hour=entry.usd_per_hour, source=entry.source,
        read_on=entry.read_on, assumption=entry.assumption,
    )  # fmt: skip


def _check_day(name: str, value: str) -> None:
    """ValueError unless it is a full ISO 8601 date."""
    try:
        if date.fromisoformat(value).isoformat() == value:
            return
    except ValueError:
        pass
    raise ValueError(f"{name} must be like 2026-11-25, not '{value}'")


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", name.lower()))


def _fits(wanted: set[str], words: set[str]) -> bool:
    return wanted <= words and not (words - wanted) & _OTHER_PRODUCT
