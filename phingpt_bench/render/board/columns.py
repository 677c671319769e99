"""The columns of a board's tables: what each is called, what it shows of a row, and which stand there by default."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from phingpt_bench.board.values import Row, Section
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board import row_text
from phingpt_bench.render.measures import ledger_time, ledger_usd, seconds_of
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, spoken
from phingpt_bench.text.money import SMALLEST, rate_text
from phingpt_bench.text.numbers import interval_text, percent, score_text, unknown_text
from phingpt_bench.text.quantities import short_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column. head: English, said when drawn; its words may be set one under the other.

    text: the cell without its mark. mark: what may stand behind it. under: the column below whose cells
    this one's stand where a row has two lines; then the pair has the head `stacked` (of the upper one), if it has that.
    short: the cell where it stands in a pair. about: a line for people who choose columns.
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
    return row_text.display_name(row) + (f" ({spoken(row.kind)})" if row.kind in ("floor", "check") else "")


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
    Column(name="rank", head=sentence("#"), about=sentence("place, 1= where it is shared"), text=row_text.rank_text),
    Column(
        name="model", head=sentence("model"), about=sentence("model and adapter (always shown)"), text=_name, left=True
    ),
    Column(
        name="setting",
        head=sentence("setting"),
        about=sentence("shots, chat template, quantisation, and what tells rows apart"),
        text=row_text.setting,
        left=True,
        under="model",
    ),
    Column(
        name="kind",
        head=sentence("kind"),
        about=sentence("tuned, base or floor"),
        text=lambda row: spoken(row.kind),
        left=True,
    ),
    Column(name="size", head=sentence("size"), about=sentence("parameters of the base"), text=row_text.parameters_text),
    Column(
        name="score",
        head=sentence("score"),
        about=sentence("the task's metric, or that of --metric"),
        text=lambda row: score_text(row.score),
        mark=row_text.floor_mark,
    ),
    Column(
        name="interval",
        head=sentence("95% CI"),
        about=sentence("95% interval of the score"),
        under="score",
        text=_interval,
    ),
    Column(
        name="difference",
        head=sentence("vs base"),
        about=sentence("score minus that of its base, * where significant"),
        text=lambda row: row_text.difference_text(row)[0],
    ),
    Column(
        name="p",
        head=sentence("p"),
        about=sentence("p of that difference, after Holm's correction"),
        under="difference",
        text=lambda row: _p(row).removeprefix("p=").removeprefix("p"),
        short=_p,
    ),
    Column(
        name="flips",
        head=sentence("flips"),
        about=sentence("polarity flips"),
        text=lambda row: row_text.flip_texts(row)[0],
    ),
    Column(
        name="ece",
        head=sentence("ECE"),
        about=sentence("calibration error"),
        text=lambda row: row_text.flip_texts(row)[1],
    ),
    Column(
        name="unreadable",
        head=sentence("unreadable"),
        about=sentence("answers that could not be read"),
        text=lambda row: _share(row.invalid_share),
    ),
    Column(
        name="exposure",
        head=sentence("exposure"),
        about=sentence("share of the test rows of which a copy was in training"),
        text=row_text.exposure_short,
    ),
    Column(
        name="training_usd",
        head=sentence("training USD"),
        about=sentence("USD of training the adapter"),
        stacked=sentence("training"),
        text=lambda row: ledger_usd(row.training) if row_text.trained(row) else "-",
    ),
    Column(
        name="training",
        head=sentence("training time"),
        about=sentence("time of training the adapter"),
        under="training_usd",
        text=_training,
        short=_training_short,
    ),
    Column(
        name="usd",
        head=sentence("USD/1,000"),
        about=sentence("USD for 1,000 documents, P on the Pareto front"),
        mark=row_text.front_mark,
        text=lambda row: rate_text(row.usd_per_1000, SMALLEST).replace("$", ""),  # the head says USD
    ),
    Column(
        name="time",
        head=sentence("time/1,000"),
        about=sentence("time for 1,000 documents"),
        under="usd",
        text=_time_per_1000,
    ),
    Column(
        name="evaluation",
        head=sentence("evaluation time"),
        about=sentence("time of the whole evaluation"),
        text=lambda row: ledger_time(row.evaluation),
    ),
    Column(
        name="evaluation_usd",
        head=sentence("evaluation USD"),
        about=sentence("USD of the whole evaluation"),
        text=lambda row: ledger_usd(row.evaluation),
    ),
    Column(name="seed", head=sentence("seed"), about=sentence("seed of the run"), text=lambda row: str(row.seed)),
    Column(name="date", head=sentence("date"), about=sentence("day of the run"), text=lambda row: row.created[:10]),
    Column(
        name="run",
        head=sentence("run"),
        about=sentence("id of the run record"),
        text=lambda row: clean(row.run_id),
        left=True,
    ),
)
COLUMNS = {column.name: column for column in _ALL}

NARROW = (
    "rank", "model", "setting", "score", "interval", "difference", "p", "training_usd", "training", "usd", "time",
)  # fmt: skip
WIDE = (
    "rank", "model", "setting", "score", "interval", "difference", "p", "flips", "ece", "unreadable", "exposure",
    "training_usd", "training", "usd", "time",
)  # fmt: skip
WIDE_LESS = tuple(name for name in WIDE if name not in ("training", "time", "ece", "flips"))
PRINTED = ("rank", "model", "setting", "score", "interval", "difference", "p", "exposure", "training_usd", "usd")


def chosen(names: Collection[str]) -> tuple[str, ...]:
    """The names of columns that a user gave, in that order, with the model's in front where it was left out.

    BenchError with the nearest name for one that is not there.
    """
    for name in names:
        if name not in COLUMNS:
            raise unknown(sentence("column"), name, COLUMNS, where="--columns")
    wanted = tuple(dict.fromkeys(names))
    return wanted if not wanted or "model" in wanted else ("model", *wanted)


def columns_of(section: Section, names: Sequence[str], by_default: Sequence[str]) -> list[Column]:
    """The columns of a section's table: those of `names`, else of `by_default` without those that say nothing here.

    No ranks in a limited section, no flips where no row has poles, no exposure where nothing was trained, no unreadable
    answers where all could be read.
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
