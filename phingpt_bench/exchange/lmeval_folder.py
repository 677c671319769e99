"""The result files of lm-evaluation-harness in a folder, with the samples that were written next to them.

lm-eval writes `<output_path>/<model>/results_<time>.json` and, with --log_samples, `samples_<task>_<time>.jsonl` for a
task; one folder may hold several models, tasks and times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.jsonio import JsonObject, read_json

ROUNDING = 0.01  # of a log-likelihood: that of a certain label may come out above 0 in 16 bits
_KEYS = {"results", "configs", "config"}


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """One file of results. digest: of its bytes."""

    path: Path
    content: Mapping[str, Any]
    digest: str

    @property
    def tasks(self) -> list[str]:
        """The tasks that were run, without groups."""
        return [name for name in self.content["configs"] if name in self.content["results"]]

    @property
    def stamp(self) -> str:
        """The time in the file name, the same as in the name of its samples."""
        return self.path.stem.rsplit("_", 1)[-1]

    def samples(self, task: str) -> Path:
        """The samples of a task, whether they are there or not."""
        return self.path.with_name(f"samples_{task}_{self.stamp}.jsonl")


def results_file(path: Path) -> ResultsFile | None:
    """The file as lm-eval's results; None for any other JSON file. BenchError if it is not JSON."""
    content = read_json(path)
    if not isinstance(content, dict) or not content.keys() >= _KEYS:
        return None
    if not all(isinstance(content[key], dict) for key in _KEYS):
        return None
    return ResultsFile(path, content, file_digest(path))


def samples_of(path: Path) -> list[JsonObject]:
    """The samples of one task as lm-eval had them in memory: arguments as lists, likelihoods as numbers.

    Of several filters the lines of the first are kept. BenchError with its line for one that is no sample.
    """
    found: list[dict[str, object]] = []
    kept: object = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path}:{number}"
        try:
            sample = json.loads(line)
        except ValueError as err:
            raise BenchError("not readable as JSON ({reason})", where=where, reason=err) from None
        if not isinstance(sample, dict) or not sample.keys() >= {"doc_id", "doc", "arguments", "filtered_resps"}:
            raise BenchError(
                "not a sample of lm-eval", where=where, hint="it needs doc_id, doc, arguments, filtered_resps"
            )
        kept = sample.get("filter") if not found else kept
        if sample.get("filter") == kept:
            found.append(_sample(sample, where))
    return found


def _sample(sample: JsonObject, where: str) -> JsonObject:
    arguments = sample["arguments"]
    if isinstance(arguments, Mapping):  # {"gen_args_0": {"arg_0": prompt, "arg_1": ...}, ...}
        arguments = [arguments[f"gen_args_{at}"] for at in range(len(arguments))]
    resps: Sequence[Any] = sample["filtered_resps"]
    if not isinstance(resps, list) or not resps:
        raise BenchError("a sample without an answer", where=where)
    if all(isinstance(pair, list) and len(pair) == 2 for pair in resps):
        try:
            resps = [(float(value), greedy in (True, "True")) for value, greedy in resps]
        except (TypeError, ValueError):
            raise BenchError("a log-likelihood is not a number", where=where) from None
        if any(value > ROUNDING for value, _ in resps):
            raise BenchError("a log-likelihood is above 0, so its probability would be above 1", where=where)
    elif not all(isinstance(text, str) for text in resps):
        raise BenchError("an answer is neither a text nor a log-likelihood", where=where)
    else:
        resps = list(resps)
    rendered = [list(one.values()) if isinstance(one, Mapping) else list(one) for one in arguments]
    return {**sample, "arguments": rendered, "filtered_resps": resps}
