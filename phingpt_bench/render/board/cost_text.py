"""The words of costs that were computed: estimates, papers' training on our card, break-even, the card in force."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from phingpt_bench.board.cost_values import Against, Payback
from phingpt_bench.board.costs import assumed_per_hour
from phingpt_bench.board.published.rows import PublishedCost, PublishedRow
from phingpt_bench.board.values import Board, Section
from phingpt_bench.cost.breakeven import Case
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.text import language, money
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say
from phingpt_bench.text.money import rate_text, usd_text
from phingpt_bench.text.numbers import unknown_text


def range_text(usd: Usd | None, one: Callable[[float | None], str] = usd_text) -> str:
    """A range of USD, "$13.75-15.10", or "$3.11"; N/A for None."""
    return unknown_text() if usd is None else money.range_text(usd.low, usd.high, one)


def estimate_text(row: PublishedRow) -> str:
    """What 1,000 documents would cost through an API, marked as an estimate; N/A if there is none."""
    return unknown_text() if row.usd_per_1000 is None else f"~{range_text(row.usd_per_1000, rate_text)}"


TRANSLATED = ("our card", "1,000 docs")
ON_CARD, EACH = TRANSLATED


def columns(rows: Iterable[PublishedRow]) -> list[str]:
    """ON_CARD and EACH, as far as any of the rows has something to say there."""
    rows = list(rows)
    has = {
        ON_CARD: any(row.training_on_card is not None for row in rows),
        EACH: any(row.usd_per_1000 is not None for row in rows),
    }
    return [name for name, known in has.items() if known]


def cell(row: PublishedRow, column: str) -> str:
    """The text of one of `columns`; N/A for what is not known."""
    return range_text(row.training_on_card) if column == ON_CARD else estimate_text(row)


def assumed_text(cost: PublishedCost | None) -> str:
    """The price of a GPU-hour that the source assumed, "$4.10/h"; empty if it is not known."""
    price = None if cost is None else assumed_per_hour(cost)
    return "" if price is None else f"${price:.2f}/h"


def payback_lines(payback: Payback) -> list[str]:
    """A heading, one line for each of the few models that matter most, and the number of the others.

    [] where nothing is known about any of them.
    """
    name = clean(payback.model) + (f" + {clean(payback.adapter)}" if payback.adapter else "")
    values = {"model": name, "training": usd_text(payback.training_usd), "rate": rate_text(payback.usd_per_1000)}
    if payback.labels is not None and payback.labels_usd is not None:
        head = say(
            "Break-even of {model} (training {training} and {n:,} labels {labels}, then {rate} for 1,000 documents) "
            "against",
            n=payback.labels, labels=usd_text(payback.labels_usd), **values,
        )  # fmt: skip
    else:
        head = say("Break-even of {model} (training {training}, then {rate} for 1,000 documents) against", **values)
    shown = deciding(payback.against)
    if not shown:
        return []
    lines = [head, *map(_line, shown)]
    if more := len(payback.against) - len(shown):
        lines.append(say("{n} more in --format json", n=more))
    return lines


def deciding(others: Sequence[Against]) -> list[Against]:
    """The best and the cheapest hosted and served model, the best larger one and the best floor, as far as known."""
    others = [other for other in others if other.best is not None]
    first: dict[str, Against] = {}
    for other in others:
        first.setdefault(other.kind, other)
    chosen = [
        first.get("hosted"), _cheapest(others, "hosted"), first.get("served"), _cheapest(others, "served"),
        first.get("larger"), first.get("floor"),
    ]  # fmt: skip
    return [other for i, other in enumerate(chosen) if other is not None and other not in chosen[:i]]


def _cheapest(others: Sequence[Against], kind: str) -> Against | None:
    alike = [other for other in others if other.kind == kind]
    return min(alike, key=lambda other: other.usd_per_1000.low if other.usd_per_1000 else 0.0, default=None)


def _line(other: Against) -> str:
    name, rate = clean(other.name), range_text(other.usd_per_1000, rate_text)
    when = when_of(other)
    if other.kind == "hosted":
        return say("{name} (estimate, {rate}): {when}", name=name, rate=rate, when=when)
    return say("{name} ({rate}): {when}", name=name, rate=rate, when=when)


def when_of(other: Against) -> str:
    """From which document on it is cheaper with its labels paid for, and where they are there already."""
    paid, owned = when_text(other.best, other.worst), when_text(other.owned_best, other.owned_worst)
    if other.owned_best is None or paid == owned:
        return paid
    return say("{paid}; with the labels already there {owned}", paid=paid, owned=owned)


def when_text(best: Case | None, worst: Case | None) -> str:
    """From which document on it is cheaper: "after 490 documents", "after 1,200 to 4,900 documents", "never", "N/A"."""
    if best is None or worst is None:
        return unknown_text()
    if best.kind == worst.kind == "after" and best.documents is not None and worst.documents is not None:
        low, high = count_text(best.documents), count_text(worst.documents)
        if low != high:
            return say("after {low} to {high} documents", low=low, high=high)
    if best.kind == worst.kind == "never":
        return say("never: the baseline is already cheaper")
    if _case(best) == _case(worst):
        return _case(best)
    return say("{best} at its dearest, {worst} at its cheapest", best=_case(best), worst=_case(worst))


def _case(case: Case) -> str:
    if case.kind == "at once":
        return say("from the first document on")
    if case.kind == "never":
        return say("never")
    count = count_text(case.documents or 0)
    return say("after {n} documents", n=count) if case.kind == "after" else say("up to {n} documents only", n=count)


def count_text(count: int) -> str:
    """A number of documents to two figures, since prices are no more exact: "41,000"; below 100 as it is."""
    places = max(len(str(count)) - 2, 0)
    return language.count(round(count, -places))


def cost_entries(board: Board) -> list[tuple[str, str]]:
    """What the estimates of a board mean and which price card they are on, for what it holds: mark and meaning."""
    sections = (*board.sections, *board.limited)
    published = [row for section in sections for row in section.published]
    found = []
    if any(row.usd_per_1000 is not None for row in published):
        found.append(("~", _estimate_line(sections)))
    if any(row.training_on_card is not None for row in published):
        text = say(
            "published hours times GPUs at our card's price of that GPU, a range where its name fits several; under "
            "the published cost stands the price of a GPU-hour that the source assumed"
        )
        found.append((say(ON_CARD), text))
    if any(section.payback is not None for section in sections):
        text = say(
            "USD of the training over what a document costs less; the training counts whole, also where the adapter "
            "serves several tasks, and so do its labels where the price card has a price of a label"
        )
        found.append((say("break-even"), text))
    return found + [("USD", line) for line in _card_lines(board)]


def _estimate_line(sections: Iterable[Section]) -> str:
    counted = [s.tokens for s in sections if s.tokens and any(row.usd_per_1000 is not None for row in s.published)]
    models = ", ".join(sorted({clean(tokens.counted_by) for tokens in counted}))
    line = say(
        "an estimate: list price of the API (lowest to highest host) times the tokens of our own 0-shot prompt and "
        "answer, counted with the tokenizer of {models}",
        models=models,
    )
    labels = {f"{tokens.written:g}" for tokens in counted if tokens.assumed}
    return "; ".join([line, *(say("a label is taken as {n} tokens", n=n) for n in sorted(labels))])


def _card_lines(board: Board) -> list[str]:
    if board.prices is None:
        return []
    name, date = clean(board.prices.name), board.prices.card.date
    if board.prices.own:
        return [say("all USD of runs and all estimates are at the prices of {name}, {date}", name=name, date=date)]
    return [say("estimates are at the shipped price card of {date}; runs have the USD that they recorded", date=date)]
