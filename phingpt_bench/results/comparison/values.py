"""The values of a comparison of two runs: A is the reference, B the challenger, every difference is B minus A."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from phingpt_bench.results.comparison.row_values import Labels, Scores, Spans
from phingpt_bench.results.difference import Difference
from phingpt_bench.stats.changes import Change
from phingpt_bench.stats.interval import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two runs.

    invalid: the number of answers that could not be read.
    seen: the number of test rows that are in its training data, None if that was not checked.
    exposed: whether these are so many that the run is not ranked.
    """

    name: str
    """The model, as a board names it."""

    adapter: str | None
    """The adapter's name; None without one."""

    kind: str
    """base, tuned, floor or check."""

    variant: str
    """"0-shot", "5-shot chat"."""

    quantisation: str | None
    """"nf4+dq"; None if it is not quantised."""

    compute_dtype: str | None
    """The dtype of activations."""

    served_by: str | None
    """The engine of a served model; None for a loaded one."""

    seed: int
    """The seed of the run."""

    run_id: str
    """The id of the run, as in its record."""

    created: str
    """When it ended, ISO 8601 in UTC."""

    seeds: int
    """The number of seeds behind the mean; 1 for a single run."""

    score: float | None
    """The score by the comparison's metric."""

    interval: Interval | None
    """The 95 % interval; None where a single row gives none."""

    scores: dict[str, float | None]
    """Every metric by name."""

    invalid: int
    seen: int | None
    exposed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The gain of written answers in two parts, with the help of the task's twin in which labels are chosen.

    W is the score of a model that writes its answers, C its score if the most probable label is chosen, so that no
    answer is unreadable. On the same rows, in the same metric:

        gain      = W(B) - W(A)
        knowledge = C(B) - C(A)
        form      = gain - knowledge = [W(B) - C(B)] - [W(A) - C(A)]

    So form is what B gained by writing answers closer to what it knows. It does not only measure the format: a prompt
    that asks for a word may lead to better or worse answers than the choice. chosen_a, chosen_b: C. All three have a
    paired bootstrap interval.
    """

    written: str
    """Tasks."""

    chosen: str
    metric: str
    gain: Change
    knowledge: Change
    form: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPrior:
    """The gain of B over a base A whose labels were chosen, in two parts, on the same rows and by the same metric.

    C(A) is A with calibrated label scores (scoring/prior.py): no label is used, and no forward pass.

        prior = C(A) - A        what A answered wrongly because its prompt makes a label probable whatever the text says
        rest  = B - C(A)        what B knows beyond that

    It is no pure measure: calibration assumes that labels are about equally frequent. Both have a paired bootstrap
    interval, for the prior as it was estimated on these rows.
    """

    method: str
    metric: str
    prior: Change
    rest: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The effect of unreadable answers on the difference.

    readable: the metric over the `n_readable` rows with readable answers in both.
    pieces: the metric of entities if pieces that could not be read did not count as wrong predictions; else None.
    fixed_unread: fixed (or better) rows with an unreadable answer of A.
    broken_unread: broken (or worse) rows with an unreadable answer of B.
    bounds: (low, high), the score if every unreadable answer had been wrong or right; None for metrics that do not
        depend on answers. An unreadable label or number is wrong already; in a text with an unreadable piece every
        prediction counts as wrong.
    bounds_difference: the smallest and the largest difference between these.
    """

    written: bool
    n_readable: int
    readable: Change | None
    pieces: Change | None
    fixed_unread: int
    broken_unread: int
    bounds_a: tuple[float, float] | None
    bounds_b: tuple[float, float] | None
    bounds_difference: tuple[float, float] | None
    split: Split | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    """What a reader must know about the difference. kind: a key of render.comparison.CAVEATS."""

    kind: str
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs of one task. `test` has the reason if the difference was not tested.

    For a run that stands for several seeds, `test`, `metrics` and the scores of its side are of all seeds; everything
    by row, label or type is of the first seed.

    documents: how many the rows are of, where rows share documents and are resampled with them; else None.
    If they answered different rows or have different labels, they cannot be compared row by row: `fates`, `metrics` and
    the fields after them are empty or None. At most one of labels, spans and numbers is not None.
    """

    task: str
    """Its name."""

    protocol: str
    """The id under which scores are comparable."""

    dataset: str
    """Where the rows come from."""

    split: str
    """The split of the dataset."""

    metric: str
    """The metric of `test` and of the scores of the sides."""

    kind: str
    """labels, spans or scores."""

    n: int
    """Rows that are compared."""

    documents: int | None
    limit: int | None
    """Rows that were asked for; None for the whole split."""

    synthetic: bool
    """Whether the rows are made up."""

    a: Side
    """The reference."""

    b: Side
    """The challenger."""

    test: Difference
    """B minus A, paired, with interval and p-value."""

    caveats: tuple[Caveat, ...]
    """Reasons for caution about the difference."""

    fates: dict[str, int]
    """How many rows were fixed, broken, and so on."""

    metrics: dict[str, Change]
    """Every metric in A, in B, and the change."""

    labels: Labels | None = None
    """Row by row, where answers are labels."""

    spans: Spans | None = None
    """Row by row, where answers are entities."""

    numbers: Scores | None = None
    """Row by row, where answers are numbers."""

    prior: LabelPrior | None = None
    """How much of the gain calibration alone gives the base."""

    form: Form | None = None
    """How much of the difference is the form of answers."""
