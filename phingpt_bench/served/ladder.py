"""What an engine can do, probed with three prompts before the first score: the rungs are its methods.

prompt  log-probabilities of a prompt's tokens: labels are compared exactly
named   log-probabilities of tokens that are named: labels exactly, in one request where each has one token
top     the likeliest first tokens: a label that is not among them is bounded
text    text only: labels are written
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.served.connection import Connection
from phingpt_bench.served.dialects.base import Dialect, Writing, cut
from phingpt_bench.served.faults import Missing, Refused
from phingpt_bench.served.values import Written

QUESTION = "News: {}\nIs this negative, neutral or positive?\nSentiment:"
PROMPTS = tuple(
    QUESTION.format(text)
    for text in (
        "Net sales rose by 12 % to EUR 131 million.",
        "The company issued a profit warning and will cut 400 jobs.",
        "The annual general meeting will be held in Helsinki on 5 April.",
    )
)
LABELS = (" negative", " neutral", " positive")
COUNTS = (1000, 100, 20, 5)  # numbers of first tokens to request, until a server gives that many
EQUAL = 0.05  # the allowed difference of two methods for the same log-probability on one server
SHORT = 64  # tokens of a probe's answer, if the spec has no limit
LEVELS = ("prompt", "named", "top", "text")
NOT_ASKED = sentence("not asked for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an engine can do. top: the number of first tokens with log-probabilities; 0 without any.

    reasons: why not, by rung. numbers: log-probabilities of the probe, which tell one model from another. words: its
    written answers, where it was asked for some.
    """

    prompt: bool = False
    named: bool = False
    top: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    numbers: tuple[float, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether labels can be compared exactly."""
        return self.prompt or self.named

    @property
    def best(self) -> str:
        """The best rung."""
        held = {"prompt": self.prompt, "named": self.named, "top": self.top > 0, "text": True}
        order = ("named", "prompt", "top", "text")
        return next(level for level in order if held[level])

    def by_rung(self) -> dict[str, str]:
        """By rung "yes", how many first tokens, or why not: for a record."""
        held = {"prompt": "yes" * self.prompt, "named": "yes" * self.named, "top": str(self.top or ""), "text": "yes"}
        return {level: text or self.reasons.get(level, NOT_ASKED) for level, text in held.items()}

    def lines(self) -> list[str]:
        """What is printed, one line per rung."""
        said = {
            "prompt": (sentence("prompt log-probabilities"), self.prompt),
            "named": (sentence("log-probabilities of named tokens"), self.named),
            "top": (sentence("first {n} tokens", n=self.top) if self.top else sentence("first tokens"), self.top > 0),
        }
        return [
            sentence("{what}: yes", what=words)
            if held
            else sentence("{what}: no ({why})", what=words, why=self.reasons.get(level, NOT_ASKED))
            for level, (words, held) in said.items()
        ]


async def climb(link: Connection, dialect: Dialect, tokenizer: Any) -> Found:
    """Try every rung. tokenizer: of the served model, or None: then prompts are sent as text.

    BenchError if its numbers cannot be trusted.
    """
    if dialect.chat:
        why: dict[str, str] = dict.fromkeys(LEVELS[:3], sentence("a chat endpoint is asked for text only"))
        return Found(reasons=why, words=await _words(link, dialect))
    reasons: dict[str, str] = {}
    numbers: dict[str, tuple[float, ...]] = {}
    link.client.probing = True
    for level, way in (("prompt", _echo), ("named", _named)):
        try:
            numbers[level] = await way(link, dialect, tokenizer)
        except (Missing, Refused, _No) as err:
            reasons[level] = _why(err)
    if len(numbers) == 2:
        apart = max(abs(one - other) for one, other in zip(*numbers.values(), strict=True))
        if apart > EQUAL:
            raise BenchError(
                "the server's log-probabilities of prompts and of named tokens differ by {apart:.2f}",
                where=link.client.root,
                hint="it may sample at a temperature or with penalties: serve the model without",
                apart=apart,
            )
    top, first = 0, tuple[float, ...]()
    try:
        top, first = await _top(link, dialect)
    except (Missing, Refused, _No) as err:
        reasons["top"] = _why(err)
    finally:
        link.client.probing = False
    return Found(
        prompt="prompt" in numbers,
        named="named" in numbers,
        top=top,
        reasons=reasons,
        numbers=next(iter(numbers.values()), first),
    )


class _No(Exception):
    """Why a rung is not there."""


def _why(err: Exception) -> str:
    return err.message if isinstance(err, BenchError) else err.args[0]


async def _echo(link: Connection, dialect: Dialect, tokenizer: Any) -> tuple[float, ...]:
    """Log-probabilities of each label after each prompt, by echo."""
    values = []
    for prompt in PROMPTS:
        for label in LABELS:
            text: list[int] | str = prompt + label
            before = len(prompt)
            if tokenizer is not None:
                text, before = encode(tokenizer, prompt + label), len(encode(tokenizer, prompt))
            values.append((await link.echo(dialect, text, before)).value)
    _believable(values)
    return tuple(values)


async def _named(link: Connection, dialect: Dialect, tokenizer: Any) -> tuple[float, ...]:
    if tokenizer is None:
        raise _No(sentence("no tokenizer is known: give tokenizer=FOLDER_OR_ID"))
    values = []
    for prompt in PROMPTS:
        context = encode(tokenizer, prompt)
        labels = [encode(tokenizer, prompt + label)[len(context) :] for label in LABELS]
        for label in labels:
            total = 0.0
            for at, token in enumerate(label):
                reply = await link.named(dialect, [*context, *label[:at]], [token])
                total += reply.known[0][2]
            values.append(total)
    _believable(values)
    return tuple(values)


async def _top(link: Connection, dialect: Dialect) -> tuple[int, tuple[float, ...]]:
    """(the number of first tokens, their first five log-probabilities after each prompt)."""
    error: Exception = _No(sentence("none are reported"))
    for count in COUNTS:
        try:
            replies = [await link.top(dialect, prompt, count) for prompt in PROMPTS]
        except (Missing, Refused, _No) as err:
            error = err
            continue
        count = min(len(reply.known) for reply in replies)
        values = [value for reply in replies for _, _, value in reply.known[:5]]
        if len({round(value, 6) for value in values}) < 2:
            raise _No(sentence("all tokens are reported to be equally likely"))
        if count > 1:
            return count, tuple(values)
    raise error


def _believable(values: Sequence[float]) -> None:
    """_No for what no language model says: llama.cpp's server and others echo a prompt with 0.0 for every token."""
    if any(not math.isfinite(value) or value > 1e-3 for value in values):
        raise _No(sentence("they are not log-probabilities"))
    if all(value == 0.0 for value in values):
        raise _No(sentence("all of them are 0.0"))
    groups = [values[at : at + len(LABELS)] for at in range(0, len(values), len(LABELS))]
    if all(max(group) - min(group) < 1e-6 for group in groups):
        raise _No(sentence("all labels are reported to be equally likely"))


async def _words(link: Connection, dialect: Dialect) -> tuple[str, ...]:
    """What a chat model writes to the three prompts. BenchError if it writes nothing."""
    most = max(SHORT, link.spec.max_gen_toks or 0)
    prompts = [[{"role": "user", "content": prompt}] for prompt in PROMPTS]
    replies = [await link.write(dialect, prompt, Writing(most=most)) for prompt in prompts]
    answers = [cut(reply.text, ("\n",), link.spec.think_end_token, chat=True)[0] for reply in replies]
    if not any(answers):
        raise BenchError(_silent(replies, most), where=link.client.root, hint="max_gen_toks=4096 in --model-args")
    return tuple(answers)


def _silent(replies: Sequence[Written], most: int) -> str:
    thinking = any(reply.thought or reply.usage.reasoning for reply in replies)
    if thinking or any(reply.cut for reply in replies):
        return sentence("the model thinks until its limit of {most} tokens and writes no answer", most=most)
    return sentence("the model writes nothing in answer to the probe")


def encode(tokenizer: Any, text: str) -> list[int]:
    """Token ids of a prompt, with the special tokens that the tokenizer puts in front, once."""
    bos = getattr(tokenizer, "bos_token", None)
    return list(tokenizer.encode(text, add_special_tokens=not (bos and text.startswith(bos))))
