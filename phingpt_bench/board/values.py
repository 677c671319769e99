"""The board's values: rows, sections of rows, and the board that renderers draw."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.breakeven import Case
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.cost.prices import PriceCard
from phingpt_bench.results.compare import Difference
from phingpt_bench.results.identity import shown_seed, weights
from phingpt_bench.results.unseen import Unseen
from phingpt_bench.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run on the board. `rank` is None where it is not ranked, and `tied` says that others share it."""

    name: str
    adapter: str | None
    adapter_digest: str | None
    recipe_digest: str | None
    kind: str
    variant: str  # "0-shot", "5-shot chat"
    details: tuple[str, ...]  # what tells the row from one that looks the same: dtype, revision, seed ...
    base: str | None
    base_revision: str | None
    quantisation: str | None
    compute_dtype: str | None
    shots: int
    chat_template: bool
    seed: int
    n: int
    rank: int | None
    tied: bool
    score: float | None
    interval: Interval | None
    scores: dict[str, float | None]
    invalid_share: float | None
    is_base: bool  # the 0-shot base that the other base rows are compared with
    against_base: Difference | None  # None for floors, for the base itself, and where there is no base
    beats_floor: bool | None  # significantly better than the best floor row; None for floors and where untested
    training: Ledger | None
    evaluation: Ledger  # without loading and probing, see `rows.evaluated`
    usd_per_1000: float | None  # of evaluating 1,000 documents
    frontier: bool | None  # on the Pareto front of usd_per_1000 and score; None where unranked or not known
    parameters: int | None  # of the base, without the adapter
    adapter_parameters: int | None
    exposure: dict[str, int] | None  # a kind of likeness that was not looked for is not in it
    exposed: bool  # its training saw so many test rows that it is not ranked
    partly_checked: bool  # some kinds of copies, or some training rows, were not looked for
    base_unknown: bool  # nobody has said what the base was trained on
    unseen: Unseen | None  # the score on the other test rows, where some were seen
    notes: tuple[Note, ...]
    run_id: str
    suite: str
    created: str
    seeds: tuple[float | None, ...] = ()  # the scores that `score` is the mean of, by seed; empty for a single run
    served_by: str | None = None  # the engine of a served model, with its dtype; None for one that was loaded

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes rows of several tasks rows of one model in one setting.

        The display name has no part in it, except where there is no base to go by (floors, checks), nor has the number
        of seeds, of which a task may lack one.
        """
        return (
            self.kind, self.base or self.name, self.base_revision, self.quantisation, self.compute_dtype,
            self.served_by,
            *weights(self.adapter, self.adapter_digest, self.recipe_digest), self.shots, self.chat_template,
            *shown_seed(self.kind, self.shots, self.seed, bool(self.seeds)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensEach:
    """Tokens of one document, read and written, as the run `run_id` of the model `counted_by` metered them.

    assumed: no answer was written; `written` is what a label takes, not a measurement.
    """

    read: float
    written: float
    assumed: bool
    counted_by: str
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """What a tuned row is compared with in cost, and from which document on that is dearer, see `cost.breakeven`.

    kind: hosted (a published row at its API's price: an estimate), larger (a run of a larger model) or floor.
    best, worst: over the ranges of prices; None where something is not known.
    """

    name: str
    run_id: str | None
    kind: str
    training_usd: float | None
    usd_per_1000: Usd | None
    best: Case | None
    worst: Case | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payback:
    """The tuned row of a section that is placed highest, and when it is cheaper than others."""

    run_id: str
    model: str
    adapter: str | None
    training_usd: float | None
    usd_per_1000: float | None
    against: tuple[Against, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The price card in force. own: the user's, at whose prices all USD are; else runs keep the USD they recorded."""

    name: str  # of its file, without folders
    own: bool
    card: PriceCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest true difference that the paired test of two rows finds with 80 % power (stats/power.py).

    value: None where the rows are too few for any. run_id, against: of the two rows; the figure depends on how often
    they differ, and hardly on which is better. clusters: of the rows; 0 where each is one by itself.
    """

    value: float | None
    run_id: str
    against: str
    n: int
    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one task under one protocol, best first. `limit` is None for the whole split; else none is ranked.

    synthetic: the rows are of the demonstration corpus, and no score on them says anything of a model.
    tokens: what estimates for published rows are made of; None where no run has counted them.
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
    floor: str | None = None  # the best floor, whether its row is shown or not
    detectable: Detectable | None = None  # the smallest difference that the rows can show; None for a limited section
    documents: int | None = None  # that the rows are of, where no row says of which (`Passport.documents`)
    languages: tuple[str, ...] = ()  # codes of the rows' languages; empty where no passport is known
    licence: str | None = None  # of the data, as the passport has it
    hidden: int = 0  # rows that filters took away; ranks, tests and floors were worked out with them
    older: int = 0  # runs of trainings that were asked again, which newer ones replace
    beyond: int = 0  # rows after the best ones that were kept, see `board.shorten`


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything a renderer draws. `older` counts runs that a newer one of the same kind replaces.

    hidden: sections that filters took away altogether, beside those that were not asked for by task.
    most: of each section only so many rows were kept; None for all.
    """

    sections: tuple[Section, ...]
    limited: tuple[Section, ...]
    older: int
    prices: Prices | None = None
    hidden: int = 0
    most: int | None = None
