"""The columns of a board's tables: their names, what they show of a row, and which are shown by default."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board import row_text
from phingpt_bench.render.measures import ledger_time, ledger_usd, seconds_of
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.money import SMALLEST, rate_text
from phingpt_bench.text.numbers import interval_text, percent, score_text, unknown_text
from phingpt_bench.text.quantities import short_duration


@dataclass(frozen=True, slots=True)
class Column:
    """One column. head: in English, translated when it is drawn; its words may be stacked.

    text: the cell without its mark. mark: what may follow it. under: the column below which this one is drawn if a row
    has two lines; the pair then has the head `stacked` of the upper one, if that has it. short: the cell within a
    pair. about: a line for people who choose columns.
    """

    name: str
    head: str
    about: str
    text: Callable[[Row], str]
    mark: Callable[[Row], str] | None = None
    under: str | None = None
    stacked: str | None = None
    short: Callable[[Row], str] | None = None
    left: bool = False

    def cell(self, row: Row) -> str:
        """The text with its mark."""
        return self.text(row) + (self.mark(row) if self.mark else "")

    @property
    def title(self) -> str:
        """The head in the language in force."""
        return say(self.head)


def _name(row: Row) -> str:
    return row_text.display_name(row) + (f" ({spoken(row.kind)})" if row.kind in NO_MODELS else "")


def _p(row: Row) -> str:
    return row_text.difference_text(row)[1]


def _share(value: float | None) -> str:
    return unknown_text() if value is None else percent(value)


def _training(row: Row) -> str:
    return ledger_time(row.training) if row_text.trained(row) else "-"


def _training_short(row: Row) -> str:
    seconds = seconds_of(row.training)
    return "" if seconds is None else short_duration(seconds)


def _time_per_1000(row: Row) -> str:
    seconds = seconds_of(row.evaluation)
    return short_duration(None if seconds is None or not row.n else 1000 * seconds / row.n)


def _interval(row: Row) -> str:
    return "" if row.interval is None else interval_text(row.interval.low, row.interval.high)


_ALL = (
    Column("rank", sentence("#"), sentence("place, 1= where it is shared"), row_text.rank_text),
    Column("model", sentence("model"), sentence("model and adapter (always shown)"), _name, left=True),
    Column("setting", sentence("setting"), sentence("shots, chat template, quantisation, and what tells rows apart"),
           row_text.setting, left=True, under="model"),
    Column("kind", sentence("kind"), sentence("tuned, base or floor"), lambda row: spoken(row.kind), left=True),
    Column("size", sentence("size"), sentence("parameters of the base"), row_text.parameters_text),
    Column("score", sentence("score"), sentence("the task's metric, or that of --metric"),
           lambda row: score_text(row.score), mark=row_text.floor_mark),
    Column("interval", sentence("95% CI"), sentence("95% interval of the score"), _interval, under="score"),
    Column("difference", sentence("vs base"), sentence("score minus that of its base, * where significant"),
           lambda row: row_text.difference_text(row)[0]),
    Column("p", sentence("p"), sentence("p of that difference, after Holm's correction"),
           lambda row: _p(row).removeprefix("p=").removeprefix("p"), under="difference", short=_p),
    Column("flips", sentence("flips"), sentence("polarity flips"), lambda row: row_text.flip_texts(row)[0]),
    Column("ece", sentence("ECE"), sentence("calibration error"), lambda row: row_text.flip_texts(row)[1]),
    Column("unreadable", sentence("unreadable"), sentence("answers that could not be read"),
           lambda row: _share(row.invalid_share)),
    Column("exposure", sentence("exposure"), sentence("share of the test rows of which a copy was in training"),
           row_text.exposure_short),
    Column("training_usd", sentence("training USD"), sentence("USD of training the adapter"),
           lambda row: ledger_usd(row.training) if row_text.trained(row) else "-", stacked=sentence("training")),
    Column("training", sentence("training time"), sentence("time of training the adapter"),
           _training, under="training_usd", short=_training_short),
    Column("usd", sentence("USD/1,000"), sentence("USD for 1,000 documents, P on the Pareto front"),
           lambda row: rate_text(row.usd_per_1000, SMALLEST).replace("$", ""),  # the head says USD
           mark=row_text.front_mark),
    Column("time", sentence("time/1,000"), sentence("time for 1,000 documents"), _time_per_1000, under="usd"),
    Column("evaluation", sentence("evaluation time"), sentence("time of the whole evaluation"),
           lambda row: ledger_time(row.evaluation)),
    Column("evaluation_usd", sentence("evaluation USD"), sentence("USD of the whole evaluation"),
           lambda row: ledger_usd(row.evaluation)),
    Column("seed", sentence("seed"), sentence("seed of the run"), lambda row: str(row.seed)),
    Column("date", sentence("date"), sentence("day of the run"), lambda row: row.created[:10]),
    Column("tags", sentence("tags"), sentence("words that the user gave the run"),
           lambda row: clean(", ".join(row.tags)), left=True),
    Column("run", sentence("run"), sentence("id of the run record"), lambda row: clean(row.run_id), left=True),
)  # fmt: skip
COLUMNS = {column.name: column for column in _ALL}

NARROW = (
    "rank", "model", "setting", "score", "interval", "difference", "p", "training_usd", "training", "usd", "time",
)  # fmt: skip
LESS = tuple(name for name in NARROW if not name.startswith("training"))  # for terminals of fewer than 76 columns
LEAST = tuple(name for name in LESS if name not in ("usd", "time"))
WIDE = (
    "rank", "model", "setting", "score", "interval", "difference", "p", "flips", "ece", "unreadable", "exposure",
    "training_usd", "training", "usd", "time",
)  # fmt: skip
WIDE_LESS = tuple(name for name in WIDE if name not in ("training", "time", "ece", "flips"))
PRINTED = ("rank", "model", "setting", "score", "interval", "difference", "p", "exposure", "training_usd", "usd")


def chosen(names: Collection[str]) -> tuple[str, ...]:
    """The columns that a user chose, in that order; the model's comes first if it was left out.

    BenchError with the nearest name for an unknown one.
    """
    for name in names:
        if name not in COLUMNS:
            raise unknown(sentence("column"), name, COLUMNS, where="--columns")
    wanted = tuple(dict.fromkeys(names))
    return wanted if not wanted or "model" in wanted else ("model", *wanted)


def columns_of(section: Section, names: Sequence[str], by_default: Sequence[str]) -> list[Column]:
    """The columns of a section's table: those of `names`, otherwise those of `by_default` that have something to show.

    Left out are ranks in a limited section, flips without poles, exposure if nothing was trained, and unreadable
    answers if all could be read.
    """
    if names:
        return [COLUMNS[name] for name in names]
    empty = {
        "rank": section.limit is not None,
        "flips": all(row.scores.get("flip_rate") is None for row in section.rows),
        "ece": all(row.scores.get("ece") is None for row in section.rows),
        "unreadable": not any(row.invalid_share for row in section.rows),
        "exposure": all(row.exposure is None and not row.base_unknown for row in section.rows),
    }
    return [COLUMNS[name] for name in by_default if not empty.get(name, False)]


def pairs(columns: Sequence[Column]) -> list[tuple[Column, Column | None]]:
    """Columns for rows of two lines: each with the one below it, if that is among them."""
    below = {column.under: column for column in columns if column.under is not None}
    present = {column.name for column in columns}
    return [(column, below.get(column.name)) for column in columns if column.under not in present]
