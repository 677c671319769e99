"""The memory that the steps of a plan need, estimated before a model is loaded, next to what is free."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.machine import available_bytes
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.engine.budgets import default_rows, default_slots, token_budget
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.models import cpu_plan, dequantise
from phingpt_bench.models.base_spec import BaseSpec, base_files, compute_dtype, device, for_training
from phingpt_bench.models.footprint import Shape, Work, needed_bytes, shape_of

# tokens of a prompt and of an answer, unless a task has longer ones: the longest prompts of the shipped tasks
PROMPT, ANSWER = 512, 128
RANK = 16  # of an adapter, where its recipe does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """An estimate. what: the base that is evaluated, or the adapter that is trained. available: None if unknown."""

    what: str
    training: bool
    device: str
    needed: float
    available: int | None

    @property
    def is_too_much(self) -> bool:
        """Whether it will hardly fit."""
        return self.available is not None and self.needed > self.available

    @property
    def warning(self) -> Sentence:
        """What to say before loading where it is too much."""
        return sentence(
            "{what} needs about {needed:.1f} GB, and {available:.1f} GB are free on {device}: it may run out of memory",
            what=self.what,
            needed=self.needed / 1e9,
            available=(self.available or 0) / 1e9,
            device=self.device,
        )


def needs(suite: Suite, facts: Facts, steps: Sequence[Step]) -> list[Need]:
    """An estimate for each training and each loaded base of the steps that are not done, in their order.

    A base whose files are not there yet, or whose architecture is unknown, is left out.
    """
    found = []
    left = [step for step in steps if not step.done]
    recipes = {entry.name: entry.recipe for entry in facts.adapters}
    for step in left:
        recipe = recipes.get(step.model) if step.kind == "train" else None
        if recipe is not None and isinstance(step.base, BaseSpec):
            work = Work(tokens=recipe.tokens_per_batch, r=RANK, training=True, recompute=recipe.gradient_checkpointing)
            found.append(_need(step.model, step.base, facts, work))
    for spec in suite.bases:
        own = [step for step in left if step.base == spec and step.kind == "evaluate"]
        if isinstance(spec, BaseSpec) and own:
            found.append(_need(facts.bases[spec].name, spec, facts, _evaluation(suite, spec, own)))
    return [one for one in found if one is not None]


def _evaluation(suite: Suite, spec: BaseSpec, steps: Sequence[Step]) -> Work:
    """The largest forward of an evaluation."""
    kind = device(spec).partition(":")[0]
    writes = any(step.requests == step.documents for step in steps)
    rows, slots = suite.batch_size or default_rows(kind), suite.batch_size or default_slots(kind)
    return Work(
        tokens=min(token_budget(kind), rows * PROMPT),
        cached=slots * (PROMPT + ANSWER) if writes else 0,
        r=RANK if any(step.adapter for step in steps) else 0,
    )


def _need(what: str, spec: BaseSpec, facts: Facts, work: Work) -> Need | None:
    import torch

    identity = next((known for other, known in facts.bases.items() if other.model == spec.model), None)
    if identity is None or identity.base_revision is None:  # not there yet
        return None
    try:
        asked = for_training(spec) if work.training else spec
        target, shape = device(asked), shape_of(base_files(asked), asked.revision)
    except BenchError:  # loading says it
        return None
    if shape is None:
        return None
    kind = target.partition(":")[0]
    if work.training and kind == "cpu":
        work = replace(work, tokens=min(work.tokens, cpu_plan.PIECE * torch.get_num_threads()))
    itemsize = 4 if compute_dtype(asked) == "float32" else 2
    needed = needed_bytes(shape, work, itemsize, packed=_is_packed(asked, shape, itemsize, kind))
    return Need(what=what, training=work.training, device=target, needed=needed, available=free_bytes(target))


def _is_packed(spec: BaseSpec, shape: Shape, itemsize: int, kind: str) -> bool:
    import torch

    if spec.quantisation != "nf4":
        return False
    dtype = torch.float32 if itemsize == 4 else torch.bfloat16
    return not dequantise.wanted(spec.dequantise, shape.parameters, dtype, kind)[0]


def free_bytes(device: str) -> int | None:
    """Memory that is free on a torch device; None if it does not say."""
    import torch

    kind, _, index = device.partition(":")
    if kind != "cuda":
        return available_bytes()  # Apple's GPU shares it
    try:
        return int(torch.cuda.mem_get_info(int(index or 0))[0])
    except RuntimeError:  # full to the last byte, or no context can be made: loading says it
        return None
