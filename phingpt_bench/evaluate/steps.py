"""The steps of a plan: trainings and runs, each with its folder and what must be equal for it to count as done."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.paths import is_name
from phingpt_bench.core.provenance import Fingerprint
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.engine.budgets import default_rows
from phingpt_bench.evaluate.blocks import block_ids
from phingpt_bench.evaluate.guess import Guess
from phingpt_bench.evaluate.paraphrased import family_for
from phingpt_bench.evaluate.served import asked_digest
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models.base_spec import BaseSpec, device
from phingpt_bench.served.spec import ServedSpec

PLAIN = Variant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do.

    "train" makes an adapter, "evaluate" runs a model on a task, "floor" fits and runs a baseline, "check" scores
    answers whose quality is known.
    """

    kind: Literal["train", "evaluate", "floor", "check"]
    model: str  # in words; the name of a floor or check
    folder: Path  # the adapter's, or the run's
    task: str | None = None
    base: BaseSpec | ServedSpec | None = None
    adapter: str | None = None
    variant: Variant = PLAIN
    documents: int = 0
    requests: int = 0  # to a model: documents times labels
    fingerprint: Fingerprint | None = None  # what must be equal for a run to count as done
    done: bool = False
    reason: str | None = None  # why an existing run is re-run
    again: str | None = None  # with --force: digest of the record that is there, whose answers are not used again
    paraphrases: bool = False  # whether they are asked, too
    note: str | None = None  # why it has another folder than its name says
    seconds: float | None = None  # its time in an earlier run on this machine; None without one
    scaled: bool = False  # `seconds` are scaled from another number of rows
    other_server: bool = False  # it is done, by a server of the same model at another address
    guess: Guess | None = None  # of its time, where `seconds` are not known and near runs are


def of_model(suite: Suite, task: TaskFacts, spec: BaseSpec | ServedSpec, model: Model, variant: Variant) -> Step:
    """A run of a base or of an adapter on it, loaded here or served. BenchError for more shots than examples."""
    _check_shots(task, variant.shots)
    made = replace(
        _fingerprint(suite, task, variant),
        base=model.base,
        base_revision=model.base_revision,
        quantisation=model.quantisation,
        compute_dtype=model.compute_dtype,
        adapter=(model.adapter_digest or model.adapter) if model.adapter else None,
    )
    if isinstance(spec, ServedSpec):
        made = replace(made, engine=model.engine, engine_version=model.engine_version, asked=asked_digest(spec))
        numbers, suffix = [spec.engine, model.quantisation, model.compute_dtype], [f"({spec.engine})"]
    else:  # what may change a score in its last digits: base and tuned must run with the same
        kind = device(spec).partition(":")[0]  # which of several GPUs makes no difference
        rows = suite.batch_size or default_rows(kind)
        made = replace(made, device=kind, dequantise=spec.dequantise, batch_size=rows, skip_long=suite.skip_long)
        numbers, suffix = [model.quantisation or "full", model.compute_dtype], []
    asking = suite.paraphrases and not isinstance(spec, ServedSpec)
    family = family_for(task, variant) if asking else None
    prompts = 1 if family is None else 1 + len(family[1].prompts())
    tuned = [f"+ {model.adapter}"] if model.adapter else []
    return Step(
        kind="evaluate",
        model=" ".join([model.name, *tuned, str(variant), *suffix]),
        folder=_folder(suite, task, "-".join(filter(None, [model.name, *numbers])), model.adapter, str(variant)),
        task=task.name,
        base=spec,
        adapter=model.adapter,
        variant=variant,
        documents=_documents(suite, task),
        requests=_documents(suite, task) * task.requests * prompts,
        paraphrases=family is not None,
        fingerprint=made,
    )


def without_base(suite: Suite, task: TaskFacts, kind: Literal["floor", "check"], name: str) -> Step:
    """A run of a floor or check, which has no base."""
    return Step(
        kind=kind,
        model=name,
        folder=_folder(suite, task, kind, name),
        task=task.name,
        documents=_documents(suite, task),
        fingerprint=replace(_fingerprint(suite, task, PLAIN), baseline=name),
    )


def limited(suite: Suite, task: TaskFacts) -> int | None:
    """The limit in a record: None if the suite's limit covers all rows."""
    return suite.limit if suite.limit is not None and suite.limit < len(task.ids) else None


def slug(*parts: str | None) -> str:
    """A folder name: the parts that are not None, joined by "_", with every character except [a-z0-9.-] as "-".

    One that a system would not take (of a device, too long) ends in a digest.
    """
    name = "_".join(re.sub(r"[^a-z0-9.]+", "-", part.lower()).strip("-.") for part in parts if part)
    return name if is_name(name) or not name else f"{name[:180]}-{digest(name, 8)}"


def _check_shots(task: TaskFacts, shots: int) -> None:
    """BenchError for more shots than examples: lm-eval would fail with a traceback, after loading."""
    there = len(task.examples)
    if shots <= there:
        return
    if there == 0:
        raise BenchError(
            "task '{name}' cannot be run {shots}-shot: it has no examples, as there are no training rows",
            hint="run it 0-shot (--shots 0, in a suite 'shots: 0'), or leave the task out",
            name=task.name,
            shots=shots,
        )
    raise BenchError(
        sentence_n(
            "task '{name}' cannot be run {shots}-shot: it has {n} example",
            "task '{name}' cannot be run {shots}-shot: it has {n} examples",
            there,
            name=task.name,
            shots=shots,
        ),
        hint=sentence(
            "at most {there} (--shots {there}, in a suite 'shots: {there}'), or leave the task out", there=there
        ),
    )


def _documents(suite: Suite, task: TaskFacts) -> int:
    return len(task.ids[: suite.limit])


def _folder(suite: Suite, task: TaskFacts, *parts: str | None) -> Path:
    """The run's folder. A limited or re-seeded run has its own: so that it does not replace a full one."""
    limit = limited(suite, task)
    extra = (f"first-{limit}" if limit else None, f"seed-{suite.seed}" if suite.seed else None)
    return suite.results_folder / "runs" / task.name / slug(*parts, *extra)


def _fingerprint(suite: Suite, task: TaskFacts, variant: Variant) -> Fingerprint:
    """The parts of it that task and suite determine."""
    return Fingerprint(
        template=task.template,
        setup=task.chat_setup if variant.chat_template else task.setup,
        examples=digest(block_ids(task, variant.block)[: variant.shots]) if variant.shots else None,
        rows=digest(list(task.ids[: suite.limit])),
        shots=variant.shots,
        chat_template=variant.chat_template,
        prompt=task.prompt.digest if task.prompt else None,
        thinking=variant.thinking,
        thinking_end=variant.mark(task.extraction),
        limit=limited(suite, task),
        seed=suite.seed,
    )
