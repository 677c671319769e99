"""What a row cost, with the formula and the price."""

from __future__ import annotations

from collections.abc import Iterable

from phingpt_bench.board.render.text import clean, unknown
from phingpt_bench.board.values import Row
from phingpt_bench.core.language import say, spoken
from phingpt_bench.core.records import Ledger


def cost_lines(row: Row) -> Iterable[str]:
    """Phases and USD of training and evaluation, USD of 1,000 documents, and the price."""
    if row.training is not None:
        yield from _ledger(say("training"), row.training)
    yield from _ledger(say("evaluation"), row.evaluation)
    usd, each = row.evaluation.usd, row.usd_per_1000
    if usd is not None and each is not None:
        yield say("1,000 documents: 1,000 x ${usd:.6f} / {n} = ${each:.6f}", usd=usd, n=row.n, each=each)
    training = row.training and row.training.price
    prices = [(say("training"), training)] if training != row.evaluation.price else []
    for kind, price in (*prices, (say("evaluation"), row.evaluation.price)):
        if price and price.get("usd_per_hour") is not None:
            yield say(
                "price of the {kind}: {entry} x {count} at ${hour:g} an hour together, card of {card}; {assumption}",
                kind=kind, entry=clean(price.get("entry")), count=clean(price.get("count")),
                hour=price["usd_per_hour"], card=clean(price.get("card")),
                assumption=clean(spoken(price.get("assumption") or "")),
            )  # fmt: skip


def _ledger(kind: str, ledger: Ledger) -> Iterable[str]:
    seconds = sum(ledger.seconds.values())
    phases = ", ".join(f"{clean(name)} {spent:.1f} s" for name, spent in ledger.seconds.items()) or unknown()
    machine = clean(ledger.machine) if ledger.machine else unknown()
    yield say("{kind}: {phases}; machine {machine}", kind=kind, phases=phases, machine=machine)
    hour = (ledger.price or {}).get("usd_per_hour")
    if ledger.usd is None:
        yield say("{kind}: USD {unknown}", kind=kind, unknown=unknown())
    elif hour is not None and abs(seconds / 3600 * hour - ledger.usd) <= 0.001 * ledger.usd:
        yield say(
            "{kind}: {seconds:.1f} s / 3600 x ${hour:g} = ${usd:.6f}", kind=kind, seconds=seconds, hour=hour,
            usd=ledger.usd,
        )  # fmt: skip
    else:  # parts at other prices: the sum is what the record has
        yield say("{kind}: ${usd:.6f}, as recorded", kind=kind, usd=ledger.usd)
