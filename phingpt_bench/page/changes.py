"""The resampled parts of 'What changed', for tuned rows with their bases: intervals by label, and the form's part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

from phingpt_bench.page.shared import short
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import why_incomparable
from phingpt_bench.results.comparison.build import fates_of, side_by_side
from phingpt_bench.results.comparison.form import form_of
from phingpt_bench.results.comparison.labels import label_classes
from phingpt_bench.results.comparison.prior import prior_of
from phingpt_bench.results.comparison.spans import span_classes
from phingpt_bench.results.comparison.values import Form
from phingpt_bench.stats.changes import Change

PAIRS = 40  # for which a page holds intervals: each takes some tenths of a second
T = TypeVar("T")
Pair = tuple[Run, Run]  # the base and the tuned run


def first_pairs(pairs: Mapping[str, Mapping[int, T]]) -> dict[str, dict[int, T]]:
    """At most PAIRS of these, which are by section key and place: first the best of each section, then the second."""
    ranked = zip_longest(*([(key, place) for place in found] for key, found in pairs.items()))
    made: dict[str, dict[int, T]] = {}
    for key, place in [one for one in chain.from_iterable(ranked) if one is not None][:PAIRS]:
        made.setdefault(key, {})[place] = pairs[key][place]
    return made


def changed(pairs: Mapping[str, Mapping[int, Pair]], runs: Sequence[Run]) -> dict[str, dict[int, dict[str, object]]]:
    """By section key and place of the tuned row: {"f1": [low, high] by label or type, "form"}.

    runs: those among which twins are looked for (see comparison.values.Split).
    """
    return {key: {at: _change(*pair, runs) for at, pair in found.items()} for key, found in pairs.items()}


def _change(a: Run, b: Run, runs: Sequence[Run]) -> dict[str, object]:
    """The same numbers as those of `comparison.build.compare`, and none of those that the page does not show."""
    assert why_incomparable(a, b) is None
    x, y = side_by_side(a, b)
    classes = {"labels": label_classes, "spans": span_classes}.get(x.kind)
    prior = prior_of(a, b, a.record.protocol.metric, x.clusters, runs)
    form = form_of(a, b, x, y, a.record.protocol.metric, runs, fates_of(x, y))
    return {
        "f1": None if classes is None else [_numbers(one.f1)[-2:] for one in classes(x, y)],
        "prior": None if prior is None else [_numbers(part) for part in (prior.prior, prior.rest)],
        "form": None if form is None else _form(form, sum(map(bool, x.invalid)), sum(map(bool, y.invalid))),
    }


def _form(form: Form, unread_a: int, unread_b: int) -> dict[str, object]:
    bounds, split = (form.bounds_a, form.bounds_b, form.bounds_difference), form.split
    return {
        "unreadable": [unread_a, unread_b],
        "fixed": form.fixed_unread,
        "broken": form.broken_unread,
        "n": form.n_readable,
        "readable": None if form.readable is None else _numbers(form.readable),
        "pieces": None if form.pieces is None else _numbers(form.pieces),
        "bounds": None if None in bounds else [list(map(short, ends)) for ends in bounds if ends is not None],
        "split": None if split is None else {
            "written": split.written, "chosen": split.chosen,
            "parts": [_numbers(part) for part in (split.gain, split.knowledge, split.form)],
        },
    }  # fmt: skip


def _numbers(change: Change) -> list[float | None]:
    """[A, B, B minus A, low, high]."""
    return [short(value) for value in (change.a, change.b, change.difference, change.low, change.high)]
