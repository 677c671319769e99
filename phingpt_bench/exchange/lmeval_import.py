"""One task of lm-eval's results as a run record: rows checked against the task, scores computed again.

What lm-eval does not write stays unknown: the cost, what the model was trained on, and how its weights were stored.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Environment
from phingpt_bench.core.protocol import Protocol
from phingpt_bench.core.provenance import Imported, Provenance
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.evaluate.answers import TOLERANCE, Answers, read_answers
from phingpt_bench.exchange.asked import asked_again
from phingpt_bench.exchange.imported import Found, run_id
from phingpt_bench.exchange.lmeval_folder import ResultsFile, samples_of
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import TaskFile, TaskFiles
from phingpt_bench.lmeval.templates import digest_of
from phingpt_bench.scoring import version
from phingpt_bench.scoring.metrics import score_all

_ADAPTERS = ("peft", "delta")  # model arguments that name an adapter
_QUANTISED = {"load_in_4bit": "4 bit", "load_in_8bit": "8 bit", "gptqmodel": "gptq", "autogptq": "gptq"}


def found_in(file: ResultsFile, task: str, files: TaskFiles, suite: str) -> Found:
    """The record of one task. BenchError if the task is not one of ours, or its samples do not fit its rows."""
    known = files.tasks.get(task)
    if known is None or known.dataset not in catalogue.names():
        raise BenchError("not a task with a protocol here", hint="'phingpt-bench tasks' lists these")
    path = file.samples(task)
    if not path.is_file():
        raise BenchError(
            "no samples beside the results, and scores without rows cannot be tested",
            hint="run lm_eval with --log_samples",
        )
    samples = sorted(samples_of(path), key=lambda sample: int(sample["doc_id"]))
    if not samples:
        raise BenchError("no rows", where=str(path))
    if any(isinstance(sample["filtered_resps"][0], str) == known.asked.chosen for sample in samples):
        chosen = sentence("the task compares labels, and its samples hold written answers")
        written = sentence("the task wants written answers, and its samples hold log-likelihoods")
        raise BenchError(chosen if known.asked.chosen else written, where=str(path))
    config = file.content["configs"][task]
    split = config.get("test_split") or config.get("validation_split") or "test"
    _check_rows(samples, known, str(split), path)
    passport = catalogue.dataset(known.dataset or "")
    answers = read_answers(passport, samples)
    scores = score_all(answers.outcomes)
    notes = [*_other_scores(scores, file.content["results"][task]), *_other_prompt(known, config, file.content)]
    record = asked_again(_record(file, task, known, answers, scores, suite), file.content, str(file.path))
    return Found(record=record, answers=answers, notes=tuple(notes))


def _check_rows(samples: Sequence[Mapping[str, Any]], task: TaskFile, split: str, path: Path) -> None:
    """BenchError for a sample whose row is not that of the task: another text, another gold, or a row twice."""
    passport = catalogue.dataset(task.dataset or "")
    splits = catalogue.load(passport.name)
    rows = {row["id"]: row for row in splits.get(split, splits["test"])}
    seen: set[str] = set()
    for sample in samples:
        doc, where = sample["doc"], f"{path}, doc_id {sample['doc_id']}"
        row = rows.get(doc.get("id")) if isinstance(doc, Mapping) else None
        if row is None:
            raise BenchError("this row is none of the task's", where=where, hint="was another split or dataset run?")
        if other := [name for name, value in row.items() if name in doc and doc[name] != value]:
            raise BenchError(
                "another {other} than that of row '{row}' here", where=where, other=other[0], row=row["id"]
            )
        if row["id"] in seen:
            raise BenchError("row '{row}' is there twice", where=where, row=row["id"])
        seen.add(row["id"])


def _record(
    file: ResultsFile, task: str, known: TaskFile, answers: Answers, scores: dict[str, float | None], suite: str
) -> RunRecord:
    content, config = file.content, file.content["config"]
    passport, outcomes = catalogue.dataset(known.dataset or ""), answers.outcomes
    counted = content.get("n-samples", {}).get(task, {})
    whole = counted.get("original") or len(outcomes.ids)
    return RunRecord(
        run_id=run_id(file.digest, task),
        created=_time(content.get("date")),
        suite=suite,
        task=task,
        task_version=str(content.get("versions", {}).get(task, known.version)),
        form_of=known.asked.form_of,
        model=model_of(config, content.get("lm_eval_version")),
        protocol=Protocol(
            id=passport.protocol,
            dataset=passport.title,
            split=str(content["configs"][task].get("test_split") or "test"),
            rows_digest=digest(outcomes.ids),
            n=len(outcomes.ids),
            shots=_whole(content.get("n-shot", {}).get(task)),
            chat_template=bool(content.get("chat_template")),
            prompt_digest=answers.prompt_digest,
            extraction=known.asked.extraction,
            metric=passport.metric,
            kind=passport.kind,
            synthetic=passport.synthetic,
        ),
        limit=len(outcomes.ids) if len(outcomes.ids) < whole else None,
        seed=_whole(config.get("random_seed")),
        scores=scores,
        diagnostics=answers.diagnostics,
        evaluation=Ledger(seconds={}),
        provenance=Provenance(
            environment=Environment(packages=_packages(content)),
            scoring=version.VERSION,
            imported=Imported(
                source="lm-eval", version=content.get("lm_eval_version"), file=file.path.name, digest=file.digest
            ),
        ),
    )


def model_of(config: Mapping[str, Any], harness: str | None) -> Model:
    """The model, from lm-eval's `config`. Of a local folder only the last part of the path is kept."""
    arguments = _arguments(config.get("model_args"))
    named = next((arguments[key] for key in ("pretrained", "model", "path", "engine") if arguments.get(key)), None)
    adapter = next((str(arguments[key]) for key in _ADAPTERS if arguments.get(key)), None)
    base = _shown(str(named or config.get("model") or "unknown"))
    revision = config.get("model_sha") or (arguments.get("revision") if arguments.get("revision") != "main" else None)
    dtype = str(config.get("model_dtype") or arguments.get("dtype") or "").removeprefix("torch.")
    parameters = config.get("model_num_parameters")
    return Model(
        name=base.rsplit("/", 1)[-1],
        kind="base" if adapter is None else "tuned",
        base=base,
        base_revision=str(revision) if revision else None,
        quantisation=next((name for key, name in _QUANTISED.items() if arguments.get(key) not in (None, False)), None),
        compute_dtype=dtype if dtype not in ("", "auto") else None,
        engine=f"lm-eval {config.get('model')}",
        engine_version=harness,
        adapter=None if adapter is None else _shown(adapter).rsplit("/", 1)[-1],
        adapter_digest=config.get("peft_sha") or config.get("delta_sha") or None,
        # of a model with an adapter lm-eval counts both together
        parameters=parameters if isinstance(parameters, int) and adapter is None and parameters > 0 else None,
    )


def _arguments(given: object) -> dict[str, object]:
    """The model arguments: an object, or "a=b,c=d" as older versions wrote them."""
    if isinstance(given, Mapping):
        return dict(given)
    pairs = [part.partition("=") for part in str(given or "").split(",")]
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def _shown(name: str) -> str:
    """A Hub id unchanged; of a path only the last folder, since records hold no local paths."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..", "~")]
    is_id = len(parts) == 2 and name == "/".join(parts) and not Path(name).exists()
    return name if is_id else (parts[-1] if parts else name)


def _time(date: object) -> str:
    seconds = float(date) if isinstance(date, int | float) else 0.0
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds")


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _packages(content: Mapping[str, Any]) -> dict[str, str | None]:
    named = {"lm_eval": content.get("lm_eval_version"), "transformers": content.get("transformers_version")}
    return {name: str(known) for name, known in named.items() if known}


def _other_scores(scores: Mapping[str, float | None], theirs: Mapping[str, Any]) -> list[str]:
    """Where lm-eval's score is not the one that its samples give."""
    found: list[str] = []
    for name, ours in scores.items():
        value = theirs.get(f"{name},none")
        if not isinstance(value, int | float):
            continue
        same = math.isnan(value) if ours is None else abs(value - ours) <= TOLERANCE
        if not same:
            found.append(
                sentence(
                    "{name} is {value:.4f} in the results file, and its samples give {ours}",
                    name=name,
                    value=value,
                    ours=ours,
                )
            )
    return found


def _other_prompt(task: TaskFile, config: Mapping[str, Any], content: Mapping[str, Any]) -> list[str]:
    """Whether the prompt differs from that of the task file here."""
    found: list[str] = []
    if manager.config_digest(SimpleNamespace(**{**_KEYS, **config})) != digest_of(task):
        asked = content.get("versions", {}).get(task.name)
        found.append(
            sentence(
                "asked with another prompt (version {asked}) than the task has here (version {version})",
                asked=asked,
                version=task.version,
            )
        )
    if content.get("system_instruction"):
        found.append(sentence("asked with a system instruction"))
    return found


# of lm-eval's configuration, with its defaults
_KEYS: dict[str, object] = {
    **dict.fromkeys(("doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix", "generation_kwargs")),
    "target_delimiter": " ", "fewshot_delimiter": "\n\n", "description": "",
}  # fmt: skip
