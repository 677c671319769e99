"""Log-likelihoods of labels after a prompt, with the best method of an engine.

Named tokens: one request for all labels of one token, otherwise one for each beginning of a label. Echoed prompts: one
request a label. First tokens: labels that are not among them are bounded by the least likely one that is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from phingpt_bench.served.connection import Connection
from phingpt_bench.served.dialects.base import Dialect
from phingpt_bench.served.ladder import Found
from phingpt_bench.served.values import Next, Scored, Usage

MOST_NAMED = 128  # the number of named tokens that vLLM accepts in one request


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihoods:
    """(log-likelihood, whether greedy) of each label.

    open: the best label is unknown, and all values are nan. bounds: the number of values that are upper bounds, of
    labels that are only known to be less likely than the best.
    usages: of the requests. rung: as in Found.
    """

    labels: tuple[tuple[float, bool], ...]
    usages: tuple[Usage, ...]
    rung: str
    open: bool = False
    bounds: int = 0


async def by_tokens(
    link: Connection, dialect: Dialect, found: Found, context: Sequence[int], labels: Sequence[Sequence[int]]
) -> Likelihoods:
    """Labels as tokens after a prompt as tokens, exactly: by named tokens, where an engine has them."""
    if found.named and len(labels) <= MOST_NAMED:
        return await _named(link, dialect, context, labels)
    return _echoed([await link.echo(dialect, [*context, *label], len(context)) for label in labels])


async def by_text(link: Connection, dialect: Dialect, found: Found, context: str, labels: Sequence[str]) -> Likelihoods:
    """Labels as text, where no tokenizer is known: exactly, where the server echoes, otherwise by bounds.

    The server's own tokens must part where the label begins.
    """
    if found.prompt:
        return _echoed([await link.echo(dialect, context + label, len(context)) for label in labels])
    return await bounded(link, dialect, found, context, labels)


def _echoed(scored: Sequence[Scored]) -> Likelihoods:
    return Likelihoods(
        labels=tuple((one.value, one.greedy) for one in scored),
        usages=tuple(one.usage for one in scored),
        rung="prompt",
    )


async def _named(
    link: Connection, dialect: Dialect, context: Sequence[int], labels: Sequence[Sequence[int]]
) -> Likelihoods:
    wanted: dict[tuple[int, ...], set[int]] = {}  # what may follow each beginning of a label
    for label in labels:
        for at, token in enumerate(label):
            wanted.setdefault(tuple(label[:at]), set()).add(token)
    replies = {
        start: await link.named(dialect, [*context, *start], sorted(tokens)) for start, tokens in sorted(wanted.items())
    }
    answers = []
    for label in labels:
        total, greedy = 0.0, True
        for at, token in enumerate(label):
            reply = replies[tuple(label[:at])]
            total += next(value for _, number, value in reply.known if number == token)
            greedy = greedy and reply.best == token
        answers.append((total, greedy))
    return Likelihoods(labels=tuple(answers), usages=tuple(reply.usage for reply in replies.values()), rung="named")


async def bounded(link: Connection, dialect: Dialect, found: Found, context: str, labels: Sequence[str]) -> Likelihoods:
    """Labels by the most likely next tokens that the server reports.

    A label's value is followed token by token while each is reported; from the first that is not, the value is an upper
    bound: the least likely reported token, after what came before. The best label is known where a label that is known
    whole is at least as likely as every bound; else the order is open.
    """
    usages: list[Usage] = []
    values: list[float] = []
    whole: list[bool] = []
    greedy: list[bool] = []
    for label in labels:
        total, at, best = 0.0, 0, True
        while at < len(label):
            reply = await link.top(dialect, context + label[:at], found.top)
            usages.append(reply.usage)
            step = _step(reply, label[at:])
            if step is None:
                total += reply.known[-1][2]
                break
            taken, value, first = step
            total, at, best = total + value, at + taken, best and first
        whole.append(at == len(label))
        # a bound that equals a value is of the less likely label
        values.append(total if whole[-1] else math.nextafter(total, -math.inf))
        greedy.append(whole[-1] and best)
    decided = whole[values.index(max(values))]
    answers = zip(values, greedy, strict=True) if decided else ((math.nan, False) for _ in labels)
    return Likelihoods(
        labels=tuple(answers), usages=tuple(usages), rung="top", open=not decided,
        bounds=whole.count(False) if decided else 0,
    )  # fmt: skip


def _step(reply: Next, rest: str) -> tuple[int, float, bool] | None:
    """(letters of the rest that a reported token covers, its log-probability, whether it was the best); None for none.

    Of several tokens that begin the rest, the longest is the tokenizer's own choice.
    """
    fitting = [
        (len(text), value, place == 0)
        for place, (text, _, value) in enumerate(reply.known)
        if text and rest.startswith(text)
    ]
    return max(fitting) if fitting else None
