"""What has to be said of a rescoring beside its numbers: which columns, which rows, what became of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from phingpt_bench.rescore.case import OURS, SHOWN
from phingpt_bench.rescore.columns import OPTIONS
from phingpt_bench.rescore.gold_entities import overlapping
from phingpt_bench.rivals import SCORERS
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.version import VERSION

if TYPE_CHECKING:
    from phingpt_bench.rescore.values import Report

WARNING = "! "  # before what changes the meaning of the scores
_ROLES = {"answer": "answers", "likelihoods": "log-likelihoods", "gold": "gold", "id": "ids", "text": "texts"}


def notes(report: Report, rows: Sequence[Answered]) -> list[str]:
    """One sentence a line, those that change the meaning of the scores with "! " before them."""
    first = [] if report.recorded else [_columns(report)]
    if report.table.note:
        first.insert(0, report.table.note)
    return [*first, *_row_notes(report), *_answers(report, rows), *_record(report)]


def _columns(report: Report) -> str:
    """Which column was taken for what."""
    used = {role: column for role, column in report.columns.items() if role in _used(report)}
    parts = []
    for role, column in used.items():
        also = f", not {_names(column.also)}" if column.also else ""
        parts.append(f"{_ROLES[role]} from '{column.name}'" + (f" (guessed{also})" if column.guessed else ""))
    options = [OPTIONS[role] for role, column in used.items() if column.guessed and role in OPTIONS]
    return f"Columns: {'; '.join(parts)}." + (f" To change: {', '.join(options)}." if options else "")


def _used(report: Report) -> set[str]:
    case, columns = report.case, report.columns
    used = {"answer" if "answer" in columns else "likelihoods"}
    if case.gold_of == "file":
        return used | {"gold", "id"} | ({"text"} if report.target.kind == "spans" else set())
    return used | {case.matching.by}


def _row_notes(report: Report) -> Iterable[str]:
    case, table, found = report.case, report.table, report.case.matching
    task = report.target.task or report.target.dataset
    if case.gold_of == "task":
        matched = len({row for row in case.rows if row is not None})
        yield f"Rows: {matched:,} of {len(table):,} in the file matched by {found.by}; gold of the task."
    elif report.recorded is not None:
        yield f"Rows: the {report.n:,} of the record; gold as stored with the answers."
    elif task is not None:
        yield (
            f"{WARNING}Rows and gold are those of the file, not shown to be those of {report.target.protocol}: not "
            "comparable under that id."
        )
    if missing := sum(case.missing):
        yield (
            f"{WARNING}{_rows(missing)} of the task without an answer, counted as INVALID (--answered-only leaves "
            f"them out).{_empty(report)}"
        )
    if case.left_out:
        yield (
            f"{WARNING}ANOTHER ROW SET: {_rows(case.left_out)} of the task without an answer left out "
            "(--answered-only); the scores compare with none on all rows."
        )
    if found.unmatched:
        lost = found.unmatched
        yield f"{WARNING}{_rows(len(lost))} of the file not in the task, not scored: {_at(report, lost)}."
    if found.doubled:
        yield f"{WARNING}{_rows(len(found.doubled))} of the file doubled, not scored: {_at(report, found.doubled)}."
    if found.normalised:
        yield f"{_rows(found.normalised)} matched but for case, accents, punctuation or white space."
    if found.shared:
        one = found.shared == 1
        have = f"{found.shared:,} further {'row' if one else 'rows'} of the task {'has' if one else 'have'}"
        yield f"{have} the text of an answered one, and its answer."
    if found.paired:
        yield f"{_rows(found.paired)} of repeated texts, paired with the task's in the order of the file."
    if case.disputed:
        places = _at(report, case.disputed)
        count = len(case.disputed)
        are = "1 gold label of the file is" if count == 1 else f"{count:,} gold labels of the file are"
        yield f"{WARNING}{are} not the task's, which count{'s' if count == 1 else ''}: {places}."


def _empty(report: Report) -> str:
    """What other scorers make of an empty answer, which is what they are given for a row without one."""
    others = [scored.scorer for scored in report.scored if scored.scorer != OURS]
    if not others:
        return ""
    odd = [f"{name} {SCORERS[name].empty}" for name in others if SCORERS[name].empty]
    if not odd:
        return " Other scorers are given an empty answer, which is wrong for them too."
    return f" Other scorers are given an empty answer: {', '.join(odd)}."


def _answers(report: Report, rows: Sequence[Answered]) -> Iterable[str]:
    target, case = report.target, report.case
    if target.chosen and case.likelihoods is None:
        yield f"{target.task} compares log-likelihoods; these answers were written, which is another way to ask."
    if case.repeats > 1:
        yield _repeats(report)
    if forms := Counter(row.form for row in rows if row.form):
        listed = ", ".join(f"{count:,} {name}" for name, count in forms.most_common())
        yield (
            f"{sum(forms.values()):,} of {len(rows):,} answers are in another form than {target.form} and were read as "
            f"what they are: {listed}."
        )
    nested = sum(overlapping(doc["entities"]) for doc in case.docs) if target.kind == "spans" else 0
    if nested and not case.rules.nested:
        yield (
            f"{WARNING}{_rows(nested)} with gold entities inside or across others. Answers are read flat, the longest "
            "of those that overlap: --nested reads them all."
        )
    yield from _shapes(report)
    for name, reason in report.unfit.items():
        yield f"Scorer {name} left out: {reason}."
    if len(report.scored) > 1 or report.scored[0].scorer != OURS:
        yield "Scores of different scorers are not to be ranked: the answers are the same, the rules are not."


def _repeats(report: Report) -> str:
    most = report.case.repeats
    if report.repeats == "majority":
        return f"Up to {most} answers a row: the one that most of them agree on counts, the earliest of equals."
    return f"Up to {most} answers a row: the first counts (--repeats majority takes what most of them agree on)."


def _shapes(report: Report) -> Iterable[str]:
    """What the answers look like that cannot be read, where they are more than half."""
    if not report.details.shapes:
        return
    listed = []
    for shape in report.details.shapes:
        option = f" ({shape.option}, with the right names)" if shape.option else ""
        listed.append(f"{shape.count:,} {shape.words}, such as '{shape.example}'{option}")
    yield f"{WARNING}More than half of the answers cannot be read. The commonest: {'; '.join(listed)}."


def _record(report: Report) -> Iterable[str]:
    found = report.recorded
    if found is None:
        return
    if not found.complete:
        yield f"{WARNING}The file does not hold the {_rows(found.record.protocol.n)} of the record in its order."
    if found.changed:
        yield (
            f"Recorded under version {found.version} of scoring, read now under version {VERSION}: "
            f"{'; '.join(found.changed)}. The record keeps its scores."
        )
    if found.otherwise:
        count = len(found.otherwise)
        are = "1 answer is" if count == 1 else f"{count:,} answers are"
        yield f"{are} read otherwise than when the record was made."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _at(report: Report, rows: Sequence[int]) -> str:
    unit = report.table.unit if len(rows) == 1 else f"{report.table.unit}s"
    more = f" and {len(rows) - SHOWN:,} more" if len(rows) > SHOWN else ""
    return f"{unit} {', '.join(f'{report.table.places[row]}' for row in rows[:SHOWN])}{more}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
