"""The board's values: rows, sections of rows, and the board that renderers draw."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.breakeven import Case
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.results.answering import Answering
from phingpt_bench.results.compare import Difference
from phingpt_bench.results.identity import base_name, shown_seed, weights
from phingpt_bench.results.unseen import Unseen
from phingpt_bench.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run on the board. rank: None if it is not ranked. tied: other rows share its rank."""

    name: str
    adapter: str | None
    adapter_digest: str | None
    recipe_digest: str | None
    kind: str
    variant: str  # "0-shot", "5-shot chat"
    details: tuple[str, ...]  # what distinguishes rows that look the same: dtype, revision, seed ...
    base: str | None
    base_revision: str | None
    quantisation: str | None
    compute_dtype: str | None
    shots: int
    chat_template: bool
    calibration: str | None  # of its label scores (scoring/prior.py); None as the model gave them
    seed: int
    n: int
    rank: int | None
    tied: bool
    score: float | None
    interval: Interval | None
    scores: dict[str, float | None]
    invalid_share: float | None
    answering: Answering  # how its answers look as a whole
    beats_majority: bool | None  # of a gain: significantly better than one label for all rows; None if untested
    is_base: bool  # the 0-shot base that the other base rows are compared with
    against_base: Difference | None  # None for floors, for the base itself, and without a base
    labels: int | None  # labelled rows that it was trained on; None if unknown
    label_prior: float | None  # the part of the gain that calibration without labels gives the base; None if unknown
    beats_floor: bool | None  # significantly better than the best floor; None for floors and if untested
    training: Ledger | None
    evaluation: Ledger  # without loading and probing, see `rows.evaluated`
    usd_per_1000: float | None  # of evaluating 1,000 documents
    frontier: bool | None  # on the Pareto front of usd_per_1000 and score; None if unranked or unknown
    parameters: int | None  # of the base, without the adapter
    adapter_parameters: int | None
    exposure: dict[str, int] | None  # counts by kind of copy; without the kinds that were not looked for
    exposed: bool  # its training data held so many test rows that it is not ranked
    partly_checked: bool  # some kinds of copies, or some training rows, were not looked for
    base_unknown: bool  # the training data of the base are not declared
    unseen: Unseen | None  # the score on the other test rows, if some were seen
    notes: tuple[Note, ...]
    run_id: str
    suite: str
    created: str
    blocks: int = 0  # of examples that `seeds` are of, where they differ in that alone
    seeds: tuple[float | None, ...] = ()  # the scores by seed, of which `score` is the mean; empty for a single run
    prompt: str | None = None  # the digest of the prompt that took the place of the task's; its name is in `variant`
    thinking: str | None = None
    served_by: str | None = None  # the engine of a served model, with its dtype; None for a loaded model

    @property
    def starred(self) -> bool:
        """Whether it differs significantly from its base; a gain has to be more than one label for all rows, too."""
        return self.against_base is not None and self.against_base.significant and self.beats_majority is not False

    @property
    def identity(self) -> tuple[object, ...]:
        """The key that rows of one model in one setting share over all tasks.

        It does not contain the display name, except for rows without a base (floors, checks), nor the number of seeds,
        since a task may lack one.
        """
        return (
            self.kind, base_name(self.base, self.name, self.base_revision), self.base_revision,
            self.quantisation, self.compute_dtype, self.served_by,
            *weights(self.adapter, self.adapter_digest, self.recipe_digest), self.shots, self.chat_template,
            self.calibration, self.prompt, self.thinking,
            *shown_seed(self.kind, self.shots, self.seed, bool(self.seeds)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensEach:
    """Tokens of one document, read and written, as measured in the run `run_id` of the model `counted_by`.

    assumed: no answer was written; `written` is the length of a label, not a measurement.
    """

    read: float
    written: float
    assumed: bool
    counted_by: str
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A model whose cost a tuned row is compared with, and the break-even point (see `cost.breakeven`).

    kind: hosted (a published row at its API's price, which is an estimate), larger (a run of a larger model) or floor.
    best, worst: the break-even at either end of the price ranges, with the labels of both trainings paid for if the
        price card has a price of a label; None if a value is unknown. owned_best, owned_worst: without the labels.
    """

    name: str
    run_id: str | None
    kind: str
    training_usd: float | None
    usd_per_1000: Usd | None
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
    model: str
    adapter: str | None
    training_usd: float | None
    usd_per_1000: float | None
    against: tuple[Against, ...]
    labels: int | None = None
    labels_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price card in use. own: it is the user's, so all USD are at its prices; else runs keep their USD."""

    name: str  # of its file, without folders
    own: bool
    card: PriceCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest true difference that the paired test of two rows finds with 80 % power (stats/power.py).

    value: None if the rows are too few for any. run_id, against: of the two rows; the figure depends on how often
    they differ, and hardly on which is better. clusters: of the rows; 0 if each is one by itself.
    """

    value: float | None
    run_id: str
    against: str
    n: int
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one task under one protocol, the best first. limit: None for the whole split; else none is ranked.

    synthetic: the data are made up, and no score on them says anything about a model.
    tokens: the basis of estimates for published rows; None if no run counted them.
    """

    task: str
    protocol: str
    dataset: str
    split: str
    metric: str
    limit: int | None
    n: int
    synthetic: bool
    rows: tuple[Row, ...]
    published: tuple[PublishedRow, ...]
    notes: tuple[Note, ...]
    tokens: TokensEach | None = None
    payback: Payback | None = None
    floor: str | None = None  # the best floor, even if its row is hidden
    detectable: Detectable | None = None  # the smallest difference that the rows can show; None for a limited section
    documents: int | None = None  # of the rows, where no row says which is its own (`Passport.documents`)
    languages: tuple[str, ...] = ()  # codes of the rows' languages; empty without a passport
    licence: str | None = None  # of the data, as in the passport
    hidden: int = 0  # rows that filters removed; ranks, tests and floors still include them
    older: int = 0  # runs that newer runs of the same training replace
    beyond: int = 0  # rows that `board.shorten` left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that a renderer draws. older: the number of runs that a newer one of the same kind replaces.

    hidden: the number of sections that filters removed, not counting tasks that were not asked for.
    most: the number of rows kept in each section; None for all.
    """

    sections: tuple[Section, ...]
    limited: tuple[Section, ...]
    older: int
    prices: Prices | None = None
    hidden: int = 0
    most: int | None = None
