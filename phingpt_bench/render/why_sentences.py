"""What an explained row says in sentences, each made by a template from figures."""

from __future__ import annotations

from collections import Counter

import numpy as np

from phingpt_bench.scoring.calibration import probabilities
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.numbers import percent
from phingpt_bench.why.left_out import best
from phingpt_bench.why.values import RowWhy, Side, Target

NAMED, TURNING = 3, 5  # words named: of those that matter most, and of those that turn an answer
DRAWN = 0.005  # nats; a smaller contribution is shown as 0.00
WEAK = 0.1  # of the strongest word of a row: a weaker one is not named


def attributed(name: str, row: RowWhy, target: Target) -> str:
    """Attribution in words: which words speak for the label, and which against it."""
    strongest = max(map(abs, target.changes), default=0.0)
    ranked = sorted(range(len(target.changes)), key=lambda at: -abs(target.changes[at]))
    named = [at for at in ranked if abs(target.changes[at]) >= max(WEAK * strongest, DRAWN)][:NAMED]
    speaking = [quoted(row, at) for at in named if target.changes[at] > 0]
    against = [quoted(row, at) for at in named if target.changes[at] < 0]
    values = {"system": clean(name), "label": clean(target.name)}
    if speaking and against:
        return say(
            "{system}: {words} for {label}; {others} against it",
            words=", ".join(speaking), others=", ".join(against), **values,
        )  # fmt: skip
    if speaking:
        return say("{system}: {words} for {label}", words=", ".join(speaking), **values)
    if against:
        return say("{system}: {words} against {label}", words=", ".join(against), **values)
    return say("{system}: no word makes a difference", system=clean(name))


def chance(side: Side) -> str:
    """How likely the answer is among the labels, " (92%)"; nothing where they have no likelihoods."""
    if not side.scores:
        return ""
    (shares,) = probabilities(np.asarray(side.scores[:1]))
    return f" ({percent(float(shares.max()))})"


def turning(name: str, row: RowWhy, side: Side) -> str:
    """The words without any one of which a label task's answer is another one."""
    whole, *without = map(best, side.scores)
    words = [quoted(row, at) for at, label in enumerate(without) if label != whole]
    if not words:
        return say("{system}: no single word turns the answer when it is left out", system=clean(name))
    return say_n(
        "{system}: {n} word turns the answer when it is left out: {words}",
        "{system}: {n} words turn the answer, each when it alone is left out: {words}",
        len(words), system=clean(name), words=", ".join([*words[:TURNING], *(["..."] if words[TURNING:] else [])]),
    )  # fmt: skip


def quoted(row: RowWhy, at: int) -> str:
    """A word of the text in quotes."""
    start, end = row.words[at]
    return f"'{clean(row.text[start:end])}'"


def rules_text(row: RowWhy) -> str:
    """The lexicon's rules in words: "'fell' -1 (sales), 'strong' +1"."""
    return ", ".join(
        f"{quoted(row, rule.word)} {rule.value:+d}" + (f" ({clean(rule.subject)})" if rule.subject else "")
        for rule in row.rules
    )


def under_prompts(name: str, side: Side) -> str:
    """How often which answer was given under the paraphrases."""
    counts = Counter(side.prompts).most_common()
    answers = ", ".join(f"{clean(answer) or say('(no answer)')} {n}" for answer, n in counts)
    return say("{system} under {n} other prompts: {answers}", system=clean(name), n=len(side.prompts), answers=answers)
