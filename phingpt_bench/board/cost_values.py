"""The board's values of costs: tokens of a document, break-even points, and the price card."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.cost.breakeven import Case
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.cost.prices import PriceCard


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensEach:
    """Tokens of one document, read and written, as measured in the run `run_id` of the model `counted_by`.

    assumed: no answer was written; `written` is the length of a label, not a measurement.
    """

    read: float
    """Tokens of the prompt."""

    written: float
    """Tokens of the answer."""

    assumed: bool
    counted_by: str
    """The model whose tokenizer counted them."""

    run_id: str
    """The run that counted them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A model whose cost a tuned row is compared with, and the break-even point (see `cost.breakeven`).

    kind: hosted (a published row at its API's price, which is an estimate), served (a run of a model that another
        engine served, such as an API), larger (a run of a larger model) or floor.
    best, worst: the break-even at either end of the price ranges, with the labels of both trainings paid for if the
        price card has a price of a label; None if a value is unknown. owned_best, owned_worst: without the labels.
    """

    name: str
    """As the board shows it."""

    run_id: str | None
    """The id of our run; None for a published row."""

    kind: str
    training_usd: float | None
    """Cost of its training; None if unknown or none."""

    usd_per_1000: Usd | None
    """Cost of 1,000 documents, as a range; None if unknown."""

    best: Case | None
    worst: Case | None
    owned_best: Case | None = None
    owned_worst: Case | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """The best ranked tuned row of a section, and from when on it is cheaper than others.

    labels, labels_usd: labelled rows of its training, and their price; None if either is unknown.
    """

    run_id: str
    """The run of the tuned row."""

    model: str
    """Its base, as the board shows it."""

    adapter: str | None
    """Its adapter."""

    training_usd: float | None
    """Cost of its training."""

    usd_per_1000: float | None
    """Cost of evaluating 1,000 documents."""

    against: tuple[Against, ...]
    """What it is compared with."""

    labels: int | None = None
    labels_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price card in use. own: it is the user's, so all USD are at its prices; else runs keep their USD."""

    name: str
    """The name of its file, without folders."""

    own: bool
    card: PriceCard
    """The prices themselves."""
