"""The board's values: rows, sections of rows, and the board that renderers draw."""

from __future__ import annotations

from dataclasses import dataclass

from phingpt_bench.board.cost_values import Payback, Prices, TokensEach
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.row import Row
from phingpt_bench.core.notes import Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest true difference that the paired test of two rows finds with 80 % power (stats/power.py).

    value: None if there are too few rows. run_id, against: the two runs compared; the value depends on how often
    they differ, and hardly on which is better. clusters: their number; 0 if every row is its own.
    """

    value: float | None
    run_id: str
    against: str
    n: int
    """Test rows, or documents."""

    clusters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The rows of one task under one protocol, the best first.

    limit: None for the whole split; otherwise no row is ranked.
    synthetic: the data are made up, and no score on them says anything about a model.
    tokens: the basis of estimates for published rows; None if no run counted them.
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
    """The metric of `Row.score`."""

    limit: int | None
    n: int
    """Test rows."""

    synthetic: bool
    rows: tuple[Row, ...]
    """The rows, best first."""

    published: tuple[PublishedRow, ...]
    """Results of papers on the same protocol; never ranked."""

    notes: tuple[Note, ...]
    """Notes on the whole section."""

    tokens: TokensEach | None = None
    payback: Payback | None = None
    """When the best tuned row pays for its training; None without one."""

    floor: str | None = None
    """The best floor, even if its row is hidden."""

    detectable: Detectable | None = None
    """The smallest difference that the rows can show; None for a limited section."""

    documents: int | None = None
    """Number of documents if rows do not say which one they come from (`Passport.documents`)."""

    languages: tuple[str, ...] = ()
    """Codes of the rows' languages; empty without a passport."""

    licence: str | None = None
    """The licence of the data, as in the passport."""

    hidden: int = 0
    """Number of rows that filters removed; ranks, tests and floors still include them."""

    older: int = 0
    """Number of runs that were replaced by newer runs of the same training."""

    beyond: int = 0
    """Number of rows that `board.shorten` left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that a renderer draws. older: the number of runs that a newer one of the same kind replaces.

    hidden: the number of sections that filters removed, not counting tasks that were not asked for.
    most: the number of rows kept in each section; None for all.
    """

    sections: tuple[Section, ...]
    """The sections of whole splits."""

    limited: tuple[Section, ...]
    """The sections of runs with a limit, which are not ranked."""

    older: int
    prices: Prices | None = None
    """The price card; None where costs are not estimated."""

    hidden: int = 0
    most: int | None = None
