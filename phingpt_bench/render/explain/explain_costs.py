"""What a row cost, with the formula and the price."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.board.row import Row
from phingpt_bench.core.ledgers import Ledger, Price, TokenPrice
from phingpt_bench.render.measures import machine_of, phase_text
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import count, say, spoken
from phingpt_bench.text.numbers import unknown_text


def cost_lines(row: Row) -> Iterable[str]:
    """Phases and USD of training and evaluation, USD of 1,000 documents, and the price."""
    if row.training is not None:
        yield from _ledger(say("Training"), row.training)
    yield from _ledger(say("Evaluation"), row.evaluation)
    usd, each = row.evaluation.usd, row.usd_per_1000
    if usd is not None and each is not None:
        yield say("1,000 documents: 1,000 x ${usd:.6f} / {n} = ${each:.6f}", usd=usd, n=row.n, each=each)
    of_training = row.training.price if row.training is not None else None
    if of_training is None or of_training == row.evaluation.price:
        yield from _price(say("Price"), row.evaluation.price)
    else:
        yield from _price(say("Price of the training"), of_training)
        yield from _price(say("Price of the evaluation"), row.evaluation.price)


def _price(title: str, price: Price | None) -> Iterable[str]:
    if price is None:
        return
    line = say(
        "{kind}: {entry} x {count} at ${hour:g} an hour together, card of {card}", kind=title,
        entry=clean(price.entry), count=price.count, hour=price.usd_per_hour, card=clean(price.card or unknown_text()),
    )  # fmt: skip
    yield f"{line}; {clean(spoken(price.assumption))}" if price.assumption else line


def _tokens(kind: str, ledger: Ledger, price: TokenPrice) -> Iterable[str]:
    """The tokens times their prices, and where these are from."""
    read, cheap = ledger.tokens_in or 0, price.usd_per_million_cached
    cached = 0 if cheap is None else min(ledger.tokens_cached or 0, read)
    parts = [
        (read - cached, say("tokens read"), price.usd_per_million_in),
        (cached, say("tokens read from the host's cache"), cheap or 0.0),
        (ledger.tokens_out or 0, say("tokens written"), price.usd_per_million_out),
    ]
    usd = sum(n * each for n, _, each in parts) / 1e6
    if ledger.usd is None:
        yield say("{kind}: USD {unknown}", kind=kind, unknown=unknown_text())
    elif abs(usd - ledger.usd) <= 0.001 * ledger.usd:
        products = " + ".join(f"{count(n)} {what} x ${each:g}" for n, what, each in parts if n)
        yield say(
            "{kind}: ({products}) / {million} = ${usd:.6f}", kind=kind, products=products, million=count(10**6),
            usd=ledger.usd,
        )  # fmt: skip
    else:
        yield say("{kind}: ${usd:.6f}, as recorded", kind=kind, usd=ledger.usd)
    line = say(
        "Price: {entry}, USD of a million tokens, card of {card}", entry=clean(price.entry),
        card=clean(price.card or unknown_text()),
    )  # fmt: skip
    yield f"{line}; {clean(spoken(price.assumption))}" if price.assumption else line


def _ledger(kind: str, ledger: Ledger) -> Iterable[str]:
    seconds = sum(ledger.seconds.values())
    phases = ", ".join(f"{phase_text(name)} {spent:.1f} s" for name, spent in ledger.seconds.items()) or unknown_text()
    if ledger.token_price is not None:
        yield say("{kind}: {phases}; billed by tokens", kind=kind, phases=phases)
        yield from _tokens(kind, ledger, ledger.token_price)
        return
    yield say("{kind}: {phases}; machine {machine}", kind=kind, phases=phases, machine=machine_of(ledger))
    hour = None if ledger.price is None else ledger.price.usd_per_hour
    if ledger.usd is None:
        yield say("{kind}: USD {unknown}", kind=kind, unknown=unknown_text())
    elif hour is not None and abs(seconds / 3600 * hour - ledger.usd) <= 0.001 * ledger.usd:
        yield say(
            "{kind}: {seconds:.1f} s / 3600 x ${hour:g} = ${usd:.6f}", kind=kind, seconds=seconds, hour=hour,
            usd=ledger.usd,
        )  # fmt: skip
    else:  # parts at other prices: the sum is what the record has
        yield say("{kind}: ${usd:.6f}, as recorded", kind=kind, usd=ledger.usd)
