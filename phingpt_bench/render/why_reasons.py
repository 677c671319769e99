"""Reasons that models write, as blocks: lines of a row, and the figures of the tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Lines, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.numbers import unknown_text
from phingpt_bench.why.figures import Mean, Reasons
from phingpt_bench.why.values import Reason, Why


def reason_lines(name: str, reason: Reason | None, quoted: Callable[[int], str]) -> list[Cell]:
    """The reason of one system, and what became of the answer; empty where none was asked for.

    quoted: a word of the row by its index.
    """
    if reason is None:
        return []
    values = {"system": clean(name), "label": clean(reason.label), "reason": clean(reason.text) or say("(no reason)")}
    if not reason.label:
        return [say("{system} writes no label with its reason: {reason}", **values)]
    lines: list[Cell] = [say("{system} writes {label}: {reason}", **values)]
    if not reason.wanted:
        return [*lines, say("that is not its answer, so the reason is not tested")]
    if reason.without is not None:
        lines.append(
            say(
                "without {words}: {answer}; without as many random words: {others}",
                words=", ".join(map(quoted, reason.words)),
                answer=_answer(reason.without),
                others=", ".join(f"{_answer(one)} {n}" for one, n in Counter(reason.random).most_common()),
            )
        )
    else:
        lines.append(say("it names every word of the text") if reason.words else say("it names no word of the text"))
    if reason.becomes is not None:
        values = {"wanted": clean(reason.wanted), "text": clean(reason.changed), "answer": _answer(reason.becomes)}
        lines.append(say("its own text for {wanted}: {text} It answers {answer}.", **values))
    else:
        lines.append(say("it writes no text for {wanted}", wanted=clean(reason.wanted)))
    return lines


def _answer(label: str) -> str:
    return clean(label) or say("(no answer)")


def reasons_blocks(why: Why, mean_text: Callable[[Mean], str]) -> list[Block]:
    """The figures of each system; empty where no reasons were asked for."""
    known = [(name, one) for name, one in zip(why.systems, why.reasons, strict=False) if one is not None]
    if not known:
        return []
    columns = [Column(fold=True, least=24), *(Column(head=clean(name), right=True, fold=True) for name, _ in known)]
    rows: list[list[Cell]] = [
        [head, *(unknown_text() if (mean := value(one)) is None else _shown(mean, sign, mean_text) for _, one in known)]
        for head, value, sign in _figures()
    ]
    n = known[0][1].read.n if known[0][1].read else 0
    about = say_n("{n:,} reason written by the model", "{n:,} reasons written by the model", n)
    note = say("Only reasons for the answer that the model gives are tested; in brackets 95% intervals over rows.")
    return [Title(say("Are the reasons true?"), about=about), Grid(columns, rows), Lines([note], "dim")]


def _figures() -> Sequence[tuple[str, Callable[[Reasons], Mean | None], bool]]:
    """(what a figure is, the figure, whether it is a difference)."""
    return (
        (say("a label could be read"), lambda one: one.read, False),
        (say("the label is the answer"), lambda one: one.same, False),
        (say("share of the words that it names"), lambda one: one.named, False),
        (say("answer changes without the named words"), lambda one: one.redacted, False),
        (say("without random ones"), lambda one: one.random, False),
        (say("difference"), lambda one: one.gain, True),
        (say("its changed text gets the wanted label"), lambda one: one.flipped, False),
        (say("share of the words that this text keeps"), lambda one: one.kept, False),
        (say("named words among the first by contribution, F1"), lambda one: one.agreement and one.agreement.f1, False),
        (say("above chance"), lambda one: one.agreement and one.agreement.f1_gain, True),
    )


def _shown(mean: Mean, sign: bool, signed: Callable[[Mean], str]) -> str:
    if sign:
        return signed(mean)
    ends = "" if mean.interval is None else f" [{mean.interval.low:.2f}, {mean.interval.high:.2f}]"
    return f"{mean.value:.2f}{ends}"
