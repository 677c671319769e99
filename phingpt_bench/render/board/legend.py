"""What the marks and numbers of a board mean, in plain words, for what the board holds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from phingpt_bench.board.published.values import EVIDENCE
from phingpt_bench.board.row import Row
from phingpt_bench.board.values import Board
from phingpt_bench.core.exposure import EXPOSED
from phingpt_bench.core.sentences import sentence
from phingpt_bench.render.board.cost_text import cost_entries
from phingpt_bench.render.board.published_text import evidence_text
from phingpt_bench.render.measures import higher_is_better, method_text, metric_name, prices
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import say, say_n, spoken
from phingpt_bench.text.numbers import unknown_text

_FILE = re.compile(r"\((Q\d\w*) of ")  # of a base whose weights come from a quantised file (models/embedded.py)
REASONS = {  # why a difference was not tested, where the words in the table do not say enough
    "other prompts": sentence("other prompts (the task was changed between the runs)"),
    "other kernels": sentence("other kernels (4-bit weights dequantised once in one of the runs)"),
    "other rows": sentence("other rows (of the dataset)"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A mark or a column's head, and what it means."""

    mark: str  # as the tables show it, in the language in force
    text: str
    column: str | None = None  # the name of its column, if it belongs to one only
    name: str | None = None  # what it is about, where another display has a mark of its own for it


def entries(board: Board, columns: Collection[str] | None = None) -> list[Entry]:
    """What the marks and numbers mean, for what the board holds, and for the `columns` that are drawn (None: all)."""
    rows = [row for section in (*board.sections, *board.limited) for row in section.rows]
    found = [*_scores(board, rows), *_training_rows(rows), *_costs(board, rows), *_rest(board)]
    return [entry for entry in found if columns is None or entry.column is None or entry.column in columns]


def _scores(board: Board, rows: list[Row]) -> list[Entry]:
    found = []
    intervals = [row.interval for row in rows if row.interval is not None]
    if intervals:
        levels = ", ".join(sorted({f"{100 * interval.level:g}%" for interval in intervals}))
        text = say("{level} interval over the test rows ({methods})", level=levels, methods=_methods(intervals))
        found.append(Entry("[..]", text))
    if any(row.tied for row in rows):
        found.append(Entry("1=", say("shared rank: not significantly different from the best of them (p >= 0.05)")))
    if tests := [row.against_base for row in rows if row.against_base is not None and row.against_base.method]:
        found.append(Entry(say("vs base"), say(
            "minus the base with the same weights, quantisation and prompts; for a base row, minus its 0-shot row"
        )))  # fmt: skip
        found.append(Entry("*", say(
            "p < 0.05, paired test on the same rows ({methods}), after Holm's correction over all tasks of the model, "
            "shown or not; a gain has to be more than one label for all rows, too",
            methods=_methods(tests),
        )))  # fmt: skip
    reasons = {row.against_base.reason for row in rows if row.against_base is not None and row.against_base.reason}
    if reasons:
        found.append(
            Entry(say("no test"), "; ".join(spoken(REASONS.get(reason, reason)) for reason in sorted(reasons)))
        )
    if any(row.beats_floor is False for row in rows):
        found.append(Entry("!", say(
            "not shown to be better (p < 0.05) than the best floor row, which does not mean worse; floors are fitted "
            "on the training rows of the task, which a base and some adapters never saw"
        )))  # fmt: skip
    if any(row.label_prior is not None for row in rows):
        found.append(Entry(say("label prior"), say(
            "what batch calibration gives the base without any labels; what is left of the gain is the "
            "adapter's"
        )))  # fmt: skip
    if any(row.calibration for row in rows):
        found.append(Entry(say("calibrated"), say(
            "label probabilities divided by what the prompt makes probable whatever the text says; no label is used "
            "(batch: their mean over the test rows, Zhou et al. 2023; without text: their mean for prompts without "
            "content, Zhao et al. 2021)"
        )))  # fmt: skip
    if any(row.kind == "floor" for row in rows):
        text = say("a cheap method without a language model, the baseline that a model must beat")
        found.append(Entry(say("floor"), text))
    if any(row.scores.get("flip_rate") is not None for row in rows):
        found.append(Entry(say("flips"), say(
            "rows of one pole (positive, hawkish) taken for the opposite one, of all rows that have a pole"
        ), "flips", "flips"))  # fmt: skip
    if any(row.scores.get("ece") is not None for row in rows):
        found.append(
            Entry(say("ECE"), say("expected calibration error of the label probabilities (15 bins)"), "ece", "ece")
        )
    lower = sorted({section.metric for section in board.sections if not higher_is_better(section.metric)})
    found += [Entry(metric_name(metric), say("lower is better")) for metric in lower]
    found.append(Entry(unknown_text(), say("not measured or not published, never zero; - does not apply")))
    return found


def _methods(tested: Iterable[Any]) -> str:
    return "; ".join(sorted({method_text(part.method) for part in tested}))


def _training_rows(rows: list[Row]) -> list[Entry]:
    found = []
    if any(row.exposed for row in rows):
        found.append(Entry("x", say(
            "not ranked: more than {share} of the test rows were in its training: the score says what was remembered",
            share=f"{EXPOSED:.0%}",
        )))  # fmt: skip
    if any(row.kind == "tuned" and not row.seeds for row in rows):
        text = say(
            "a tuned row without seeds is one training: its interval and tests are of this training, and another one "
            "of the same recipe may differ by more"
        )
        found.append(Entry(say("tuned"), text))
    files = {row.name: (match[1], row.quantisation) for row in rows if (match := _FILE.search(row.base or ""))}
    for name, (file, quantisation) in files.items():
        if quantisation is not None:
            text = say(
                "the weights of {model} are those of a {file} file, quantised a second time; what that costs against "
                "the published weights is not known", model=clean(name), file=file,
            )  # fmt: skip
            found.append(Entry(quantisation, text))
    head = say("exposure")
    if any(row.base_unknown for row in rows):
        text = say("the training data of the base are not declared, so they were not checked for test rows; marked +?")
        found.append(Entry(say("unknown"), text))
    tuned = [row for row in rows if row.kind == "tuned"]
    if unchecked := sum(row.exposure is None for row in tuned):
        text = say(
            "training rows among the test rows: not checked for {k} of {n} tuned rows", k=unchecked, n=len(tuned)
        )
        found.append(Entry(head, text, name="exposure"))
    if partly := sum(row.partly_checked for row in rows):
        found.append(Entry(head, say(
            "training rows among the test rows: partly checked for {k} of {n} rows, marked ? (by row id or hash alone, "
            "or by an earlier version, which finds no changed copies)",
            k=partly, n=len(rows),
        ), name="exposure"))  # fmt: skip
    if any(row.exposure and any(row.exposure.values()) for row in rows):
        found.append(Entry(head, say(
            "share of the test rows of which a copy was in training: equal, changed, contained or translated"
        ), "exposure", "exposure"))  # fmt: skip
    elif tuned and not unchecked and not partly:
        text = say("training rows among the test rows: none found for any tuned row")
        found.append(Entry(head, text, name="exposure"))
    return found


def _costs(board: Board, rows: list[Row]) -> list[Entry]:
    found = []
    if any(row.kind == "tuned" and row.training is not None for row in rows):
        text = say("of the whole adapter, shared by all tasks it was trained on: not to be added up")
        found.append(Entry(say("training"), text, name="training"))
    if any(row.evaluation.seconds for row in rows):
        text = say("USD and time of evaluating 1,000 documents, without loading and probing the model")
        found.append(Entry(say("USD/1,000"), text, name="usd"))
    if any(row.frontier for row in rows):
        found.append(Entry("P", say(
            "on the Pareto front: no ranked row of the task costs less per 1,000 documents and scores at least as much"
        ), name="frontier"))  # fmt: skip
    ledgers = [ledger for row in rows for ledger in (row.training, row.evaluation) if ledger is not None]
    found += [Entry("USD", price) for price in prices(ledgers)]
    return found + [Entry(mark, text) for mark, text in cost_entries(board)]


def _rest(board: Board) -> list[Entry]:
    found = []
    if any(section.published for section in board.sections):
        found.append(Entry(say("published"), say(
            "not run here: no interval, test or rank; zero-shot models were not trained on the task's rows, where "
            "tuned rows mostly were; sources: --format markdown or json"
        ), name="published"))  # fmt: skip
        kinds = {row.evidence for section in board.sections for row in section.published}
        found += [
            Entry(evidence_text(kind), spoken(EVIDENCE[kind]))
            for kind in EVIDENCE
            if kind in kinds and kind != "primary"
        ]
    lines = ((say("older"), older_text(board)), (say("hidden"), hidden_text(board)))
    return found + [Entry(mark, text) for mark, text in lines if text]


def older_text(board: Board) -> str:
    """How many runs are replaced by newer ones; empty where none is."""
    return say_n(
        "{n} older run of the same rows is not shown: --history MODEL",
        "{n} older runs of the same rows are not shown: --history MODEL",
        board.older,
    ) if board.older else ""  # fmt: skip


def hidden_text(board: Board) -> str:
    """How many tasks the filters took away; empty where none is."""
    return say_n(
        "{n} more task is hidden by filters; Holm's correction counts it",
        "{n} more tasks are hidden by filters; Holm's correction counts them",
        board.hidden,
    ) if board.hidden else ""  # fmt: skip


def marks_text(board: Board, columns: Collection[str] | None = None) -> str:
    """The marks of a board in a line: those that its tables show, of these columns (None: all)."""
    rows = [row for section in (*board.sections, *board.limited) for row in section.rows]
    marks = (  # the mark, the column without which it is not there, whether a row has it, its meaning
        ("*", None, any(row.starred for row in rows), say("differs from its base (p < 0.05, corrected)")),
        ("!", None, any(row.beats_floor is False and not row.exposed for row in rows),
         say("not shown to be better than the best floor")),
        ("x", None, any(row.exposed for row in rows), say("not ranked: its training held test rows")),
        ("1=", "rank", any(row.tied for row in rows), say("shared rank")),
        ("P", "usd", any(row.frontier for row in rows), say("no better score at this cost or less")),
    )  # fmt: skip
    return "; ".join(
        f"{mark} {text}" for mark, column, there, text in marks if there and (not columns or column in (None, *columns))
    )
