"""The notes on the rows of a rescoring: which were scored, and what happened to the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.rescore.case import OURS, SHOWN
from phingpt_bench.rivals import SCORERS

if TYPE_CHECKING:
    from phingpt_bench.rescore.values import Report

WARNING = "! "  # before what changes the meaning of the scores
_BY = {"id": sentence("id"), "text": sentence("text")}


def row_notes(report: Report) -> Iterable[str]:
    """One sentence per line; those that change the meaning of the scores with "! " before them."""
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
        yield warning(
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
        yield warning(joined(filter(None, (lacking, _empty(report))), " "))
    if case.left_out:
        yield warning(
            sentence_n(
                "ANOTHER ROW SET: {n:,} row of the task without an answer left out (--answered-only); the scores "
                "are not comparable with scores on all rows.",
                "ANOTHER ROW SET: {n:,} rows of the task without an answer left out (--answered-only); the scores "
                "are not comparable with scores on all rows.",
                case.left_out,
            )
        )
    if lost := found.unmatched:
        yield warning(
            sentence_n(
                "{n:,} row of the file not in the task, not scored: {places}.",
                "{n:,} rows of the file not in the task, not scored: {places}.",
                len(lost),
                places=_at(report, lost),
            )
        )
    if found.doubled:
        yield warning(
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
        yield warning(
            sentence_n(
                "{n:,} gold label of the file is not the task's, which counts: {places}.",
                "{n:,} gold labels of the file are not the task's, which count: {places}.",
                len(case.disputed),
                places=_at(report, case.disputed),
            )
        )


def warning(text: str) -> str:
    """A note that changes the meaning of the scores."""
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


def _at(report: Report, rows: Sequence[int]) -> str:
    places = ", ".join(f"{report.table.places[row]}" for row in rows[:SHOWN])
    if report.table.unit == "line":
        listed = sentence_n("line {places}", "lines {places}", len(rows), places=places)
    else:
        listed = sentence_n("row {places}", "rows {places}", len(rows), places=places)
    return sentence("{places} and {n:,} more", places=listed, n=len(rows) - SHOWN) if len(rows) > SHOWN else listed
