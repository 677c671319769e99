"""Writes run records as the result files of lm-evaluation-harness.

`results_<time>.json` has scores and their standard errors; `samples_<task>_<time>.jsonl` is written where the samples
of the run and its dataset lie here. Costs, tests and exposure have no place in them: the records stay the source.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import JsonObject, write_json, write_jsonl
from phingpt_bench.core.records import SAMPLES, RunRecord, to_dict
from phingpt_bench.data import catalogue
from phingpt_bench.data.rows import Row
from phingpt_bench.exchange.asked import asked_of
from phingpt_bench.lmeval.taskfiles import TaskFiles, read_tasks
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import METRICS, metric_rows
from phingpt_bench.stats.score_interval import bootstrap_stderr


def write(runs: Sequence[Run], folder: Path) -> list[Path]:
    """Writes one results file per run, in one folder per model as lm-eval does; returns all files, samples included.

    Floors and checks are left out: no language model answered. BenchError if nothing is left.
    """
    files, written = read_tasks(), []
    models = [run for run in runs if run.kind in ("base", "tuned")]
    if not models:
        raise BenchError("no run of a model, only floors and checks", hint="lm-eval's files are of models")
    for run in models:
        place = folder / _folder(run.record)
        stamp = _stamp(run.record)
        results = place / f"results_{stamp}.json"
        write_json(results, _results(run, files))
        written.append(results)
        lines = _samples(run)
        if lines is not None:
            written.append(place / f"samples_{run.record.task}_{stamp}.jsonl")
            write_jsonl(written[-1], lines)
    return written


def _folder(record: RunRecord) -> str:
    return "__".join(filter(None, (record.model.base or record.model.name, record.model.adapter))).replace("/", "__")


def _stamp(record: RunRecord) -> str:
    """The time as lm-eval writes it, with the last digits of the run id, so that no two runs share a name."""
    try:
        time = datetime.datetime.fromisoformat(record.created.replace("Z", "+00:00"))
    except ValueError:
        time = datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
    unique = int(digest(record.run_id, 5), 16) % 1_000_000
    return time.replace(microsecond=unique, tzinfo=None).isoformat(timespec="microseconds").replace(":", "-")


def _results(run: Run, files: TaskFiles) -> dict[str, object]:
    record = run.record
    model, protocol, task = record.model, record.protocol, record.task
    arguments = {"pretrained": model.base or model.name, "peft": model.adapter, "dtype": model.compute_dtype}
    values: dict[str, object] = {"alias": task, "sample_len": protocol.n}
    for name, score in record.scores.items():
        values[f"{name},none"] = score
        rows = metric_rows(name, run.outcomes)
        error = None if rows is None else bootstrap_stderr(rows, METRICS[name].function)
        values[f"{name}_stderr,none"] = error if error is not None and error == error else "N/A"
    known = files.tasks.get(task)
    keys = {} if known is None else {key: value for key, value in known.config.items() if key != "include"}
    return {
        "results": {task: values},
        "group_subtasks": {},
        "configs": {task: {**keys, "num_fewshot": protocol.shots}},
        "versions": {task: record.task_version},
        "n-shot": {task: protocol.shots},
        "higher_is_better": {task: {name: METRICS[name].higher_is_better for name in record.scores}},
        "n-samples": {task: {"original": _whole(record), "effective": protocol.n}},
        "config": {
            "model": (model.engine or "phin").removeprefix("lm-eval "),
            "model_args": {key: value for key, value in arguments.items() if value},
            "model_num_parameters": model.parameters,
            "model_dtype": model.compute_dtype,
            "model_sha": model.base_revision or "",
            "peft_sha": model.adapter_digest,
            "limit": record.limit,
            "random_seed": record.seed,
        },
        "date": _seconds(record),
        "lm_eval_version": record.provenance.environment.packages.get("lm_eval"),
        "transformers_version": record.provenance.environment.packages.get("transformers"),
        "chat_template": "applied" if protocol.chat_template else None,
        "model_source": "phingpt-bench",
        "model_name": arguments["peft"] or arguments["pretrained"],
        "phingpt_bench": {
            "run_id": record.run_id, "protocol": protocol.id, "quantisation": model.quantisation,
            "usd": record.evaluation.usd, "asked": to_dict(asked_of(record)),
        },
    }  # fmt: skip


def _whole(record: RunRecord) -> int:
    """The rows of the task, for a limited run by its passport."""
    if record.limit is None:
        return record.protocol.n
    known = {passport.protocol: passport for passport in map(catalogue.dataset, catalogue.names())}
    passport = known.get(record.protocol.id)
    return record.protocol.n if passport is None else passport.rows.get("test", record.protocol.n)


def _seconds(record: RunRecord) -> float:
    try:
        return datetime.datetime.fromisoformat(record.created.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0


def _samples(run: Run) -> list[dict[str, object]] | None:
    """The samples in lm-eval's form; None if our own, or the rows of the dataset, are not on this machine."""
    path = run.path.with_name(SAMPLES)
    if not path.is_file():
        return None
    docs = _docs(run.record)
    if docs is None:
        return None
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    if any(line.get("id") not in docs or "prompt" not in line for line in lines):
        return None
    return [_sample(line, docs[line["id"]]) for line in lines]


def _docs(record: RunRecord) -> Mapping[str, dict[str, object]] | None:
    """The task's rows by id, as lm-eval passes them to the scoring."""
    known = read_tasks().tasks.get(record.task)
    if known is None or known.dataset not in catalogue.names():
        return None
    passport, form = catalogue.dataset(known.dataset or ""), known.asked.form
    try:
        rows = catalogue.load(passport.name)["test"]
    except BenchError:
        return None
    more: dict[str, object] = {"labels": list(passport.labels)} if passport.labels else {}
    if passport.kind == "spans":
        more["format"] = form
    return {row["id"]: {**row, **more} for row in rows}


def _sample(line: Mapping[str, Any], doc: Row) -> JsonObject:
    if "log_likelihoods" in line:
        prompts = line["prompt"] if isinstance(line["prompt"], list) else [line["prompt"]] * len(line["continuations"])
        asked = list(zip(prompts, line["continuations"], strict=True))
        values = [str(-float("inf") if value is None else value) for value in line["log_likelihoods"]]
        filtered: list[Any] = [[value, str(greedy)] for value, greedy in zip(values, line["greedy"], strict=True)]
        resps: list[Any] = [[pair] for pair in filtered]
        doc = {**doc, "gold": doc["labels"].index(doc["label"])}
    else:
        asked = [(line["prompt"], line["generation"])]
        filtered, resps = [line["answer"]], [[line["answer"]]]
    return {
        "doc_id": line["doc_id"], "doc": doc, "target": line["gold"],
        "arguments": {f"gen_args_{at}": {"arg_0": one, "arg_1": two} for at, (one, two) in enumerate(asked)},
        "resps": resps, "filtered_resps": filtered, "filter": "none", "metrics": [],
    }  # fmt: skip
