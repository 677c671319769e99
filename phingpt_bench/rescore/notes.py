"""The notes to a rescoring: which columns and rows were used, and what happened to the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.rescore.case import OURS, SHOWN
from phingpt_bench.rescore.columns import OPTIONS
from phingpt_bench.rescore.gold_entities import overlapping
from phingpt_bench.rivals import SCORERS
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.version import VERSION

if TYPE_CHECKING:
    from phingpt_bench.rescore.values import Report

WARNING = "! "  # before what changes the meaning of the scores
_ROLES = {
    "answer": sentence("answers"),
    "likelihoods": sentence("log-likelihoods"),
    "gold": sentence("gold"),
    "id": sentence("ids"),
    "text": sentence("texts"),
}

_BY = {"id": sentence("id"), "text": sentence("text")}


def notes(report: Report, rows: Sequence[Answered]) -> list[str]:
    """One sentence per line; those that change the meaning of the scores with "! " before them."""
    first = [] if report.recorded else [_columns(report)]
    if report.table.note:
        first.insert(0, report.table.note)
    return [*first, *_row_notes(report), *_answers(report, rows), *_record(report)]


def _columns(report: Report) -> str:
    """The column of each role."""
    used = {role: column for role, column in report.columns.items() if role in _used(report)}
    parts = []
    for role, column in used.items():
        values = {"what": _ROLES[role], "name": column.name, "others": _names(column.also)}
        if column.guessed and column.also:
            parts.append(sentence("{what} from '{name}' (guessed, not {others})", **values))
        elif column.guessed:
            parts.append(sentence("{what} from '{name}' (guessed)", **values))
        else:
            parts.append(sentence("{what} from '{name}'", **values))
    options = [OPTIONS[role] for role, column in used.items() if column.guessed and role in OPTIONS]
    listed = joined(parts, "; ")
    if options:
        return sentence("Columns: {columns}. To change: {options}.", columns=listed, options=", ".join(options))
    return sentence("Columns: {columns}.", columns=listed)


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
        yield sentence(
            "Rows: {n:,} of {all:,} in the file matched by {by}; gold of the task.",
            n=matched,
            all=len(table),
            by=_BY[found.by],
        )
    elif report.recorded is not None:
        yield sentence("Rows: the {n:,} of the record; gold as stored with the answers.", n=report.n)
    elif task is not None:
        yield _warning(
            sentence(
                "Rows and gold are those of the file, not shown to be those of {protocol}: not comparable under "
                "that id.",
                protocol=report.target.protocol,
            )
        )
    if missing := sum(case.missing):
        lacking = sentence_n(
            "{n:,} row of the task without an answer, counted as INVALID (--answered-only leaves it out).",
            "{n:,} rows of the task without an answer, counted as INVALID (--answered-only leaves them out).",
            missing,
        )
        yield _warning(joined(filter(None, (lacking, _empty(report))), " "))
    if case.left_out:
        yield _warning(
            sentence_n(
                "ANOTHER ROW SET: {n:,} row of the task without an answer left out (--answered-only); the scores "
                "are not comparable with scores on all rows.",
                "ANOTHER ROW SET: {n:,} rows of the task without an answer left out (--answered-only); the scores "
                "are not comparable with scores on all rows.",
                case.left_out,
            )
        )
    if lost := found.unmatched:
        yield _warning(
            sentence_n(
                "{n:,} row of the file not in the task, not scored: {places}.",
                "{n:,} rows of the file not in the task, not scored: {places}.",
                len(lost),
                places=_at(report, lost),
            )
        )
    if found.doubled:
        yield _warning(
            sentence_n(
                "{n:,} duplicate row of the file, not scored: {places}.",
                "{n:,} duplicate rows of the file, not scored: {places}.",
                len(found.doubled),
                places=_at(report, found.doubled),
            )
        )
    if found.normalised:
        yield sentence_n(
            "{n:,} row matched after case, accents, punctuation and white space were ignored.",
            "{n:,} rows matched after case, accents, punctuation and white space were ignored.",
            found.normalised,
        )
    if found.shared:
        yield sentence_n(
            "{n:,} further row of the task has the text of an answered one, and its answer.",
            "{n:,} further rows of the task have the text of an answered one, and its answer.",
            found.shared,
        )
    if found.paired:
        yield sentence_n(
            "{n:,} row of repeated texts, paired with the task's in the order of the file.",
            "{n:,} rows of repeated texts, paired with the task's in the order of the file.",
            found.paired,
        )
    if case.disputed:
        yield _warning(
            sentence_n(
                "{n:,} gold label of the file is not the task's, which counts: {places}.",
                "{n:,} gold labels of the file are not the task's, which count: {places}.",
                len(case.disputed),
                places=_at(report, case.disputed),
            )
        )


def _warning(text: str) -> str:
    return joined((WARNING, text), "")


def _empty(report: Report) -> str:
    """How other scorers count an empty answer, which they get for a row without one."""
    others = [scored.scorer for scored in report.scored if scored.scorer != OURS]
    if not others:
        return ""
    odd = [joined((name, SCORERS[name].empty), " ") for name in others if SCORERS[name].empty]
    if not odd:
        return sentence("Other scorers are given an empty answer, which is wrong for them too.")
    return sentence("Other scorers are given an empty answer: {what}.", what=joined(odd))


def _answers(report: Report, rows: Sequence[Answered]) -> Iterable[str]:
    target, case = report.target, report.case
    if target.chosen and case.likelihoods is None:
        yield sentence(
            "{task} compares log-likelihoods; these answers were written, which is another way to ask.",
            task=target.task,
        )
    if case.repeats > 1:
        yield _repeats(report)
    if forms := Counter(row.form for row in rows if row.form):
        listed = ", ".join(f"{count} {name}" for name, count in forms.most_common())
        yield sentence_n(
            "{n:,} of {all:,} answers is in another form than {form} and was read as what it is: {forms}.",
            "{n:,} of {all:,} answers are in another form than {form} and were read as what they are: {forms}.",
            sum(forms.values()),
            all=len(rows),
            form=target.form,
            forms=listed,
        )
    nested = sum(overlapping(doc["entities"]) for doc in case.docs) if target.kind == "spans" else 0
    if nested and not case.rules.nested:
        yield _warning(
            sentence_n(
                "{n:,} row with gold entities inside or across others. Answers are read flat, the longest of those "
                "that overlap: --nested reads them all.",
                "{n:,} rows with gold entities inside or across others. Answers are read flat, the longest of those "
                "that overlap: --nested reads them all.",
                nested,
            )
        )
    yield from _shapes(report)
    for name, reason in report.unfit.items():
        yield sentence("Scorer {name} left out: {reason}.", name=name, reason=reason)
    if len(report.scored) > 1 or report.scored[0].scorer != OURS:
        yield sentence("Scores of different scorers are not to be ranked: the answers are the same, the rules are not.")


def _repeats(report: Report) -> str:
    most = report.case.repeats
    if report.repeats == "majority":
        return sentence(
            "Up to {n} answers a row: the one that most of them agree on counts, the earliest of equals.", n=most
        )
    return sentence(
        "Up to {n} answers a row: the first counts (--repeats majority takes what most of them agree on).", n=most
    )


def _shapes(report: Report) -> Iterable[str]:
    """What the answers look like that cannot be read, where they are more than half."""
    if not report.details.shapes:
        return
    listed = []
    for shape in report.details.shapes:
        values = {"n": shape.count, "words": shape.words, "example": shape.example, "option": shape.option}
        if shape.option:
            listed.append(sentence("{n:,} {words}, such as '{example}' ({option}, with the right names)", **values))
        else:
            listed.append(sentence("{n:,} {words}, such as '{example}'", **values))
    yield _warning(
        sentence("More than half of the answers cannot be read. The commonest: {shapes}.", shapes=joined(listed, "; "))
    )


def _record(report: Report) -> Iterable[str]:
    found = report.recorded
    if found is None:
        return
    if not found.complete:
        yield _warning(
            sentence_n(
                "The file does not hold the {n:,} row of the record in its order.",
                "The file does not hold the {n:,} rows of the record in its order.",
                found.record.protocol.n,
            )
        )
    if found.changed:
        yield sentence(
            "Recorded under version {then} of scoring, read now under version {now}: {changes}. The record keeps its "
            "scores.",
            then=found.version,
            now=VERSION,
            changes=joined(found.changed, "; "),
        )
    if found.otherwise:
        yield sentence_n(
            "{n:,} answer is now read differently than when the record was made.",
            "{n:,} answers are now read differently than when the record was made.",
            len(found.otherwise),
        )


def _at(report: Report, rows: Sequence[int]) -> str:
    places = ", ".join(f"{report.table.places[row]}" for row in rows[:SHOWN])
    if report.table.unit == "line":
        listed = sentence_n("line {places}", "lines {places}", len(rows), places=places)
    else:
        listed = sentence_n("row {places}", "rows {places}", len(rows), places=places)
    return sentence("{places} and {n:,} more", places=listed, n=len(rows) - SHOWN) if len(rows) > SHOWN else listed


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
