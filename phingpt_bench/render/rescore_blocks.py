"""The report on rescored answers: scores of each scorer, where they differ, and what is behind ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phingpt_bench.render.measures import metric_name
from phingpt_bench.rescore.values import OURS, Report, Scored, Value
from phingpt_bench.text.blocks import Block, Grid, Lines, Title, folding
from phingpt_bench.text.clean import clean, shortened
from phingpt_bench.text.language import count, say, say_n, spoken
from phingpt_bench.text.numbers import interval_text, score_text

# why an answer is INVALID: values of `Answered.reason`
TRANSLATED = (
    "empty", "no label", "several labels", "only negated", "only asked", "reasoning cut off", "too long",
    "no number", "several numbers", "percent", "ambiguous", "out of range",
)  # fmt: skip
LEAST = 60  # columns in which the report can be read
EXAMPLE_ROWS = 3
ANSWER = 40  # characters of an example that are shown
# the metrics shown side by side, by kind; the others follow by scorer
SHARED = {
    "labels": ("acc", "f1_weighted", "f1_macro"),
    "spans": ("entity_f1", "entity_f1_macro"),
    "scores": ("r2", "mse", "mae"),
}


def rescore_blocks(report: Report) -> list[Block]:
    """The whole report."""
    title = clean(spoken(report.target.title))
    rest = say_n("{n:,} row scored as {title}", "{n:,} rows scored as {title}", report.n, title=title)
    intervals = say(
        "Intervals: 95 %, Wilson for accuracy, else bootstrap over rows ({n:,} resamples).", n=report.resamples
    )
    blocks: list[Block] = [
        Title(clean(report.table.path), rest, level=1),
        Lines([*(clean(spoken(note)) for note in report.notes), intervals], hang=2),
        *_scores(report),
    ]
    rivals = [scored for scored in report.scored if scored.differs is not None]
    if rivals:
        blocks += _differing(report, rivals)
        blocks += [block for scored in rivals if scored.examples for block in _examples(scored)]
    if any(scored.scorer == OURS for scored in report.scored):
        blocks += _details(report)
    if report.recorded is not None:
        blocks += _recorded(report)
    return blocks


def _grid(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, rest: str = "", words: bool = False
) -> list[Block]:
    """A table and its title. words: all cells are texts, aligned on the left and broken where they have to be."""
    columns = folding(*heads, right=() if words else range(1, len(heads)), fold=1 if words else 0)
    return [Title(title, rest), Grid(columns, rows, indent=2)]


def _scores(report: Report) -> Iterable[Block]:
    metrics = [name for name in SHARED[report.target.kind] if any(name in scored.values for scored in report.scored)]
    rows = [[scored.scorer, *(_value(scored.values.get(name)) for name in metrics)] for scored in report.scored]
    yield from _grid(say("Scores"), [say("scorer"), *map(metric_name, metrics)], rows)
    more = [
        [scored.scorer, name if scored.scorer != OURS else metric_name(name), _value(value)]
        for scored in report.scored
        for name, value in scored.values.items()
        if name not in metrics
    ]
    if more:
        yield from _grid(say("Further scores"), [say("scorer"), say("metric"), say("score")], more, words=True)


def _differing(report: Report, rivals: Sequence[Scored]) -> list[Block]:
    answers = sum(row is not None for row in report.case.rows)
    rows = [[s.scorer, count(s.differs or 0), _share(s.differs or 0, answers)] for s in rivals]
    title = say("Answers parsed differently from {ours} (of {n:,})", ours=OURS, n=answers)
    return _grid(title, [say("scorer"), say("answers"), say("share")], rows)


def _examples(scored: Scored) -> list[Block]:
    rows = [[str(e.place), *map(_example, (e.answer, e.ours, e.theirs, e.gold))] for e in scored.examples]
    heads = [say("at"), say("answer"), OURS, scored.scorer, say("gold")]
    return _grid(scored.scorer, heads, rows, rest=spoken(scored.rule), words=True)


def _details(report: Report) -> Iterable[Block]:
    details, spans = report.details, report.target.kind == "spans"
    if details.classes:
        more = [say("partial"), say("type only")] if spans else []
        head = ["", say("precision"), say("recall"), say("F1"), *more, say("gold"), say("predicted")]
        rows = [
            [
                clean(c.name), *map(score_text, (c.precision, c.recall, c.f1)),
                *(map(score_text, (c.partial, c.typed)) if spans else ()), count(c.gold), count(c.predicted),
            ]
            for c in details.classes
        ]  # fmt: skip
        title = say("By type ({scorer})", scorer=OURS) if spans else say("By label ({scorer})", scorer=OURS)
        yield from _grid(title, head, rows)
    if details.reasons:
        rows = [[spoken(kind), count(n), _share(n, report.n)] for kind, n in details.reasons.items()]
        yield from _grid(say("INVALID answers"), [say("reason"), say("number"), say("share")], rows)
    if misses := {kind: n for kind, n in details.misses.items() if n}:
        rows = [[spoken(kind), count(n)] for kind, n in misses.items()]
        yield from _grid(say("Errors"), [say("kind"), say("number")], rows)
    if details.risks:
        rows = [[f"{float(share):.0%}", score_text(risk)] for share, risk in details.risks.items()]
        title = say("Risk at coverage (area under the curve {area})", area=score_text(details.aurc))
        yield from _grid(title, [say("answered"), say("wrong")], rows)


def _recorded(report: Report) -> Iterable[Block]:
    found = report.recorded
    assert found is not None
    rows = [
        [metric_name(c.metric), score_text(c.recorded), score_text(c.now), _change(c.difference)]
        for c in found.changes
    ]  # fmt: skip
    name, day = clean(found.record.model.name), clean(found.record.created)[:10]
    title = say("Against the record of {day}: {name}", day=day, name=name)
    yield from _grid(title, [say("metric"), say("recorded"), say("now"), say("difference")], rows)
    if found.otherwise:
        rows = [
            [str(report.table.places[at]), *map(_example, (then, now))]
            for at, then, now in found.otherwise[:EXAMPLE_ROWS]
        ]
        title = say("Parsed differently from the record")
        yield from _grid(title, [say("at"), say("recorded"), say("now")], rows, words=True)


def _value(value: Value | None) -> str:
    """0.812 [0.790, 0.833]; "-" for a metric that the scorer does not have."""
    if value is None:
        return "-"
    ends = (None, None) if value.interval is None else (value.interval.low, value.interval.high)
    return f"{score_text(value.score)} {interval_text(*ends)}".strip()


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def _change(difference: float | None) -> str:
    """+0.012; "same" for no difference, an exponent for one that three decimals would hide."""
    if difference is None:
        return say("not recorded")
    if difference == 0:
        return say("same")
    return f"{difference:+.3f}" if abs(difference) >= 0.0005 else f"{difference:+.1e}"


def _example(text: object) -> str:
    """An answer as it is shown among examples."""
    return shortened(clean(text) or say("(empty)"), ANSWER)
