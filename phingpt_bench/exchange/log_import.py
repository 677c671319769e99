"""A log of Inspect or a scenario state of HELM as a run record of a task: rows matched, answers read by our rules.

The prompts are those programs' own, and the engine is theirs, so a record is not ranked with ours. What the log
does not say (cost, training data, numerics) stays unknown.
"""

from __future__ import annotations

import datetime
import json
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest, file_digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.provenance import Imported, Provenance
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.data import catalogue
from phingpt_bench.data.clusters import clusters_of
from phingpt_bench.evaluate.answers import Answers, Line
from phingpt_bench.evaluate.served import GEN
from phingpt_bench.exchange.imported import Found, run_id
from phingpt_bench.lmeval.taskfiles import TaskFiles
from phingpt_bench.rescore import case as cases
from phingpt_bench.rescore import judge, target
from phingpt_bench.rescore.case import Case, Problem
from phingpt_bench.rescore.columns import find_columns
from phingpt_bench.rescore.logs import inspect_ai
from phingpt_bench.rescore.options import Reading
from phingpt_bench.rescore.table import Table, read_table
from phingpt_bench.scoring import version
from phingpt_bench.scoring.answered import Answered, outcomes_of
from phingpt_bench.scoring.metrics import score_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a log says about its run, without the answers.

    model: as the program names it, often with its host in front.
    """

    source: str
    version: str | None
    model: str
    created: str
    shots: int = 0
    chat: bool = False


def log_of(path: Path) -> Log | None:
    """The head of a log; None for any other file. BenchError if a JSON file cannot be read."""
    if path.suffix == ".eval":
        return _inspect(_archived(path))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    if "request_states" in content and isinstance(content.get("adapter_spec"), dict):
        return _helm(path, content["adapter_spec"])
    return _inspect(content) if inspect_ai.of_object(content) is not None else None


def _inspect(content: Mapping[str, Any]) -> Log | None:
    head = content.get("eval")
    if not isinstance(head, Mapping) or not head.get("model"):
        return None
    packages = head.get("packages")
    known = packages.get("inspect_ai") if isinstance(packages, Mapping) else None
    return Log(
        source="inspect", version=known, model=str(head["model"]), created=str(head.get("created") or ""), chat=True
    )  # fmt: skip


def _archived(path: Path) -> Mapping[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            inspect_ai.check_size(archive, str(path))
            content = json.loads(archive.read("header.json"))
            return content if isinstance(content, dict) else {}
    except (KeyError, *inspect_ai.DAMAGED) as err:
        raise BenchError(
            "not readable as an .eval log of Inspect ({reason})",
            where=str(path),
            hint="'inspect log convert FILE --to json --output-dir DIR' writes it as JSON",
            reason=err,
        ) from None


def _helm(path: Path, adapter: Mapping[str, Any]) -> Log:
    written = datetime.datetime.fromtimestamp(path.stat().st_mtime, datetime.timezone.utc)
    shots = adapter.get("max_train_instances")
    return Log(
        source="helm", version=None, model=str(adapter.get("model_deployment") or adapter.get("model") or "unknown"),
        created=written.isoformat(timespec="milliseconds"), shots=shots if isinstance(shots, int) and shots > 0 else 0,
    )  # fmt: skip


def found_in(path: Path, log: Log, task: str | None, files: TaskFiles, suite: str) -> Found:
    """The record of a log's answers to a task. BenchError if no task is named, or no row is the task's."""
    if task is None:
        raise BenchError(
            "a log of {source} does not say which task of ours its rows belong to",
            where=str(path),
            hint="--task NAME; 'phingpt-bench tasks' lists them",
            source=log.source,
        )
    name = written_form(task, files)
    aim, table = target.of_task(name), read_table(path)
    problem = Problem(
        table=table, columns=find_columns(table, {}), target=aim, rules=Reading().rules(aim), repeats="first"
    )
    case = cases.from_task(problem, aim.docs(), answered_only=True)
    if not case.docs:
        raise BenchError("no row of the task is answered", where=str(path))
    rows = judge.read(case, aim)
    outcomes = outcomes_of(aim.kind, aim.names, [doc["id"] for doc in case.docs], rows, clusters_of(case.docs))
    asked = [str(table.columns.get("text", [None] * len(table))[row]) for row in case.rows if row is not None]
    answers = Answers(
        outcomes=outcomes, lines=_lines(case, rows), prompt_digest=digest([log.source, asked]),
        diagnostics=_diagnostics(outcomes, rows),
    )  # fmt: skip
    record = _record(path, log, name, files, answers, case, suite)
    return Found(record=record, answers=answers, notes=tuple(_notes(case, table)))


def written_form(task: str, files: TaskFiles) -> str:
    """The generation variant of a task that compares labels; BenchError as `target.of_task`."""
    target.of_task(task)  # says what is wrong with a name
    known = files.tasks.get(task)
    if known is None:
        raise BenchError("'{task}' is a dataset or a protocol", hint="--task takes the name of a task", task=task)
    if not known.asked.chosen:
        return task
    form = task + GEN
    if form not in files.tasks:
        raise BenchError(
            "task '{task}' compares labels, and there is no task '{form}' that asks the same in writing",
            task=task,
            form=form,
        )
    return form


def _lines(case: Case, rows: list[Answered]) -> list[Line]:
    found: list[Line] = []
    for at, (doc, row) in enumerate(zip(case.docs, rows, strict=True)):
        parsed = [list(span) for span in row.parsed.spans] if "entities" in doc else row.parsed
        gold = doc.get("label", doc.get("score", doc.get("entities")))
        problems = [row.reason] if row.reason else []
        line = {"doc_id": at, "id": doc["id"], "answer": case.answers[at], "parsed": parsed}
        found.append({**line, "gold": gold, "problems": problems})
    return found


def _diagnostics(outcomes: Outcomes, rows: list[Answered]) -> Diagnostics:
    reasons = Counter(row.reason for row in rows if row.reason)
    return Diagnostics(invalid=sum(map(bool, outcomes.invalid)), reasons=dict(reasons) or None)


def _record(
    path: Path, log: Log, task: str, files: TaskFiles, answers: Answers, case: Case, suite: str
) -> RunRecord:  # fmt: skip
    known, outcomes, source = files.tasks[task], answers.outcomes, file_digest(path)
    passport = catalogue.dataset(known.dataset or "")
    return RunRecord(
        run_id=run_id(source, task),
        created=log.created or "1970-01-01T00:00:00.000+00:00",
        suite=suite,
        task=task,
        task_version=known.version,
        form_of=known.asked.form_of,
        model=Model(
            name=log.model.rstrip("/").rsplit("/", 1)[-1] or "unknown", kind="base", base=log.model, engine=log.source,
            engine_version=log.version,
        ),
        protocol=Protocol(
            id=passport.protocol,
            dataset=passport.title,
            split="test",
            rows_digest=digest(outcomes.ids),
            n=len(outcomes.ids),
            shots=log.shots,
            chat_template=log.chat,
            prompt_digest=answers.prompt_digest,
            extraction=known.asked.extraction,
            metric=passport.metric,
            kind=passport.kind,
            synthetic=passport.synthetic,
        ),
        limit=len(outcomes.ids) if case.left_out else None,
        seed=0,
        scores=score_all(outcomes),
        diagnostics=answers.diagnostics,
        evaluation=Ledger(seconds={}),
        provenance=Provenance(
            scoring=version.VERSION,
            imported=Imported(source=log.source, version=log.version, file=path.name, digest=source),
        ),
    )  # fmt: skip


def _notes(case: Case, table: Table) -> list[str]:
    found: list[str] = [sentence("asked with the program's own prompts")]
    matching = case.matching
    if case.left_out:
        found.append(
            sentence_n(
                "the log has no answer to {n:,} row of the task, so the run counts as limited",
                "the log has no answer to {n:,} rows of the task, so the run counts as limited",
                case.left_out,
            )
        )
    if matching.unmatched:
        found.append(
            sentence_n(
                "{n:,} of the log's {all:,} rows does not belong to the task",
                "{n:,} of the log's {all:,} rows do not belong to the task",
                len(matching.unmatched),
                all=len(table),
            )
        )
    if case.disputed:
        found.append(
            sentence_n(
                "{n:,} row has another gold answer in the log; the task's is used",
                "{n:,} rows have other gold answers in the log; the task's are used",
                len(case.disputed),
            )
        )
    if case.repeats > 1:
        found.append(sentence("the first of up to {n} answers to a row counts", n=case.repeats))
    return found
