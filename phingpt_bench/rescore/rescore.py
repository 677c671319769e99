"""From a file of answers to a report: read it, find its target, match its rows, score them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import RECORD, SAMPLES, RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.clusters import clusters_of
from phingpt_bench.rescore import case as cases
from phingpt_bench.rescore import judge, lm_eval_samples, notes, recorded, target
from phingpt_bench.rescore.case import Case, Problem
from phingpt_bench.rescore.columns import NONE, find_columns
from phingpt_bench.rescore.details import details
from phingpt_bench.rescore.match import DUPLICATES
from phingpt_bench.rescore.options import Reading
from phingpt_bench.rescore.table import Table, read_table
from phingpt_bench.rescore.target import Target
from phingpt_bench.rescore.values import OURS, Report, Scored
from phingpt_bench.rivals import SCORERS
from phingpt_bench.scoring.answered import outcomes_of
from phingpt_bench.scoring.reading import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to score. Of `task`, `labels` and `entity_types` one is given; none for our samples next to their record.

    file: the answers, or a table that was made without a file.

    columns: names by role ("answer", "gold", "id", "text"), None to guess, "none" for no such column. A gold column
    that is given by name makes the rows of the file the rows to score; else those of the task are. duplicates: what
    to do where rows answer one question differently. encoding: of the file's text, None for UTF-8.
    """

    file: Path | Table
    task: str | None = None
    labels: str | None = None
    entity_types: str | None = None
    scorers: tuple[str, ...] = ()
    columns: dict[str, str | None]
    answer_format: str | None = None
    answered_only: bool = False
    duplicates: str = "error"
    reading: Reading = field(default_factory=Reading)
    encoding: str | None = None


def rescore(request: Request) -> Report:
    """Score the file. BenchError for any mistake in it or in the request; no file is written."""
    judge.check_names(request.scorers)
    if request.duplicates not in DUPLICATES:
        raise BenchError("--duplicates is one of {names}", names=", ".join(DUPLICATES))
    asked, record = request.file, None
    table = asked if isinstance(asked, Table) else read_table(_file(asked), request.encoding)
    if not (request.labels or request.entity_types or isinstance(asked, Table)):
        record = recorded.record_of(table)
    if record is not None and request.task not in (None, record.task):
        record = None
    given = request.columns
    if lm_eval_samples.are_samples(table):
        table = lm_eval_samples.flattened(table)
        if given.get("answer") is None:  # known, whatever the columns of the docs are named like
            given = {**given, "answer": "answer" if "answer" in table.columns else NONE}
    aim = _target(request, record, table)
    scorers = judge.chosen(request.scorers, aim.kind)
    problem = Problem(
        table=table, columns=find_columns(table, given), target=aim, rules=_rules(request, aim, record),
        duplicates=request.duplicates, repeats=request.reading.repeats,
    )  # fmt: skip
    case = _case(request, problem, record)
    if not case.docs:
        raise BenchError("no row is left to score", where=table.path)
    return _scored(problem, case, scorers, request.scorers, record)


def _rules(request: Request, aim: Target, record: RunRecord | None) -> Rules:
    """How the answers are read: as the user says, and of a run of ours with its mark and in the words of its prompt."""
    rules = request.reading.rules(aim)
    if record is not None and record.protocol.thinking_end is not None and not rules.reasoning_marks:
        rules = replace(rules, reasoning_marks=(("", record.protocol.thinking_end),))
    prompt = None if record is None else record.protocol.prompt
    if prompt is None or rules.codes or aim.kind != "labels":
        return rules
    names = {name.casefold(): name for name in aim.names}
    pairs = ((said, names.get(label.casefold())) for label, said in prompt.answers.items())
    return replace(rules, codes=tuple((said, label) for said, label in pairs if label is not None and said != label))


def _file(path: Path) -> Path:
    """The file; of a run's folder its samples. BenchError for such a folder without them."""
    folder = Path(path)
    samples = folder / SAMPLES
    if samples.is_file():
        return samples
    if (folder / RECORD).is_file():
        raise BenchError(
            "this run's {file} is not there",
            where=str(folder),
            hint="raw answers stay on the machine that made them; `phingpt-bench evaluate` re-creates them",
            file=SAMPLES,
        )
    return folder


def _target(request: Request, record: RunRecord | None, table: Table) -> Target:
    if sum(x is not None for x in (request.task, request.labels, request.entity_types)) > 1:
        raise BenchError(
            "--task, --labels and --entity-types exclude each other",
            hint="--task knows its labels; the others are for a file with its own",
        )
    if request.labels is not None:
        if request.answer_format is not None:
            raise BenchError("--answer-format is for entities, and --labels asks for labels")
        return target.of_labels(request.labels)
    if request.entity_types is not None:
        return target.of_types(request.entity_types, request.answer_format)
    task = request.task or (record.task if record else lm_eval_samples.task_in_name(table.path))
    if task is None:
        raise BenchError(
            "cannot tell which task these answers belong to",
            where=table.path,
            hint="--task NAME (phingpt-bench tasks lists them), --labels a,b,c or --entity-types PER,ORG",
        )
    return target.of_task(task, request.answer_format)


def _case(request: Request, problem: Problem, record: RunRecord | None) -> Case:
    aim, columns, table = problem.target, problem.columns, problem.table
    own = aim.dataset is None or request.columns.get("gold") not in (None, "none")
    if record is not None and aim.kind != "spans" and not aim.questions and recorded.complete(table, record):
        own = True  # the record's digest says that these are its rows: no need of the dataset
    if own:
        if request.answered_only:
            raise BenchError("--answered-only is for the rows of a task, and these are the rows of the file")
        return cases.from_file(problem)
    if "id" not in columns and "text" not in columns:
        raise BenchError(
            "no column looks like a column of ids or texts, so rows cannot be matched with the task's",
            where=table.path,
            hint="--id-column or --text-column NAME; or --gold-column NAME scores the file as it is",
        )
    docs = aim.docs()
    if record is not None and record.limit is not None:
        docs = docs[: record.protocol.n]  # the first ones
    return cases.from_task(problem, docs, answered_only=request.answered_only)


def _scored(
    problem: Problem, case: Case, scorers: list[str], asked: tuple[str, ...], record: RunRecord | None
) -> Report:
    table, aim = problem.table, problem.target
    rows = judge.read(case, aim)
    outcomes = outcomes_of(aim.kind, aim.names, [doc["id"] for doc in case.docs], rows, clusters_of(case.docs))
    mine = judge.ours(outcomes, catalogue.dataset(aim.dataset).metric if aim.dataset else None)
    readings = judge.readings(case, aim, rows) if set(scorers) - {OURS} else []
    scored: list[Scored] = []
    unfit: dict[str, str] = {}
    for name in scorers:
        if name == OURS:
            scored.append(mine)
            continue
        try:
            if case.likelihoods is not None:
                raise BenchError("the file holds log-likelihoods, and it reads written answers")
            scored.append(judge.rival(SCORERS[name], case, aim, table, readings, outcomes.clusters))
        except BenchError as err:
            if name in asked:
                raise BenchError(
                    sentence("scorer '{name}' cannot score these answers: {message}", name=name, message=err.message),
                    where=err.where,
                    hint=err.hint,
                ) from None
            unfit[name] = err.message
    changes = None
    if record is not None:
        now = {name: value.score for name, value in mine.values.items()}
        changes = recorded.compare(table, record, aim, now, rows, case.rows, written=case.likelihoods is None)
    report = Report(
        table=table, columns=problem.columns, target=aim, repeats=problem.repeats, case=case, scored=scored,
        details=details(case, aim, rows, outcomes), unfit=unfit, resamples=judge.resamples(len(case.docs)),
        recorded=changes,
    )  # fmt: skip
    report.notes.extend(notes.notes(report, rows))
    return report
