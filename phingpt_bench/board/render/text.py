"""Words and numbers of the board as text, the same in the terminal and in markdown. Our own words are plain ASCII."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from phingpt_bench.board.compare import Difference
from phingpt_bench.board.published.rows import PublishedCost, PublishedRow, Source
from phingpt_bench.board.values import Row, Section
from phingpt_bench.core.records import Ledger
from phingpt_bench.cost.ledger import duration_text, total_seconds, usd_text
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.intervals import Interval

UNKNOWN = "N/A"
ID_ONLY = "by row id only"
SYNTHETIC = "SYNTHETIC data: a demonstration of the tool, no measurement of any model"
_BIDI_CONTROLS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: object) -> str:
    """A text from a file on one line, without control characters or direction overrides.

    A text that holds right-to-left letters ends with a left-to-right mark, which has no width: otherwise a terminal
    that reorders text would pull the numbers to its right over to its left.
    """
    line = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in str(text)).split())
    line = _BIDI_CONTROLS.sub("", line)
    return line + "\u200e" if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line) else line


def metric_name(metric: str) -> str:
    """The metric in words; an unknown one as it is."""
    return METRICS[metric].title if metric in METRICS else clean(metric)


def score_text(score: float | None) -> str:
    """Three decimals, half up in decimal (0.6655 is 0.666, which binary rounding makes 0.665), or N/A."""
    if score is None:
        return UNKNOWN
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
        return "base", ""
    difference = row.against_base
    if difference is None:
        return ("-", "") if row.kind in ("floor", "check") else ("no base", "")
    if difference.reason is not None:
        return "no test", difference.reason
    return signed(difference), p_text(difference.p if difference.p_holm is None else difference.p_holm)


def signed(difference: Difference) -> str:
    """+0.123* with three decimals; never -0.000."""
    value = f"{difference.value:+.3f}"
    return (value if float(value) else "+0.000") + ("*" if difference.significant else "")


def time_text(ledger: Ledger | None) -> str:
    """All phases together, or N/A."""
    return duration_text(total_seconds(ledger) if ledger is not None and ledger.seconds else None)


def money_text(ledger: Ledger | None) -> str:
    """USD, or N/A."""
    return usd_text(None if ledger is None else ledger.usd)


def training_texts(row: Row) -> tuple[str, str]:
    """Time and USD of the training; - for a base, which was not trained here."""
    if row.training is None and row.kind in ("base", "check"):
        return "-", ""
    if row.training is None:
        return UNKNOWN, ""
    return time_text(row.training), money_text(row.training)


def higher_is_better(metric: str) -> bool:
    """Whether more of a metric is better; True for one that is not known here."""
    return metric not in METRICS or METRICS[metric].higher_is_better


def has_flips(section: Section) -> bool:
    """Whether any row of a section says how often one pole was taken for the other."""
    return any(row.scores.get("flip_rate") is not None for row in section.rows)


def flip_texts(row: Row) -> tuple[str, str]:
    """The share of polarity flips, and the expected calibration error where labels were compared by likelihood."""
    flips, ece = row.scores.get("flip_rate"), row.scores.get("ece")
    return UNKNOWN if flips is None else percent(flips), "" if ece is None else f"{ece:.2f}"


def flip_line(row: Row) -> str:
    """ "flips 3%, ECE 0.06", as far as the row has them."""
    flips, ece = flip_texts(row)
    parts = (f"flips {flips}" if row.scores.get("flip_rate") is not None else "", f"ECE {ece}" if ece else "")
    return ", ".join(filter(None, parts))


def percent(share: float) -> str:
    """A share as a whole percentage; <1% rather than 0% for what is not nothing."""
    return "0%" if share == 0 else "<1%" if share < 0.005 else f"{100 * share:.0f}%"


def setting(row: Row) -> str:
    """Variant, quantisation and details: "0-shot, nf4+dq, seed 7"; no variant for floors, which take no prompt."""
    parts = () if row.kind == "floor" else (row.variant, row.quantisation)
    return ", ".join(clean(x) for x in (*parts, *row.details) if x)


def section_title(section: Section) -> str:
    """Task, metric, rows and protocol of a section."""
    return f"{clean(section.task)}: {metric_name(section.metric)}, {section.n:,} rows, {clean(section.protocol)}"


def limited_note(section: Section) -> str:
    """Why the rows of a limited section are not ranked."""
    return f"limited to {section.limit:,} rows, not comparable with whole runs and not ranked"


def size_text(size_b: float | None) -> str:
    """Billions of parameters: 7B, 0.11B; empty where not stated."""
    return "" if size_b is None else f"{size_b:g}B"


def cost_marks(rows: Iterable[PublishedRow]) -> dict[str, str]:
    """A letter for each training cost among the rows that says hours or USD, in order of appearance."""
    keys = dict.fromkeys(row.cost.key for row in rows if row.cost is not None and published_cost(row.cost) != UNKNOWN)
    return {key: _letters(i) for i, key in enumerate(keys)}


def _letters(place: int) -> str:
    """a to z, then aa, ab, ..."""
    above, last = divmod(place, 26)
    return (_letters(above - 1) if above else "") + chr(ord("a") + last)


def evidence_text(evidence: str) -> str:
    """How a value came here, in a word; empty where it was read in the authors' own text."""
    return {"primary": "", "secondary": "quoted"}.get(evidence, evidence)


def note_marks(rows: Iterable[PublishedRow]) -> dict[str, int]:
    """A number for each distinct note of the rows, in order of appearance."""
    return {note: i for i, note in enumerate(dict.fromkeys(row.note for row in rows if row.note), 1)}


def published_cost(cost: PublishedCost | None) -> str:
    """USD, else hours, else N/A; with ? where the source's figure is doubtful."""
    if cost is None:
        return UNKNOWN
    text = usd_text(cost.usd) if cost.usd is not None else UNKNOWN if cost.hours is None else f"{cost.hours:g} h"
    return f"{text}?" if cost.doubtful else text


def published_cost_note(cost: PublishedCost) -> str:
    """What a published cost covers: "1 x RTX 3090, 17.25 h, $1.00 a GPU-hour; covers 4 sentiment sets"."""
    gpu = None if cost.gpu is None else f"{cost.gpu_count} x {cost.gpu}" if cost.gpu_count else cost.gpu
    parts = [
        gpu,
        None if cost.hours is None else f"{cost.hours:g} h",
        None if cost.usd_per_gpu_hour is None else f"${cost.usd_per_gpu_hour:.2f} a GPU-hour",
    ]
    text = ", ".join(part for part in parts if part)
    covers = None if cost.scope is None else f"covers {cost.scope}"
    doubt = None if not cost.doubtful else f"doubtful: {(cost.note or '').removeprefix('doubtful: ')}".rstrip(": ")
    quoted = "quoted by another document" if cost.evidence == "secondary" else None
    return "; ".join(part for part in (text, covers, quoted, doubt) if part)


def row_notes(row: Row) -> list[str]:
    """What stands under a row's name: warnings, unreadable answers, training rows found in the test."""
    notes = [f"! {clean(warning)}" for warning in row.warnings]
    if row.invalid_share:
        notes.append(f"{percent(row.invalid_share)} unreadable answers")
    if row.exposure and any(row.exposure.values()) and not row.exposed:  # else a warning says it
        found = ", ".join(f"{count} {clean(kind)}" for kind, count in row.exposure.items() if count)
        notes.append(f"! training rows among the test rows: {found}" + (f" ({ID_ONLY})" if row.partly_checked else ""))
    elif row.partly_checked:
        notes.append(f"training rows in test: checked {ID_ONLY}")
    return notes


def exposure_text(row: Row) -> str:
    """Training rows found among the test rows in few words, for a column; "0 (by row id only)" is no clean bill."""
    if row.exposure is None:
        return UNKNOWN if row.kind == "tuned" else "-"
    found = ", ".join(f"{count} {kind}" for kind, count in row.exposure.items() if count) or "0"
    return f"{found} ({ID_ONLY})" if row.partly_checked else found


def display_name(row: Row) -> str:
    """The model, and its adapter; a name of nothing but blanks or controls is said to be none."""
    return (clean(row.name) or "(no name)") + (f" + {clean(row.adapter)}" if row.adapter else "")


def published_name(row: PublishedRow, rows: Iterable[PublishedRow]) -> str:
    """The model, with the key of its source where another row would look the same."""

    def look(r: PublishedRow) -> tuple[object, ...]:
        return r.model, r.method, r.shots, r.comparison

    alike = sum(look(other) == look(row) for other in rows) > 1
    return f"{clean(row.model)} [{published_source(row).key}]" if alike else clean(row.model)


def published_source(row: PublishedRow) -> Source:
    """Where the row's first value was read."""
    return next(iter(row.metrics.values())).source


def after_name(row: Row) -> str:
    """What tells variants of a model apart in a table without a column for it: ", 0-shot, nf4+dq" or " (floor)"."""
    rest = f", {setting(row)}" if setting(row) else ""
    return f" ({row.kind}){rest}" if row.kind in ("floor", "check") else rest


def floor_mark(row: Row) -> str:
    """x where its training saw the test rows, else ! for a model that is not significantly better than the floor."""
    return "x" if row.exposed else "!" if row.beats_floor is False else ""


def marks(row: Row) -> str:
    """* where the score differs from the base's, then `floor_mark`."""
    star = "*" if row.against_base is not None and row.against_base.significant else ""
    return star + floor_mark(row)
