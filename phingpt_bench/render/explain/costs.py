"""What a row cost, with the formula and the price."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.board.values import Row
from phingpt_bench.core.records import Ledger, Price
from phingpt_bench.render.board.text import clean, machine_of, phase_text, unknown
from phingpt_bench.text.language import say, spoken


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
        entry=clean(price.entry), count=price.count, hour=price.usd_per_hour, card=clean(price.card or unknown()),
    )  # fmt: skip
    yield f"{line}; {clean(spoken(price.assumption))}" if price.assumption else line


def _ledger(kind: str, ledger: Ledger) -> Iterable[str]:
    seconds = sum(ledger.seconds.values())
    phases = ", ".join(f"{phase_text(name)} {spent:.1f} s" for name, spent in ledger.seconds.items()) or unknown()
    yield say("{kind}: {phases}; machine {machine}", kind=kind, phases=phases, machine=machine_of(ledger))
    hour = None if ledger.price is None else ledger.price.usd_per_hour
    if ledger.usd is None:
        yield say("{kind}: USD {unknown}", kind=kind, unknown=unknown())
    elif hour is not None and abs(seconds / 3600 * hour - ledger.usd) <= 0.001 * ledger.usd:
        yield say(
            "{kind}: {seconds:.1f} s / 3600 x ${hour:g} = ${usd:.6f}", kind=kind, seconds=seconds, hour=hour,
            usd=ledger.usd,
        )  # fmt: skip
    else:  # parts at other prices: the sum is what the record has
        yield say("{kind}: ${usd:.6f}, as recorded", kind=kind, usd=ledger.usd)
