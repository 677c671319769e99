"""From a comparison to the blocks of its page: the difference, fates, confusion, classes, form, rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from phingpt_bench.render.comparison.comparison_text import (
    caveat_text,
    change_text,
    ends_text,
    name_of,
    no_star,
    score_with,
    share,
    test_text,
    title_of,
)
from phingpt_bench.render.measures import metric_name, synthetic
from phingpt_bench.results.comparison.row_values import Class, Flips, Labels, Spans
from phingpt_bench.results.comparison.values import Comparison, Form, LabelPrior, Side
from phingpt_bench.stats.changes import Change
from phingpt_bench.text.blocks import Block, Grid, Lines, Title, folding
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import count, say
from phingpt_bench.text.numbers import score_text, signed

MOST_SHOWN = 5  # labels whose confusion table is drawn with counts and changes; beyond it changes alone


def sections(comparison: Comparison, tasks: int) -> list[Block]:
    """The blocks of one comparison without its single rows. tasks: how many share Holm's correction."""
    blocks: list[Block] = [*head(comparison, tasks)]
    if comparison.fates:
        blocks += _fates(comparison)
    if comparison.labels is not None:
        blocks += [*_confusion(comparison.labels), *_classes(comparison.labels.classes, say("By label"), say("label"))]
        blocks += _flips(comparison.labels.flips)
    if comparison.spans is not None:
        blocks += [*_entities(comparison.spans), *_classes(comparison.spans.classes, say("By type"), say("type"))]
    if comparison.numbers is not None:
        blocks += _flips(comparison.numbers.flips)
    if comparison.prior is not None:
        blocks += _prior(comparison.prior)
    if comparison.form is not None:
        blocks += _form(comparison, comparison.form)
    if comparison.metrics:
        blocks += _metrics(comparison)
    return blocks


def head(comparison: Comparison, tasks: int) -> list[Block]:
    """Who is compared, both scores, the difference with its test, and what to know before it is believed."""
    sides = [[side, name_of(value), score_with(value.score, value.interval)] for side, value in _sides(comparison)]
    blocks: list[Block] = [
        Title(*title_of(comparison), level=1),
        Grid(folding("", say("model"), metric_name(comparison.metric), right=(2,), fold=1), sides),
        Lines([f"B - A: {test_text(comparison.test, tasks)}"]),
    ]
    if comparison.test.only_majority:
        blocks.append(Lines([no_star()], "warning"))
    for side, value in _sides(comparison):
        if value.seen and not value.exposed:
            found = share(value.seen, comparison.n)
            line = say("{found} of the test rows were in the training of {side}", found=found, side=side)
            blocks.append(Lines([line]))
    warnings = [synthetic()] if comparison.synthetic else []
    if warnings := warnings + [caveat_text(caveat) for caveat in comparison.caveats]:
        blocks.append(Lines(warnings, "warning", mark="! "))
    return blocks


def _sides(comparison: Comparison) -> tuple[tuple[str, Side], tuple[str, Side]]:
    return ("A", comparison.a), ("B", comparison.b)


def _fates(comparison: Comparison) -> list[Block]:
    """How many rows were fixed, broken and so on, and what a row has to be right."""
    heads = folding(*map(say, comparison.fates), right=range(len(comparison.fates)), fold=None)
    grid = Grid(heads, [[share(count, comparison.n) for count in comparison.fates.values()]])
    note = []
    if comparison.spans is not None:
        note = [Lines([say("A row is right where it has all its entities, and no other.")], "dim")]
    if comparison.numbers is not None:
        note = [Lines([say("better: the error of B is smaller than that of A.")], "dim")]
    return [Title(say("Rows from A to B")), grid, *note]


def _confusion(labels: Labels) -> list[Block]:
    """Gold by answer: counts of B with the change from A, or with many labels the changes alone."""
    answers = [*map(clean, labels.labels), say("not readable")]
    shown = [at for at in range(len(answers)) if at < len(labels.labels) or _any(labels, at)]
    few = len(labels.labels) <= MOST_SHOWN
    names = [answers[at] if few else f"[{at + 1}]" if at < len(labels.labels) else answers[at] for at in shown]
    rows = []
    for at, label in enumerate(labels.labels):
        cells = []
        for to in shown:
            change = labels.shift[at][to]
            shift = count(change, "+")
            cells.append(f"{count(labels.confusion_b[at][to])} ({shift})" if few else shift if change else "0")
        rows.append([clean(label) if few else f"[{at + 1}] {clean(label)}", *cells])
    what = say("rows of B (change from A)") if few else say("change from A to B")
    return [
        Title(say("Gold labels by answers"), what),
        Grid(folding(say("gold"), *names, right=range(1, len(shown) + 1)), rows),
    ]


def _any(labels: Labels, at: int) -> bool:
    return any(row[at] for row in (*labels.confusion_a, *labels.confusion_b))


def _classes(classes: Sequence[Class], title: str, kind: str) -> list[Block]:
    rows = []
    for found in classes:
        measures = ((say("precision"), found.precision), (say("recall"), found.recall), (say("F1"), found.f1))
        for at, (name, change) in enumerate(measures):
            first = ["", ""] if at else [clean(found.name), count(found.gold)]
            rows.append([*first, *_cells(name, change)])
    heads = folding(kind, say("gold"), "", "A", "B", say("change, 95% interval"), right=(1, 3, 4))
    return [Title(title), Grid(heads, rows)]


def _cells(name: str, change: Change, form: Callable[[float | None], str] = score_text) -> list[str]:
    return [name, form(change.a), form(change.b), change_text(change)]


def _flips(flips: Flips | None) -> list[Block]:
    if flips is None:
        return []
    before, after = len(flips.removed) + len(flips.kept), len(flips.introduced) + len(flips.kept)
    line = say(
        "Polarity flips of {polar:,} rows with a pole: A {before:,}, B {after:,}; removed {removed:,}, "
        "introduced {introduced:,}, in both {kept:,}.",
        polar=flips.polar, before=before, after=after, removed=len(flips.removed), introduced=len(flips.introduced),
        kept=len(flips.kept),
    )  # fmt: skip
    return [Lines([line])]


def _entities(spans: Spans) -> list[Block]:
    found = spans.entities
    gold = _bounds(not found.exact and found.kept > 0, found.kept, found.gained, found.lost, found.neither)
    wrong = [*_bounds(not found.exact and found.repeated > 0, found.repeated, found.introduced, found.dropped), "-"]
    heads = folding("", say("both"), say("B alone"), say("A alone"), say("neither"), right=(1, 2, 3, 4))
    rows = [[say("gold entities found"), *gold], [say("wrong predictions"), *wrong]]
    blocks: list[Block] = [Title(say("Entities")), Grid(heads, rows)]
    if any(cell.startswith(">=") for row in rows for cell in row):
        note = say("Without offsets in both records these are bounds, from counts by row and type.")
        blocks.append(Lines([note], "dim"))
    if spans.misses is not None:
        rows = [
            [say(kind), *(f"{count:,.0f}" for count in (change.a or 0, change.b or 0)), _count_change(change)]
            for kind, change in spans.misses.items()
        ]
        blocks += [
            Title(say("What is wrong with entities")),
            Grid(folding(say("kind"), "A", "B", say("change, 95% interval"), right=(1, 2)), rows),
        ]
    return blocks


def _bounds(are_bounds: bool, both: int, b_alone: int, a_alone: int, *neither: int) -> list[str]:
    """The numbers, marked where they are bounds: none are where what both have is none at the most."""
    least, most = (">= ", "<= ") if are_bounds else ("", "")
    kept, one, other, *none = map(count, (both, b_alone, a_alone, *neither))
    return [f"{most}{kept}", f"{least}{one}", f"{least}{other}", *(f"{most}{n}" for n in none)]


def _count_change(change: Change) -> str:
    inside = "" if change.low is None or change.high is None else f" [{change.low:+,.0f}, {change.high:+,.0f}]"
    return f"{change.difference or 0:+,.0f}{inside}"


def _form(comparison: Comparison, form: Form) -> list[Block]:
    """What unreadable answers do to the difference, and the split of the gain where twins were run."""
    a, b, n = comparison.a, comparison.b, comparison.n
    lines = []
    if a.invalid or b.invalid:
        lines = [
            say("Unreadable answers: A {a}, B {b}.", a=share(a.invalid, n), b=share(b.invalid, n)),
            say("Of what was fixed {fixed:,} rows were unreadable in A; of what was broken {broken:,} are in B.",
                fixed=form.fixed_unread, broken=form.broken_unread),
        ]  # fmt: skip
        readable = form.readable
        if readable is not None:
            lines.append(say(
                "On the {n:,} rows that both answered readably: A {a}, B {b}, B - A {change}.",
                n=form.n_readable, a=score_text(readable.a), b=score_text(readable.b), change=change_text(readable),
            ))  # fmt: skip
        else:
            lines.append(say("No row was answered readably by both."))
        if form.pieces is not None:
            lines.append(say(
                "By the pieces that could be read alone: A {a}, B {b}, B - A {change}.",
                a=score_text(form.pieces.a), b=score_text(form.pieces.b), change=change_text(form.pieces),
            ))  # fmt: skip
        if form.bounds_a is not None and form.bounds_b is not None and form.bounds_difference is not None:
            low, high = form.bounds_difference
            lines.append(say(
                "Had every unreadable answer been wrong, or right: A {a}, B {b}, B - A {low} to {high}.",
                a=ends_text(form.bounds_a), b=ends_text(form.bounds_b), low=signed(low), high=signed(high),
            ))  # fmt: skip
    blocks: list[Block] = [Title(say("Format and knowledge"))]
    blocks += [Lines(lines)] if lines else []
    split = form.split
    if split is not None:
        rows = [
            _cells(say("written ({task})", task=clean(split.written)), split.gain),
            _cells(say("chosen ({task}): knowledge", task=clean(split.chosen)), split.knowledge),
            _cells(say("written minus chosen: format"), split.form, signed),
        ]
        heads = folding(metric_name(split.metric), "A", "B", say("change, 95% interval"), right=(1, 2))
        blocks += [Grid(heads, rows), Lines([say(
            "The gain of written answers is that of chosen labels, which have no format, plus the rest."
        )], "dim")]  # fmt: skip
    return blocks


def _prior(prior: LabelPrior) -> list[Block]:
    """What calibration without labels gives the base, and what is left of the gain."""
    rows = [
        _cells(say("A calibrated without labels: label prior"), prior.prior),
        _cells(say("from there to B: the rest"), prior.rest),
    ]
    heads = folding(metric_name(prior.metric), say("before"), say("after"), say("change, 95% interval"), right=(1, 2))
    note = say(
        "Of labels that are chosen. Batch calibration divides the probabilities of A by their mean over the test rows "
        "(Zhou et al. 2023)."
    )
    return [Title(say("Label prior and the rest")), Grid(heads, rows), Lines([note], "dim")]


def _metrics(comparison: Comparison) -> list[Block]:
    rows = [_cells(metric_name(name), change) for name, change in comparison.metrics.items()]
    calibration = comparison.labels.calibration if comparison.labels is not None else None
    if calibration is not None:
        rows.append(_cells(say("mean confidence"), calibration.confidence))
        rows.append(_cells(say("overconfidence"), calibration.overconfidence, signed))
    heads = folding(say("metric"), "A", "B", say("change, 95% interval"), right=(1, 2))
    alone = comparison.documents is None
    drawn = say("paired bootstrap over rows") if alone else say("paired bootstrap over documents")
    note = say("Intervals: {drawn}. They are many, and only the difference at the top is tested.", drawn=drawn)
    return [Title(say("All metrics")), Grid(heads, rows), Lines([note], "dim")]
