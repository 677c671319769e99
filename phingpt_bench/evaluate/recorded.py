"""The model of a run loaded again: recorded base and adapters, or an error that says what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.core.records import Model, RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.prompt_file import OURS, QUERY, read_prompt
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models import adapter, embedded
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.models.dtype import DTYPES
from phingpt_bench.models.load import Loaded, load_base

if TYPE_CHECKING:
    from phingpt_bench.engine.lm import PhinLM


@dataclass(frozen=True, slots=True)
class Recorded:
    """A loaded base with the adapters of some runs, all on the same weights.

    names: for each run the name under which its adapter is attached, None for the bare base. batch_size: of the first.
    """

    loaded: Loaded
    model: Any
    names: tuple[str | None, ...]
    batch_size: int

    def lm(self) -> PhinLM:
        """lm-eval's model around it; whose adapter answers is said with `adapter.only`."""
        from phingpt_bench.engine.lm import PhinLM

        return PhinLM(pretrained=self.model, tokenizer=self.loaded.tokenizer, batch_size=self.batch_size)


def recorded(runs: Sequence[tuple[Path, RunRecord]], adapters: Path, base: str | None = None) -> Recorded:
    """The base of the runs, loaded once, with their adapters.

    runs: each with the path of its run.json. adapters: the folder with adapters by name. base: a folder or Hub id in
    place of the recorded one. BenchError where a run is of no model that can be loaded here, where base or adapter are
    not the recorded ones, and for runs on two bases.
    """
    first = runs[0][1].model
    for path, record in runs:
        if (record.model.base_revision, record.model.numerics) != (first.base_revision, first.numerics):
            raise BenchError(
                "the runs are on two bases, so they cannot share loaded weights",
                where=str(path),
                hint="give a base and an adapter that was trained on it",
            )
    _check_folders(runs, adapters)
    loaded = load_base(spec_of(first, base))
    for path, record in runs:
        if loaded.identity.base_revision != record.model.base_revision:
            raise BenchError(
                "the base here has revision {found}, the run's {recorded}",
                where=str(path),
                found=loaded.identity.base_revision,
                recorded=record.model.base_revision,
            )
    folders = list(dict.fromkeys(record.model.adapter for _, record in runs if record.model.adapter))
    names = {folder: f"adapter_{at}" for at, folder in enumerate(folders)}  # torch refuses dots in such names
    model = adapter.attach(loaded, {name: adapters / folder for folder, name in names.items()})
    for _, record in runs:
        if record.model.adapter is not None:
            _check_adapter(loaded, record.model, adapters / record.model.adapter)
    attached = tuple(names.get(record.model.adapter or "") for _, record in runs)
    return Recorded(loaded, model, attached, runs[0][1].diagnostics.batch_size or 1)


def _check_folders(runs: Sequence[tuple[Path, RunRecord]], adapters: Path) -> None:
    """BenchError where an adapter is not in the folder that holds adapters by name, before the base is loaded."""
    for _, record in runs:
        name = record.model.adapter
        if name is not None and not (adapters / name).is_dir():
            raise BenchError(
                "the adapter '{name}' of the run is not here",
                where=str(adapters / name),
                hint="give the folder around it: --adapters DIR, such as '.' for ./{name}",
                name=name,
            )


def _check_adapter(loaded: Loaded, model: Model, folder: Path) -> None:
    found = adapter.tuned_identity(loaded, model.adapter or "", folder).adapter_digest
    if found != model.adapter_digest:
        raise BenchError(
            "the adapter here is {found}, the run's was {recorded}",
            where=str(folder),
            found=found,
            recorded=model.adapter_digest,
        )


def documents(task: TaskFacts, ids: Sequence[str]) -> list[Row]:
    """The rows of these ids in the task's dataset here; BenchError for one that it does not have (any more)."""
    docs = {doc["id"]: dict(doc) for doc in task.task.eval_docs}
    if missing := next((name for name in ids if name not in docs), None):
        raise BenchError(
            "the dataset here has no row '{row}'", where=sentence("task {task}", task=task.name), row=missing
        )
    return [docs[name] for name in ids]


def asked_again(record: RunRecord, known: Tasks, prompts: Sequence[str] = ()) -> tuple[TaskFacts, Variant]:
    """The task of a run under the prompt of the run, and its prompt setting.

    prompts: files of prompts, of which the record has names and digests alone; FLARE's own is in its rows. BenchError
    for a run whose prompt is not among them, and for one with thinking or another block of examples.
    """
    asked = record.protocol
    if any((asked.thinking, asked.thinking_end, asked.block)):
        raise BenchError("a run with another block of examples or thinking is not asked again")
    name = OURS if asked.prompt is None else _prompt_of(asked.prompt, prompts)
    variant = Variant(shots=asked.shots, chat_template=asked.chat_template, prompt=name)
    return known.put(record.task, variant.words), variant


def _prompt_of(wanted: AskedPrompt, prompts: Sequence[str]) -> str:
    """The name or file of the prompt with the digest that a record has."""
    for name in (*prompts, QUERY):
        prompt = read_prompt(name)
        if prompt is not None and prompt.digest == wanted.digest:
            return name
    raise BenchError(
        "the run was asked with the prompt '{name}' (digest {digest}), and the record does not hold its words",
        hint=sentence("give its file, as it was: --prompt {name}.yaml", name=wanted.name)
        if not prompts
        else sentence("{files}: other words, so the answers would be others", files=", ".join(prompts)),
        name=wanted.name,
        digest=wanted.digest,
    )


def spec_of(model: Model, base: str | None = None) -> BaseSpec:
    """How a run's base is loaded, or `base` in its place. BenchError for what is not loaded from weights."""
    if model.is_combination:
        raise BenchError(
            "{name} is a combination, which is not asked again",
            hint="name the run that it was made from; samples.jsonl says what each part decided",
            name=model.adapter,
        )
    if model.kind not in ("base", "tuned") or model.engine is not None or model.base is None:
        raise BenchError("a {kind} run of {name} is not loaded from weights here", kind=model.kind, name=model.name)
    dtype = next((name for name in DTYPES if name == model.compute_dtype), DTYPES[0])
    own = embedded.by_base_name(model.base)
    return BaseSpec(
        model=base or (own.name if own else model.base),
        revision=None if base or own else model.base_revision,
        quantisation="nf4" if model.quantisation else "none",
        compute_dtype=dtype,
    )
