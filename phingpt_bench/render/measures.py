"""What runs and boards measure, in words: metrics, methods of tests, phases and machines, what a ledger holds."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.core.ledgers import Ledger, Price, TokenPrice
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.ledger import total_seconds
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.machine import machine_text
from phingpt_bench.text.money import usd_text
from phingpt_bench.text.numbers import unknown_text
from phingpt_bench.text.quantities import duration_text

TRANSLATED = ("load", "warm-up", "prepare", "train", "probe", "harness", "evaluate")
PHASES = TRANSLATED  # of cost/meters.py
NO_STAR = sentence("no *: not shown to be better than one label for all rows")  # of a gain (`Difference.only_majority`)
METHODS = {  # of intervals and tests
    "wilson": sentence("Wilson"),
    "bootstrap": sentence("bootstrap over rows"),
    "mcnemar-exact": sentence("exact McNemar"),
    "permutation": sentence("permutation"),
    "wilson-clustered": sentence("Wilson, rows of one document together"),
    "bootstrap-clustered": sentence("bootstrap over documents"),
    "sign-flip-exact": sentence("exact sign flips over documents"),
    "permutation-clustered": sentence("permutation over documents"),
    "seeds": sentence("over rows and seeds"),
    "edge": sentence("Wilson for 0 of n rows"),
}


def metric_name(metric: str) -> str:
    """The metric in words; an unknown one as it is."""
    return say(METRICS[metric].title) if metric in METRICS else clean(metric)


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; True for one that is not known here."""
    return metric not in METRICS or METRICS[metric].higher_is_better


def method_text(method: str | None) -> str:
    """The method of an interval or a test in words; an unknown one as it is, empty for none."""
    return spoken(METHODS.get(method or "", method or ""))


def synthetic() -> str:
    """The warning over rows of the demonstration corpus."""
    return say("SYNTHETIC data: a demonstration of the tool, not a measurement of any model")


def phase_text(phase: str) -> str:
    """A phase of a ledger in words."""
    return clean(spoken(phase))


def machine_of(ledger: Ledger) -> str:
    """The machine of a ledger, or N/A."""
    return unknown_text() if ledger.machine is None else clean(machine_text(ledger.machine))


def seconds_of(ledger: Ledger | None) -> float | None:
    """All phases together; None if none was measured."""
    return total_seconds(ledger) if ledger is not None and ledger.seconds else None


def ledger_time(ledger: Ledger | None) -> str:
    """All phases together, or N/A."""
    return duration_text(seconds_of(ledger))


def ledger_usd(ledger: Ledger | None) -> str:
    """USD, or N/A."""
    return usd_text(None if ledger is None else ledger.usd)


def prices(ledgers: Iterable[Ledger]) -> list[str]:
    """Each price that the USD of the ledgers were computed with, in words (see `price_text`)."""
    known = (price_of(ledger) for ledger in ledgers if ledger.usd is not None)
    return sorted({price_text(price) for price in known if price is not None})


def price_of(ledger: Ledger) -> Price | TokenPrice | None:
    """The price of its USD, of a machine or of a hosted model's tokens; None if it has none."""
    return ledger.price or ledger.token_price


def price_text(price: Price | TokenPrice) -> str:
    """A ledger's price in words: USD, entry and date of the card, assumption; unknown parts are left out."""
    count = price.count if isinstance(price, Price) else 1
    parts = [
        _rate(price),
        f"{count} x {clean(price.entry)}" if count != 1 else clean(price.entry),
        say("price card of {date}", date=clean(price.card)) if price.card else None,
        clean(spoken(price.assumption or "")) or None,
    ]
    return ", ".join(part for part in parts if part)


def _rate(price: Price | TokenPrice) -> str:
    """USD of an hour, or of a million tokens: read, written, and cached where these have a price of their own."""
    if isinstance(price, Price):
        return say("${usd:g} an hour", usd=price.usd_per_hour)
    read, written, cached = price.usd_per_million_in, price.usd_per_million_out, price.usd_per_million_cached
    if cached is None:
        return say("a million tokens: ${read:g} read, ${written:g} written", read=read, written=written)
    return say(
        "a million tokens: ${read:g} read, ${cached:g} read from a cache, ${written:g} written",
        read=read, cached=cached, written=written,
    )  # fmt: skip
