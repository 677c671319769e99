"""The page about one cell: record, rows, counts and formula, interval, tests, rank, exposure, cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board, Section
from phingpt_bench.core.diagnostics import cut_text, empty_text, skipped_text
from phingpt_bench.core.exposure import KINDS, Compared, Declared
from phingpt_bench.render.abstention_text import abstention_grid, abstention_notes
from phingpt_bench.render.board.row_text import full_name
from phingpt_bench.render.explain.explain_costs import cost_lines
from phingpt_bench.render.explain.explain_find import found_row, found_section
from phingpt_bench.render.explain.explain_intervals import interval_lines
from phingpt_bench.render.explain.explain_lines import INDENT, Line, p_value, part
from phingpt_bench.render.explain.explain_score import working
from phingpt_bench.render.explain.explain_tests import holm_lines, test_lines
from phingpt_bench.render.measures import metric_name
from phingpt_bench.results.answering import answering
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.pairing import base_of
from phingpt_bench.results.seeds import with_seeds_joined
from phingpt_bench.stats.paired import ALPHA
from phingpt_bench.text.blocks import Block, Title
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.numbers import percent, unknown_text

TRANSLATED = (
    "Test rows that are equal to a training row: {n}.",
    "Test rows that are equal to one but for case, punctuation, space, links and the marks of tweets: {n}.",
    "Test rows that are a changed copy of one: {n}.",
    "Test rows that hold one, or are held by one: {n}.",
    "Test rows that are a translation of one, or one of them: {n}.",
)
FOUND = dict(zip(KINDS, TRANSLATED, strict=True))  # by the likeness of the closest training row


def explain(board: Board, runs: Sequence[Run], row: str, task: str, comparer: Comparer) -> list[Block]:
    """The page about one row of one task.

    board: of all tasks, unfiltered, from `runs`. row: a rank, a name, or a part of one. task: or a protocol id.
    BenchError if no row, or more than one, is meant.
    """
    section = found_section(board, task)
    chosen = found_row(section, row)
    of = {run.record.run_id: run for run in with_seeds_joined(runs) if run.record.task == section.task}
    blocks: list[Block] = [Title(clean(section.task), full_name(chosen), level=1)]
    for title, lines in _parts(board, section, chosen, of, comparer):
        blocks += part(title, lines)
    return blocks


def _parts(
    board: Board, section: Section, row: Row, runs: dict[str, Run], comparer: Comparer
) -> Iterable[tuple[str, Iterable[Line]]]:
    """Each part's title and lines; one without lines is left out."""
    run, metric = runs[row.run_id], section.metric
    yield say("Record"), _records(run)
    yield say("Rows"), _rows(run)
    if row.score is None:
        yield say("Score"), [say("Undefined: there is nothing to divide by.")]
    else:
        for member in run.members:
            yield _score_of(member, run), _score(member, metric, comparer)
        if run.seeds:
            scores = " + ".join(f"{score:.4f}" for score in row.seeds if score is not None)
            yield say("Mean of the seeds"), [f"({scores}) / {len(row.seeds)} = {row.score:.4f}"]
        yield say("Interval"), interval_lines(run, metric, row.interval, comparer)
    if row.is_base:
        yield say("Test against the base"), [say("This is the base that the others are compared with.")]
    elif row.against_base is not None and (base := base_of(run, list(runs.values()))) is not None:
        title = say("Test against the base, {base}", base=_asked(base))
        yield title, test_lines(row.against_base, run, base, metric, comparer)
        yield say("Holm's correction"), holm_lines(board, section, row)
    yield say("Test against the best floor row"), _floor(section, row, runs, comparer)
    yield say("Rank"), _rank(section, row, runs, comparer)
    yield say("Training rows among the test rows"), _exposure(run)
    yield say("Cost"), cost_lines(row)
    if to_people := run.record.diagnostics.abstention:
        card = None if board.prices is None else board.prices.card
        yield (
            say("Ask a person where it is unsure"),
            [abstention_grid(to_people, card, INDENT), *abstention_notes(card)],
        )
    yield say("Warnings"), (clean(spoken(note.text)) for note in row.notes)


def _asked(run: Run) -> str:
    protocol = run.record.protocol
    return f"{clean(run.record.model.name)}, {protocol.variant}"


def _score_of(member: Run, run: Run) -> str:
    if not run.seeds:
        return say("Score")
    trained = member.record.model.training_seed
    return say("Score under seed {seed}", seed=member.record.seed if trained is None else trained)


def _records(run: Run) -> Iterable[str]:
    for member in run.members:
        record = member.record
        yield say("{path}, and outcomes.json beside it", path=clean(member.path))
        yield say(
            "run {run} of suite {suite}, made {created}", run=clean(record.run_id), suite=clean(record.suite),
            created=clean(record.created),
        )  # fmt: skip
        if (measured := record.provenance.measured) is not None:
            yield say("a copy from the cache: fitted and measured {created}", created=clean(measured))


def _rows(run: Run) -> Iterable[str]:
    protocol, outcomes = run.record.protocol, run.outcomes
    yield say(
        "{n:,} rows of split {split} of {protocol}, digest of their ids {digest}", n=len(outcomes.ids),
        split=clean(protocol.split), protocol=clean(protocol.id), digest=clean(protocol.rows_digest),
    )  # fmt: skip
    yield from _cut(run)
    if not outcomes.clusters:
        yield say("No two of them are known to share a document.")
        return
    sizes = np.unique(outcomes.clusters, return_counts=True)[1]
    yield say(
        "They belong to {g:,} documents or texts (clusters), at most {most:,} rows to one.", g=len(sizes),
        most=int(sizes.max()),
    )  # fmt: skip


def _cut(run: Run) -> Iterable[str]:
    """What was cut for its length or is empty, where anything was."""
    found = answering(run)
    if found.cut:
        yield spoken(cut_text(round(found.cut))) + "."
    if found.empty:
        chat = run.record.protocol.chat_template
        yield spoken(empty_text(round(found.empty), len(run.outcomes.ids), chat=chat)) + "."
    if found.skipped:
        yield spoken(skipped_text(round(found.skipped))) + "."
    if found.run_on:
        yield say("{share} of the answers reached the token limit", share=percent(found.run_on)) + "."


def _score(member: Run, metric: str, comparer: Comparer) -> Iterable[Line]:
    yield say("{metric}, from the counts of all rows together:", metric=metric_name(metric))
    yield from working(metric, comparer.counts(member, metric).sum(0), member.outcomes.labels)


def _floor(section: Section, row: Row, runs: dict[str, Run], comparer: Comparer) -> Iterable[str]:
    floors = [other for other in section.rows if other.kind == "floor" and other.rank is not None]
    if row.beats_floor is None or not floors:
        return
    test = comparer.test(runs[row.run_id], runs[floors[0].run_id], section.metric, floors[0].name)
    values = {"floor": full_name(floors[0]), "p": p_value(test.p)}
    if row.beats_floor:
        yield say("Better than {floor}, p {p}, which is not corrected.", **values)
    elif test.p is not None and test.p < ALPHA:
        yield say("Worse than {floor}, p {p}, which is not corrected.", **values)
    else:
        yield say("Not shown to differ from {floor}, p {p}, which is not corrected.", **values)


def _rank(section: Section, row: Row, runs: dict[str, Run], comparer: Comparer) -> Iterable[str]:
    ranked = [other for other in section.rows if other.rank is not None]
    if row.rank is None:
        if section.limit is None:
            yield say("It is not ranked; the reason is below.")
        else:
            yield say_n(
                "A run that was limited to {n:,} row is not ranked.",
                "A run that was limited to {n:,} rows is not ranked.",
                section.limit,
            )
        return

    def between(other: Row) -> str:
        return p_value(comparer.test(runs[other.run_id], runs[row.run_id], section.metric, row.name, times).p)

    shared, times = sum(other.rank == row.rank for other in ranked), max(1, len(ranked) - 1)
    if shared > 1:
        yield say(
            "Rank {rank} of {n} ranked rows, shared by {shared} rows.", rank=row.rank, n=len(ranked), shared=shared
        )
    else:
        yield say("Rank {rank} of {n} ranked rows, not shared.", rank=row.rank, n=len(ranked))
    leader = next(other for other in ranked if other.rank == row.rank)
    before = [other for other in ranked if other.rank is not None and other.rank < row.rank]
    if leader is not row:
        yield say(
            "The first of this rank is {leader}. This row does not differ from it: p {p} x {times} comparisons is not "
            "under {alpha}.", leader=full_name(leader), p=between(leader), times=times, alpha=ALPHA,
        )  # fmt: skip
    elif not before:
        yield say("It has the best score.")
    else:
        first = next(other for other in ranked if other.rank == before[-1].rank)
        yield say(
            "It differs from {first}, the first of rank {rank}: p {p} x {times} comparisons is under {alpha}.",
            first=full_name(first), rank=first.rank, p=between(first), times=times, alpha=ALPHA,
        )  # fmt: skip


def _exposure(run: Run) -> Iterable[str]:
    found = run.record.exposure
    if found is None:
        if run.record.model.trained_elsewhere:
            yield say("The adapter was trained elsewhere, and its training data are not declared.")
        elif run.record.model.kind == "tuned":
            yield say("Not checked.")
        if run.record.model.kind == "base":
            yield say("What it was trained on is not declared.")
        return
    for kind, count in found.counts.items():
        yield say(FOUND[kind], n=count)
    if found.compared is not None:
        yield say("Compared: {what}.", what=clean(_compared(found.compared)))
    if found.adapter is not None:
        sets = ", ".join(map(clean, found.adapter.sets)) or say("none that is known here")
        yield say("The adapter was trained elsewhere on {sets} (declared by the user).", sets=sets)
        yield from _unread(found.adapter)
    if found.base is None:
        if run.record.model.kind == "tuned":
            yield say("What its base was trained on is not declared.")
        return
    sets = ", ".join(map(clean, found.base.sets)) or say("none that is known here")
    source = say("declared by the user") if found.base.source is None else clean(found.base.source)
    yield say("Its base was trained on {sets} ({source}).", sets=sets, source=source)
    yield from _unread(found.base)


def _unread(declared: Declared) -> Iterable[str]:
    return (say("Not compared: {reason}.", reason=clean(reason)) for reason in declared.unread)


def _compared(how: Compared) -> str:
    if how.by == "ids":
        return say("row ids only ({why})", why=how.why or unknown_text())
    n, m = (unknown_text() if count is None else count for count in (how.training_rows, how.test_rows))
    if how.by == "hashes":
        return say("the hashes of {n} training rows with those of {m} test rows", n=n, m=m)
    return say("the texts of {n} training rows with those of {m} test rows", n=n, m=m)
