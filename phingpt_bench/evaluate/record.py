"""The files of one run: samples.jsonl, outcomes.json and, last of all, run.json."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from phingpt_bench.core import jsonio
from phingpt_bench.core.fingerprint import digest, environment
from phingpt_bench.core.records import Ledger, Model, Protocol, RunRecord, to_dict
from phingpt_bench.evaluate.answers import Answers
from phingpt_bench.evaluate.plan import FINGERPRINT, Step, limited
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.scoring import version

RECORD, OUTCOMES, SAMPLES = "run.json", "outcomes.json", "samples.jsonl"


def protocol(task: TaskFacts, step: Step, answers: Answers) -> Protocol:
    """The protocol of a run; `n` and the digests are those of what was really answered."""
    return Protocol(
        id=task.dataset.protocol,
        dataset=task.dataset.title,
        split=task.split,
        rows_digest=digest(answers.outcomes.ids),
        n=len(answers.outcomes.ids),
        shots=step.variant.shots,
        chat_template=step.variant.chat_template,
        prompt_digest=answers.prompt_digest,
        extraction=task.extraction,
        metric=task.metric,
        kind=task.dataset.kind,
    )


def record(
    suite: Suite,
    step: Step,
    task: TaskFacts,
    model: Model,
    answers: Answers,
    scores: dict[str, float | None],
    evaluation: Ledger,
    *,
    diagnostics: dict[str, Any],
    training: Ledger | None = None,
    exposure: dict[str, Any] | None = None,
) -> RunRecord:
    """The record of one run, as of now."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return RunRecord(
        run_id=digest([now, step.fingerprint, evaluation.machine]),
        created=now,
        suite=suite.name,
        task=task.name,
        task_version=task.version,
        model=model,
        protocol=protocol(task, step, answers),
        limit=limited(suite, task),
        seed=suite.seed,
        scores=scores,
        diagnostics={**answers.counts, **diagnostics},
        evaluation=evaluation,
        training=training,
        exposure=exposure,
        provenance={**environment(), FINGERPRINT: step.fingerprint, version.KEY: version.VERSION},
    )


def write(folder: Path, answers: Answers, run: RunRecord) -> None:
    """Write the three files. run.json goes first and comes last: a folder without it is an unfinished run."""
    (folder / RECORD).unlink(missing_ok=True)
    jsonio.write_jsonl(folder / SAMPLES, answers.lines)
    jsonio.write_columns(folder / OUTCOMES, to_dict(answers.outcomes))
    jsonio.write_json(folder / RECORD, to_dict(run))
