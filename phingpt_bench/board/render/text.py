"""Words and numbers of the board as text, the same in every form, in the language in force (core/language.py).

Our own English words are plain ASCII.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection
from decimal import ROUND_HALF_UP, Decimal

from phingpt_bench.board.compare import Difference
from phingpt_bench.board.pairing import BELOW_FLOOR
from phingpt_bench.board.values import Board, Row, Section
from phingpt_bench.core.language import say, spoken
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.ledger import duration_text, rate_text, total_seconds, usd_text
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.intervals import Interval

# sentences that reach `spoken` through a value: kinds of rows, reasons for no test
TRANSLATED = (
    "tuned", "base", "floor", "check", "other rows", "other labels", "other gold", "other prompts",
    "other device", "other kernels", "other batch size", "no such score", "no score",
    "one document", "quoted", "recomputed",
)  # fmt: skip
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@functools.lru_cache(maxsize=8192, typed=True)
def clean(text: object) -> str:
    """A text from a file on one line, without control characters or direction overrides.

    A text that holds right-to-left letters ends with a left-to-right mark, which has no width: otherwise a terminal
    that reorders text would pull the numbers to its right over to its left.
    """
    line = _BIDI_CONTROLS.sub("", str(text))
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in line).split())
    return line + "\u200e" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line) else line


def csv_cell(value: object) -> object:
    """A value for a spreadsheet: numbers as they are, unknown empty, true and false in lower case, text on one line.

    A text that a spreadsheet would take for a formula (CWE-1236) gets an apostrophe in front, unless it is a number.
    """
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return value
    text = clean(value)
    try:
        float(text)
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
    return text


def metric_name(metric: str) -> str:
    """The metric in words; an unknown one as it is."""
    return say(METRICS[metric].title) if metric in METRICS else clean(metric)


def unknown() -> str:
    """What stands in the place of a value that nobody measured."""
    return say("N/A")


def synthetic() -> str:
    """The warning over rows of the demonstration corpus."""
    return say("SYNTHETIC data: a demonstration of the tool, no measurement of any model")


def score_text(score: float | None) -> str:
    """Three decimals, half up in decimal (0.6655 is 0.666, which binary rounding makes 0.665), or N/A."""
    if score is None:
        return unknown()
    return str(Decimal(repr(score)).quantize(Decimal("0.001"), ROUND_HALF_UP))


def interval_text(interval: Interval | None) -> str:
    """[low, high] with three decimals; empty where there is none."""
    if interval is None:
        return ""
    return f"[{interval.low:.3f}, {interval.high:.3f}]"


def rank_text(row: Row) -> str:
    """1, or 1= where others share the rank; - where the row is not ranked."""
    return "-" if row.rank is None else f"{row.rank}=" if row.tied else str(row.rank)


def p_text(p: float | None) -> str:
    """p to three decimals, four where three would not tell on which side of 0.05 it is; "p<0.001" below that."""
    if p is None:
        return ""
    if 0.045 <= p < 0.055:
        return "p<0.0500" if p < 0.05 and f"{p:.4f}" == "0.0500" else f"p={p:.4f}"
    return "p<0.001" if p < 0.001 else f"p={p:.3f}"


def difference_text(row: Row) -> tuple[str, str]:
    """The difference to the base (with * where significant) and its p, or words in their place."""
    if row.is_base:
        return say("base"), ""
    difference = row.against_base
    if difference is None:
        return ("-", "") if row.kind in ("floor", "check") else (say("no base"), "")
    if difference.reason is not None:
        return say("no test"), spoken(difference.reason)
    return signed(difference), p_text(difference.p if difference.p_holm is None else difference.p_holm)


def signed(difference: Difference) -> str:
    """+0.123* with three decimals; never -0.000."""
    value = f"{difference.value:+.3f}"
    return (value if float(value) else "+0.000") + ("*" if difference.significant else "")


def time_text(ledger: Ledger | None) -> str:
    """All phases together, or N/A."""
    return duration_text(total_seconds(ledger)) if ledger is not None and ledger.seconds else unknown()


def short_time(seconds: float | None) -> str:
    """A duration in at most six characters, for narrow columns: "42 s", "65 min", "1.8 h", "140 h"."""
    if seconds is None:
        return unknown()
    if seconds < 99.5 * 60:
        return duration_text(seconds) if seconds < 59.5 else f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 99.95 * 3600 else f"{seconds / 3600:.0f} h"


def money_text(ledger: Ledger | None) -> str:
    """USD, or N/A."""
    return unknown() if ledger is None or ledger.usd is None else usd_text(ledger.usd)


def small_usd(value: float | None) -> str:
    """Two digits that say something: "$0.0012", "$3.40", "$1,250"; "<$0.0001" for less, N/A for None.

    Costs of 1,000 documents lie many powers of ten apart, and "<$0.01" would make most of them one.
    """
    if value is None:
        return unknown()
    return rate_text(value) if value == 0 or value >= 0.0001 else "<$0.0001"


def trained(row: Row) -> bool:
    """Whether anything is to be said of a row's training: a base was not trained here."""
    return row.training is not None or row.kind not in ("base", "check")


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; True for one that is not known here."""
    return metric not in METRICS or METRICS[metric].higher_is_better


def has_flips(section: Section) -> bool:
    """Whether any row of a section says how often one pole was taken for the other."""
    return any(row.scores.get("flip_rate") is not None for row in section.rows)


def flip_texts(row: Row) -> tuple[str, str]:
    """The share of polarity flips, and the expected calibration error where labels were compared by likelihood."""
    flips, ece = row.scores.get("flip_rate"), row.scores.get("ece")
    return unknown() if flips is None else percent(flips), "" if ece is None else f"{ece:.2f}"


def percent(share: float) -> str:
    """A share as a whole percentage; <1% rather than 0% for what is not nothing."""
    return "0%" if share == 0 else "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def setting(row: Row, without: str | None = None) -> str:
    """Variant, quantisation and details: "0-shot, nf4+dq, seed 7"; no variant for floors, which take no prompt.

    without: a quantisation that is said elsewhere.
    """
    quantisation = None if row.quantisation == without else row.quantisation
    parts = () if row.kind == "floor" else (row.variant, quantisation)
    return ", ".join(clean(spoken(x)) for x in (*parts, *row.details) if x)


def quantisation_of(section: Section) -> str | None:
    """The quantisation that all models of a section share, to be said once; None where they do not, or have none."""
    found = {row.quantisation for row in section.rows if row.kind in ("base", "tuned")}
    return found.pop() if len(found) == 1 else None


def section_title(section: Section) -> str:
    """Task and metric of a section."""
    return f"{clean(section.task)}: {metric_name(section.metric)}"


def section_about(section: Section) -> str:
    """Rows, protocol, language and licence of a section's data, and the quantisation that its models share."""
    parts = [say("{n:,} rows of {protocol}", n=section.n, protocol=clean(section.protocol))]
    parts += [clean(part) for part in (", ".join(section.languages), section.licence) if part]
    shared = quantisation_of(section)
    return ", ".join(parts) + (say("; models in {quantisation}", quantisation=clean(shared)) if shared else "")


def limited_note(section: Section) -> str:
    """Why the rows of a limited section are not ranked."""
    return say("limited to {n:,} rows, not comparable with whole runs and not ranked", n=section.limit)


def hidden_line(section: Section) -> str:
    """How many rows of a section the filters took away."""
    return say("{n} more rows are hidden by filters; ranks and tests were made with them", n=section.hidden)


def nothing(board: Board) -> str:
    """Why a board has no table."""
    if board.hidden:
        return say("No row is left: the filters hide all of it.")
    return say("No runs to show: only check rows (oracle, null, echo) were found.")


def parameters_text(row: Row) -> str:
    """Parameters of the base: "135M", "7.2B"; - for floors, N/A where the record does not say."""
    count = row.parameters
    if count is None:
        return "-" if row.kind in ("floor", "check") else unknown()
    count = rounded_parameters(count)
    return f"{count / 1e6:.0f}M" if count < 1e9 else f"{count / 1e9:g}B"


def rounded_parameters(count: float) -> float:
    """A number of parameters as it is shown: whole millions, from a billion on two figures, from ten whole billions."""
    if count < 999.5e6:
        return round(count / 1e6) * 1e6
    return (float(f"{count / 1e9:.2g}") if count < 1e10 else round(count / 1e9)) * 1e9


def letters(place: int) -> str:
    """a to z, then aa, ab, ..."""
    above, last = divmod(place, 26)
    return (letters(above - 1) if above else "") + chr(ord("a") + last)


def row_notes(row: Row, columns: Collection[str] = ()) -> list[str]:
    """What stands under a row's name: warnings, unreadable answers and test rows seen where no column says so.

    That it does not beat the floor is no note of its own: a mark says so, and the line under the table (`floor_line`).
    """
    notes = [f"! {clean(spoken(text))}" for text in row.warnings if getattr(text, "key", "") != BELOW_FLOOR]
    if row.invalid_share and "unreadable" not in columns:
        notes.append(say("{share} unreadable answers", share=percent(row.invalid_share)))
    seen = exposure_count(row)
    if seen and not row.exposed and "exposure" not in columns:  # where it is exposed a warning says it
        note = say("! saw {share} of the test rows", share=percent(seen / row.n))
        notes.append(note + (f" ({id_only()})" if row.partly_checked else ""))
    return notes


def floor_line(section: Section) -> str | None:
    """Which floor the rows marked ! do not beat; None where no row has the mark."""
    if section.floor is None or not any(floor_mark(row) == "!" for row in section.rows):
        return None
    return say("not significantly better than {name}, the best floor", name=clean(section.floor))


def id_only() -> str:
    """That a check for training rows among the test rows went by row id alone."""
    return say("by row id only")


def exposure_count(row: Row) -> int | None:
    """Training rows found among the test rows, of whatever likeness; None where nobody looked."""
    return None if row.exposure is None else sum(row.exposure.values())


def exposure_short(row: Row) -> str:
    """The share of test rows seen in training; with ? where only row ids were compared, which is no clean bill."""
    seen = exposure_count(row)
    if seen is None:
        return unknown() if row.kind == "tuned" else "-"
    return percent(seen / row.n) + ("?" if row.partly_checked else "")


def display_name(row: Row) -> str:
    """The model, and its adapter; a name of nothing but blanks or controls is said to be none."""
    return (clean(row.name) or say("(no name)")) + (f" + {clean(row.adapter)}" if row.adapter else "")


def after_name(row: Row) -> str:
    """What tells variants of a model apart in a table without a column for it: ", 0-shot, nf4+dq" or " (floor)"."""
    rest = f", {setting(row)}" if setting(row) else ""
    return f" ({spoken(row.kind)}){rest}" if row.kind in ("floor", "check") else rest


def floor_mark(row: Row) -> str:
    """x where its training saw the test rows, else ! for a model that is not significantly better than the floor."""
    return "x" if row.exposed else "!" if row.beats_floor is False else ""


def front_mark(row: Row) -> str:
    """P where the row is on the Pareto front of cost and score."""
    return " P" if row.frontier else ""


def marks(row: Row) -> str:
    """* where the score differs from the base's, then `floor_mark`."""
    star = "*" if row.against_base is not None and row.against_base.significant else ""
    return star + floor_mark(row)
