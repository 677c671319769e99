"""Words and numbers of a comparison as text. Our own words are plain ASCII in English."""

from __future__ import annotations

from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.render.measures import NO_STAR, method_text, metric_name
from phingpt_bench.results.comparison.values import Caveat, Comparison, Side
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.changes import Change
from phingpt_bench.stats.interval import Interval
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import count, say, spoken
from phingpt_bench.text.numbers import interval_text, p_text, percent, score_text, signed, signed_interval

TRANSLATED = (
    "fixed", "broken", "same-error", "different-error", "right", "better", "worse", "equal",
    "boundary", "type", "hallucinated", "missed", "duplicate", "format", "spurious",
    "precision", "recall", "F1", "mean confidence", "overconfidence",
    "other rows", "other labels", "other gold", "other prompts",
    "another engine", "other device", "other kernels", "other batch size",
    "no such score", "no score", "one document",
)  # fmt: skip


def name_of(side: Side) -> str:
    """The model and its adapter, then its setting."""
    name = (clean(side.name) or say("(no name)")) + (f" + {clean(side.adapter)}" if side.adapter else "")
    if side.kind in NO_MODELS:
        return f"{name} ({say('floor') if side.kind == 'floor' else say('check')})"
    seeds = say("{n} seeds", n=side.seeds) if side.seeds > 1 else ""
    return ", ".join(
        filter(None, (name, side.variant, clean(side.quantisation or ""), clean(side.served_by or ""), seeds))
    )


def title_of(comparison: Comparison) -> tuple[str, str]:
    """(task, what it is)."""
    values = {"metric": metric_name(comparison.metric), "n": comparison.n, "documents": comparison.documents}
    if comparison.documents is None:
        rest = say("{metric}, {n:,} rows", **values)
    else:
        rest = say("{metric}, {n:,} rows of {documents:,} documents", **values)
    return clean(comparison.task), f"{rest}, {clean(comparison.protocol)}"


def change_text(change: Change) -> str:
    """+0.123 [+0.100, +0.150]."""
    return f"{signed(change.difference)} {signed_interval(change.low, change.high)}".rstrip()


def score_with(score: float | None, interval: Interval | None) -> str:
    """0.853 [0.832, 0.872]."""
    inside = "" if interval is None else interval_text(interval.low, interval.high)
    return f"{score_text(score)} {inside}".rstrip()


def ends_text(ends: tuple[float, float]) -> str:
    """0.084 to 0.956."""
    return say("{low} to {high}", low=score_text(ends[0]), high=score_text(ends[1]))


def test_text(test: Difference, tasks: int) -> str:
    """The difference with its interval and test, or why there is none; `tasks` share Holm's correction."""
    if test.reason is not None:
        return say("not tested: {reason}", reason=reason_text(test.reason))
    p = test.p if test.p_holm is None else test.p_holm
    method = method_text(test.method)
    how = say("{method}, Holm over {n} tasks", method=method, n=tasks) if tasks > 1 else method
    value = signed(test.value, "*" if test.starred else "")
    return f"{value} {signed_interval(test.low, test.high)}".rstrip() + f", {p_text(p, test.at_most)} ({how})"


def no_star() -> str:
    """Why a significant gain has no star."""
    return spoken(NO_STAR)


def reason_text(reason: str) -> str:
    """Why there was no test, with the option that makes one."""
    return say("another engine (--across-engines tests it)") if reason == "another engine" else spoken(reason)


def caveat_text(caveat: Caveat) -> str:
    """The sentence for a kind of caveat."""
    values = {key: clean(value) if isinstance(value, str) else value for key, value in caveat.values.items()}
    return {
        "same run": lambda: say("A and B are the same run"),
        "other task": lambda: say("A is of the task {a}, B of {b}", **values),
        "other protocol": lambda: say("A is of the protocol {a}, B of {b}", **values),
        "limited": lambda: say("{side} was run on the first {limit:,} rows only", **values),
        "exposed": lambda: say(
            "{seen} of {n} test rows were in the training of {side}: its score says what was remembered", **values
        ),
        "seeds": lambda: say(
            "{side} is the mean of {seeds} seeds; everything but the table of all metrics is of seed {seed}", **values
        ),
        "one row": lambda: say("one row alone: no interval, and no difference can be significant"),
        "other engine": lambda: say("A was computed by {a}, B by {b}", **values),
        "other setting": lambda: say("A and B were asked in other words: other shots, examples or chat template"),
        "no probabilities": lambda: say("no margins or calibration: answers of A or B were written, not chosen"),
        "no offsets": lambda: say("no offsets of entities in the record of A or B: they are matched by counts"),
    }[caveat.kind]()


def share(part: int, whole: int) -> str:
    """A part with its share, "1,103 (91%)"."""
    return f"{count(part)} ({percent(part / whole)})" if whole else count(part)
