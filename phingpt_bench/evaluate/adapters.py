"""The adapters of a suite: where they are, whether they are trained, whether they fit its bases, tasks and prompts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.models import adapter, adapter_files, adapter_method, adapter_source
from phingpt_bench.models.adapter_method import Method
from phingpt_bench.models.base_spec import BaseSpec

LOG = logging.getLogger(__name__)


class Recipe(Protocol):
    """The part of a recipe that a suite needs; a dataclass."""

    name: str
    base: BaseSpec
    chat_template: bool
    seed: int
    tokens_per_batch: int
    gradient_checkpointing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The functions that make adapters. They are passed in, since this room must not import `train`."""

    load: Callable[[str], Any]  # a recipe by name or path
    folder: Callable[[Any], Path]  # the folder of its adapter
    train: Callable[..., Path]  # (recipe, folder, resume=, display=, tasks=the TaskManager) -> folder


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterFacts:
    """One adapter of a suite. card, digest: None until it is trained; an adapter from elsewhere has no card.

    recipe: None if the suite gives a folder. bases: the suite's bases that it was, or will be, trained on.
    tasks: the names of the tasks that it is evaluated on. variants: its prompts. method: how it is loaded, None until
    it is trained. trained_on: the training data of an adapter from elsewhere, None if not declared.
    """

    name: str
    folder: Path
    recipe: Recipe | None
    card: adapter.AdapterCard | None
    digest: str | None
    bases: tuple[BaseSpec, ...]
    tasks: tuple[str, ...]
    variants: tuple[Variant, ...]
    method: Method | None = None
    trained_on: tuple[str, ...] | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether it was trained by another program."""
        return self.digest is not None and self.card is None


def adapter_facts(
    entry: AdapterEntry,
    suite: Suite,
    training: Training,
    known: Tasks,
    tasks: Mapping[str, TaskFacts],
    bases: Mapping[BaseSpec, Model],
) -> AdapterFacts:
    """One adapter entry of a suite with what is on the disk. BenchError if it does not fit the suite."""
    own = tuple(tasks) if entry.tasks is None else tuple(known.expand(entry.tasks))
    recipe = None if entry.recipe is None else seeded(training.load(entry.recipe), entry.seed)
    path = entry.path if recipe is None else training.folder(recipe)
    assert path is not None  # AdapterEntry has a recipe or a path
    folder = adapter_source.located(path) if recipe is None else path
    card = adapter.card_of(folder) if recipe is None or (folder / adapter.CARD).is_file() else None
    name = entry.name or (recipe.name if recipe else card.name if card else adapter_source.default_name(path, folder))
    if card is not None and entry.trained_on is not None:
        raise BenchError(
            "adapter '{name}' has a card, which holds its training rows: trained_on says nothing more",
            where=str(folder),
            hint="leave trained_on out",
            name=name,
        )
    for task in own:
        if task not in tasks:
            raise BenchError(
                "adapter '{name}' is to be evaluated on '{task}', which is not among the suite's tasks",
                hint=sentence("tasks of suite '{name}': {tasks}", name=suite.name, tasks=", ".join(tasks)),
                name=name,
                task=task,
            )
    if recipe is not None and card is not None and card.limit is not None:
        raise BenchError(
            "the adapter there is a trial of recipe '{name}' on the first {limit} rows of each task",
            where=str(folder),
            hint="remove the folder to train it on all rows, or evaluate it as it is with 'path:' instead of 'recipe:'",
            name=recipe.name,
            limit=card.limit,
        )
    if recipe is not None and card is not None and not _same(recipe, card.recipe):
        raise BenchError(
            "the adapter there was trained with another version of recipe '{name}'",
            where=str(folder),
            hint="remove the folder to train it again, or evaluate it as it is with 'path:' instead of 'recipe:'",
            name=recipe.name,
        )
    elsewhere = recipe is None and card is None
    fitting = tuple(spec for spec in bases if elsewhere or _fits(recipe, card, bases[spec], spec))
    if elsewhere:
        fitting = _chosen(entry, name, folder, fitting)
        _say_other_bases(name, folder, fitting)
    if not fitting:
        wanted = _wanted(recipe, card)
        raise BenchError(
            "adapter '{name}' was made for another base: {wanted}; the suite has {names}",
            where=str(folder) if card else None,
            hint="add its base to the suite's 'bases', or remove the adapter",
            name=name,
            wanted=wanted,
            names=", ".join(_shown(identity.base, identity.quantisation) for identity in bases.values()),
        )
    chat = card.chat_template if card is not None else bool(recipe and recipe.chat_template)
    variants = tuple(suite.asked(entry.variants or suite.variants[:1]))
    wrong = next((variant for variant in variants if variant.chat_template != chat), None)
    if wrong and not elsewhere:
        raise BenchError(
            sentence(
                "adapter '{name}' is trained with the chat template, and should run under variant '{wrong}'",
                name=name,
                wrong=wrong,
            )
            if chat
            else sentence(
                "adapter '{name}' is trained without the chat template, and should run under variant '{wrong}'",
                name=name,
                wrong=wrong,
            ),
            hint=sentence(
                "put {variant} first among 'variants'", variant=f"{{shots: 0, chat_template: {str(chat).lower()}}}"
            ),
        )
    if card is not None and any(variant.words is None for variant in variants):
        for task in own:
            check_template(card, tasks[task], str(folder))
    there = card is not None or elsewhere
    return AdapterFacts(
        name=name, folder=folder, recipe=recipe, card=card,
        digest=adapter.adapter_digest(folder, card) if there else None,
        bases=fitting, tasks=own, variants=variants,
        method=adapter_method.method_of(folder) if there else None,
        trained_on=None if entry.trained_on is None else tuple(entry.trained_on),
    )  # fmt: skip


def seeded(recipe: Any, seed: int | None) -> Any:
    """The recipe with another seed, which its name then ends in; the recipe itself for None and for its own seed."""
    if seed is None or seed == recipe.seed:
        return recipe
    return replace(recipe, seed=seed, name=f"{recipe.name}-seed{seed}")


def _chosen(entry: AdapterEntry, name: str, folder: Path, bases: tuple[BaseSpec, ...]) -> tuple[BaseSpec, ...]:
    """The bases that an adapter from elsewhere continues: those the entry or its configuration names, or the only one.

    Whether its weights fit a base is found when they are loaded. BenchError if none of several is named.
    """
    if entry.base is not None:
        if found := tuple(spec for spec in bases if spec.model == entry.base):
            return found
        raise BenchError(
            "adapter '{name}' belongs on '{base}', which is not among the suite's bases",
            where=str(folder),
            hint="bases: {names}",
            name=name,
            base=entry.base,
            names=", ".join(spec.model for spec in bases),
        )
    if len({spec.model for spec in bases}) == 1:
        return bases
    named = str(adapter_files.read_config(folder).get("base_model_name_or_path"))
    if found := tuple(spec for spec in bases if adapter_source.names_same(named, spec.model)):
        return found
    raise BenchError(
        "adapter '{name}' names the base {named}, which is none of the suite's",
        where=str(folder),
        hint="say which with 'base:' beside its 'path:'",
        name=name,
        named=named,
    )


def _say_other_bases(name: str, folder: Path, bases: tuple[BaseSpec, ...]) -> None:
    for spec in bases:
        if named := adapter_source.other_base(folder, spec.model):
            LOG.warning("adapter '%s' on %s: its adapter_config.json names another base: %s", name, spec.model, named)


def _same(recipe: Recipe, stored: object) -> bool:
    """Whether a card's recipe is this one; a key that an older card lacks has its default."""
    try:
        return config.build(type(recipe), stored, "card") == recipe
    except BenchError:  # a key or value that recipes no longer have
        return False


def check_template(card: adapter.AdapterCard, task: TaskFacts, where: str) -> None:
    """BenchError if the adapter was trained on this task with another prompt. Other tasks are fine."""
    trained = card.templates.get(task.name)
    if trained is not None and trained != task.template:
        raise BenchError(
            "adapter '{name}' was trained with another prompt of task '{task}' (template {trained}, now {template})",
            where=where,
            hint="train it again with the current prompt, or use the version of the task that it was trained on",
            name=card.name,
            task=task.name,
            trained=trained,
            template=task.template,
        )


def _fits(recipe: Recipe | None, card: adapter.AdapterCard | None, identity: Model, spec: BaseSpec) -> bool:
    """Whether base and quantisation fit the adapter; revision and vocabulary are compared when it is attached."""
    if card is not None:
        revisions = (card.base_revision, identity.base_revision)
        same = None in revisions or revisions[0] == revisions[1]
        return same and (card.base, card.quantisation) == (identity.base, identity.quantisation)
    assert recipe is not None
    return (recipe.base.model, recipe.base.revision, recipe.base.quantisation) == (
        spec.model, spec.revision, spec.quantisation,
    )  # fmt: skip


def _wanted(recipe: Recipe | None, card: adapter.AdapterCard | None) -> str:
    if card is not None:
        return _shown(card.base, card.quantisation) + (f" revision {card.base_revision}" if card.base_revision else "")
    assert recipe is not None
    return _shown(recipe.base.model, recipe.base.quantisation)


def _shown(base: str | None, quantisation: str | None) -> str:
    return f"{base} ({quantisation or 'not quantised'})"
