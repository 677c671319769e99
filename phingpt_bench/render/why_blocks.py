"""An explanation as blocks: each row with its words and signed bars, then what the rows say together."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from phingpt_bench.render.why_reasons import reason_lines, reasons_blocks
from phingpt_bench.render.why_sentences import (
    DRAWN,
    NAMED,
    attributed,
    chance,
    quoted,
    rules_text,
    turning,
    under_prompts,
)
from phingpt_bench.text.blocks import Block, Cell, Column, Grid, Lines, Piece, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.quantities import duration_text
from phingpt_bench.why.figures import Faithful, Mean
from phingpt_bench.why.values import Missed, RowWhy, Target, Why

MOST_WORDS, MOST_MEANS = 24, 12  # words of a row, words of the summary
ROOM = 30  # columns of all bars of a row together


def why_blocks(why: Why) -> list[Block]:
    """All rows, then words by mean contribution, faithfulness, and what it took."""
    blocks: list[Block] = [
        Title(say("Why: {task}", task=why.task), " / ".join(map(clean, why.systems)), _about(why), level=1)
    ]
    for row in why.rows:
        blocks += _label_row(why, row) if why.kind == "labels" else _written_row(why, row)
    blocks += _word_means(why)
    for name, figures in zip(why.systems, why.faithful, strict=False):
        blocks += _faithful(name, figures)
    blocks += _people(why)
    blocks += reasons_blocks(why, _mean)
    return [*blocks, Lines(_notes(why), "dim")]


def _about(why: Why) -> str:
    return say_n(
        "{choice}: {k:,} of {n:,} row", "{choice}: {k:,} of {n:,} rows", why.asked, k=len(why.rows), choice=why.choice
    )


def _label_row(why: Why, row: RowWhy) -> list[Block]:
    first = row.sides[0].targets[0]
    sides = list(zip(why.systems, row.sides, strict=True))
    answers = ", ".join(f"{clean(name)} {clean(side.answer)}{chance(side)}" for name, side in sides)
    odds = ", ".join(f"{clean(name)} {_signed(side.targets[0].value)}" for name, side in sides)
    lines: list[Cell] = [
        say("answers: {answers}", answers=answers),
        say("log-odds of {label} against {other}: {odds}", label=first.name, other=first.against or "", odds=odds),
        *(attributed(name, row, side.targets[0]) for name, side in sides),
        *(turning(name, row, side) for name, side in sides if side.scores),
        *([say("rules of the lexicon: {rules}", rules=rules_text(row))] if row.rules else []),
        *(under_prompts(name, side) for name, side in sides if side.prompts),
        *_reasons(why, row),
    ]
    head = say("gold {gold}", gold=clean(row.gold))
    words = _words(why, row) if row.words else Lines([say("The text has no words.")], indent=2)
    return [Title(say("Row {id}", id=clean(row.id)), head, level=3), Lines(lines, hang=2), words]


def _reasons(why: Why, row: RowWhy) -> list[Cell]:
    of_row = functools.partial(quoted, row)
    sides = zip(why.systems, row.sides, strict=True)
    return [line for name, side in sides for line in reason_lines(name, side.reason, of_row)]


def _words(why: Why, row: RowWhy) -> Block:
    """The words in the order of the text, those with the largest contributions where there are many."""
    changes = [side.targets[0].changes for side in row.sides]
    largest = [max(abs(own[at]) for own in changes) for at in range(len(row.words))]
    scale = max(largest)
    scale = scale if scale >= DRAWN else 1.0
    kept = sorted(sorted(range(len(largest)), key=lambda at: -largest[at])[:MOST_WORDS])
    half = ROOM // (2 * len(changes))
    columns = [Column(head=say("word"), fold=True, least=8)]
    for name in why.systems:
        columns += [Column(head=clean(name), right=True, fold=True, least=6), Column()]
    rows: list[list[Cell]] = []
    for at in kept:
        start, end = row.words[at]
        cells: list[Cell] = [clean(row.text[start:end])]
        for own in changes:
            cells += [_signed(own[at]), (Piece(_bar(own[at] / scale, half), "good" if own[at] > 0 else "bad"),)]
        rows.append(cells)
    return Grid(columns, rows, indent=2)


def _bar(share: float, half: int) -> str:
    """A bar to the right of the middle for what speaks for the label, to the left for what speaks against it."""
    length = round(abs(share) * half)
    left, right = ("=" * length, "") if share < 0 else ("", "=" * length)
    return f"{left:>{half}}|{right:<{half}}"


def _written_row(why: Why, row: RowWhy) -> list[Block]:
    """The pieces of each system's answer, each with the words that matter most to it."""
    blocks: list[Block] = [
        Title(say("Row {id}", id=clean(row.id)), say("gold {gold}", gold=clean(row.gold)), level=3),
        Lines([clean(row.text)], hang=2),
    ]
    for name, side in zip(why.systems, row.sides, strict=True):
        columns = [
            Column(head=clean(name), fold=True, least=12),
            Column(head=say("log-likelihood"), right=True, tall=True),
            Column(head=say("words"), fold=True, least=20),
        ]
        rows = [[clean(one.name), f"{one.value:.2f}", _strongest(row, one)] for one in side.targets]
        blocks.append(Grid(columns, rows or [[clean(side.answer) or say("(no answer)"), "", ""]], indent=2))
        if side.misses:
            misses = "; ".join(_miss(row, miss) for miss in side.misses)
            blocks.append(Lines([say("misses: {misses}", misses=misses)], indent=2, hang=2))
    return [*blocks, *([Lines(lines, hang=2)] if (lines := _reasons(why, row)) else [])]


def _miss(row: RowWhy, miss: Missed) -> str:
    place = miss.predicted or miss.gold
    named = miss.surface if place is None else f"{place[2]}: {row.text[place[0] : place[1]]}"
    return clean(f"{spoken(miss.kind)}: {named}")


def _strongest(row: RowWhy, target: Target) -> str:
    ranked = sorted(range(len(target.changes)), key=lambda at: -abs(target.changes[at]))[:NAMED]
    return ", ".join(f"{quoted(row, at)} {_signed(target.changes[at])}" for at in ranked)


def _word_means(why: Why) -> list[Block]:
    if not why.words:
        return []
    columns = [Column(head=say("word"), fold=True, least=8), Column(head=say("rows"), right=True)]
    columns += [Column(head=clean(name), right=True, fold=True, least=14) for name in why.systems]
    two = len(why.systems) > 1
    if two:
        columns.append(Column(head=say("change"), right=True, least=14))
    rows: list[list[Cell]] = [
        [
            clean(one.word), str(one.sides[0].n), *(_mean(side) for side in one.sides),
            *([_mean(one.change)] if one.change else []),
        ]
        for one in why.words[:MOST_MEANS]
    ]  # fmt: skip
    about = (
        say("by mean change; in brackets the 95% interval over rows")
        if two
        else say("by mean contribution; in brackets the 95% interval over rows")
    )
    return [Title(say("Words"), about), Grid(columns, rows)]


def _faithful(name: str, figures: Sequence[Faithful]) -> list[Block]:
    if not figures:
        return []
    heads = (say("without them"), say("random ones"), say("with them alone"), say("random ones"))
    columns = [Column(head="k", right=True), *(Column(head=head, right=True, fold=True, least=14) for head in heads)]
    rows = [
        [str(one.k), *map(_mean, (one.removed, one.removed_random, one.alone, one.alone_random))] for one in figures
    ]
    title = say("Do the k first words matter? {system}", system=clean(name))
    about = say_n("fall of the log-odds, mean over {n:,} row", "fall of the log-odds, mean over {n:,} rows",
                  figures[0].removed.n)  # fmt: skip
    return [Title(title, about=about), Grid(columns, rows)]


def _people(why: Why) -> list[Block]:
    """Agreement with the words that annotators marked, a line for each system."""
    known = [(name, figures) for name, figures in zip(why.systems, why.people, strict=False) if figures is not None]
    if not known:
        return []
    heads = (say("F1 of as many words"), say("above chance"), say("average precision"), say("above chance"))
    columns = [Column(head=say("system"), fold=True, least=8)]
    columns += [Column(head=head, right=True, fold=True, least=14) for head in heads]
    rows: list[list[Cell]] = [
        [clean(name), *map(_mean, (one.f1, one.f1_gain, one.precision, one.precision_gain))] for name, one in known
    ]
    n = known[0][1].f1.n
    about = say_n("{n:,} row with marked words", "{n:,} rows with marked words", n)
    return [Title(say("Do people mark the same words?"), about=about), Grid(columns, rows)]


def _notes(why: Why) -> list[Cell]:
    notes = [
        say(
            "A contribution is how much the log-odds (of an entity: its log-likelihood) fall without the word, in nats."
        ),
        say("Sentences are made from the contributions, not written by a model."),
    ]
    silent = [name for name, scored in zip(why.systems, why.scored, strict=True) if not scored]
    if len(silent) == len(why.systems):
        notes = [say("This engine gives no likelihoods, so no contributions are known.")]
    elif silent:
        names = ", ".join(map(clean, silent))
        notes.append(say("{names}: no contributions, as its answers are written without likelihoods.", names=names))
    if why.agreement is not None:
        notes.append(say("Rank correlation of the two systems' contributions: {value}", value=_mean(why.agreement)))
    ratio = why.seconds / why.one_scoring if why.one_scoring else 0.0
    notes.append(
        say_n(
            "{n:,} text was scored in {time}, {ratio} times as long as these rows alone take.",
            "{n:,} texts were scored in {time}, {ratio} times as long as these rows alone take.",
            why.variants,
            time=duration_text(why.seconds),
            ratio=f"{ratio:.1f}",
        )
    )
    return list(notes)


def _mean(mean: Mean) -> str:
    return _signed(mean.value) + ("" if mean.interval is None else f" {_interval(mean)}")


def _interval(mean: Mean) -> str:
    assert mean.interval is not None
    return f"[{_signed(mean.interval.low)}, {_signed(mean.interval.high)}]"


def _signed(value: float) -> str:
    return f"{value + 0.0:+.2f}"
