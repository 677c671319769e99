"""The notes to a rescoring: which columns and rows were used, and what happened to the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.rescore.case import OURS
from phingpt_bench.rescore.columns import OPTIONS
from phingpt_bench.rescore.gold_entities import overlapping
from phingpt_bench.rescore.row_notes import row_notes, warning
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.version import VERSION

if TYPE_CHECKING:
    from phingpt_bench.rescore.values import Report

_ROLES = {
    "answer": sentence("answers"),
    "likelihoods": sentence("log-likelihoods"),
    "gold": sentence("gold"),
    "id": sentence("ids"),
    "text": sentence("texts"),
}


def notes(report: Report, rows: Sequence[Answered]) -> list[str]:
    """One sentence per line; those that change the meaning of the scores with "! " before them."""
    first = [] if report.recorded else [_columns(report)]
    if report.table.note:
        first.insert(0, report.table.note)
    return [*first, *row_notes(report), *_answers(report, rows), *_record(report)]


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
        yield warning(
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
            "Up to {n} answers per row: the one that most of them agree on counts, the earliest of equals.", n=most
        )
    return sentence(
        "Up to {n} answers per row: the first counts (--repeats majority takes what most of them agree on).", n=most
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
    yield warning(
        sentence("More than half of the answers cannot be read. The commonest: {shapes}.", shapes=joined(listed, "; "))
    )


def _record(report: Report) -> Iterable[str]:
    found = report.recorded
    if found is None:
        return
    if not found.complete:
        yield warning(
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


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
