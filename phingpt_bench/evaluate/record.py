"""The files of one run: samples.jsonl, outcomes.json and, last of all, run.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from phingpt_bench.core import jsonio
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.exposure import Exposure
from phingpt_bench.core.fingerprint import bytes_digest, digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import command, environment
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.provenance import Provenance, now_text
from phingpt_bench.core.records import OUTCOMES, RECORD, SAMPLES, Model, RunRecord, to_dict
from phingpt_bench.evaluate.answers import Answers
from phingpt_bench.evaluate.steps import Step, limited
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.scoring import version


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Who answered, and what is known about it besides its answers."""

    model: Model
    evaluation: Ledger
    diagnostics: Diagnostics
    training: Ledger | None = None
    exposure: Exposure | None = None
    paraphrases: Paraphrased | None = None


def protocol(task: TaskFacts, step: Step, answers: Answers) -> Protocol:
    """The protocol of a run; `n` and the digests are of what was actually answered."""
    return Protocol(
        id=task.dataset.protocol,
        dataset=task.dataset.title,
        split=task.split,
        rows_digest=digest(answers.outcomes.ids),
        n=len(answers.outcomes.ids),
        shots=step.variant.shots,
        chat_template=step.variant.chat_template,
        block=step.variant.block,
        prompt_digest=answers.prompt_digest,
        extraction=task.extraction,
        metric=task.metric,
        kind=task.dataset.kind,
        synthetic=task.dataset.synthetic,
        prompt=task.prompt,
        thinking=step.variant.thinking,
        thinking_end=step.variant.mark(task.extraction),
    )


def record(
    suite: Suite, step: Step, task: TaskFacts, answers: Answers, scores: dict[str, float | None], by: Answerer
) -> RunRecord:
    """The record of one run, with the current time."""
    now = now_text("milliseconds")
    fingerprint = None if step.fingerprint is None else asdict(step.fingerprint)
    machine = None if by.evaluation.machine is None else asdict(by.evaluation.machine)
    return RunRecord(
        run_id=digest([now, fingerprint, machine]),
        created=now,
        suite=suite.name,
        tags=list(suite.tags),
        task=task.name,
        task_version=task.version,
        form_of=task.form_of,
        model=by.model,
        protocol=protocol(task, step, answers),
        limit=limited(suite, task),
        seed=suite.seed,
        scores=scores,
        diagnostics=by.diagnostics,
        evaluation=by.evaluation,
        training=by.training,
        exposure=by.exposure,
        paraphrases=by.paraphrases,
        provenance=Provenance(
            environment=environment(), scoring=version.VERSION, fingerprint=step.fingerprint, command=command()
        ),
    )


def files(answers: Answers, run: RunRecord) -> dict[str, bytes]:
    """The three files by name, run.json last: it holds the digests of the other two."""
    made = {
        SAMPLES: jsonio.jsonl_text(answers.lines).encode(),
        OUTCOMES: jsonio.columns_text(to_dict(answers.outcomes)).encode(),
    }
    digests = {name: bytes_digest(made[name]) for name in (OUTCOMES, SAMPLES)}
    run = replace(run, provenance=replace(run.provenance, files=digests))
    return {**made, RECORD: jsonio.json_text(to_dict(run)).encode()}


def write(folder: Path, made: Mapping[str, bytes]) -> None:
    """Write the three files. run.json is deleted first and written last: a folder without it is unfinished."""
    (folder / RECORD).unlink(missing_ok=True)
    for name in (SAMPLES, OUTCOMES, RECORD):
        jsonio.write_bytes(folder / name, made[name])
