"""The keys of one model, and of one setting over several tasks: the parts that rows and runs share."""

from __future__ import annotations

from typing import NamedTuple

from phingpt_bench.core.fingerprint import is_digest
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.results.collect import Run


def weights(adapter: str | None, digest: str | None, recipe: str | None) -> tuple[str | None, str | None]:
    """The key of trained weights over tasks: their digest.

    Several trainings together have no digest: their key is the recipe, whatever the adapters are called.
    """
    return (None, recipe) if digest is None and recipe is not None else (adapter, digest)


def shown_seed(kind: str, shots: int, seed: int, together: bool) -> tuple[int | None, bool]:
    """The seed as part of the key of a setting over tasks. together: several seeds, shown as one row.

    The seed of an evaluation has no effect without examples, except for a floor, which is fitted with it.
    """
    return (seed if not together and (shots or kind in NO_MODELS) else None, together)


def base_name(base: str | None, name: str, revision: str | None) -> str:
    """What distinguishes bases, besides the revision: of one in a folder its digest, whatever the folder is called.

    base, name, revision: as a record has them.
    """
    return revision if revision is not None and is_digest(revision) else base or name


class BaseKey(NamedTuple):
    """The key of runs on one base."""

    name: str
    revision: str | None
    numerics: tuple[str | None, ...]  # quantisation, dtype, engine and its version


class ModelKey(NamedTuple):
    """The key of runs of one model."""

    kind: str
    base: BaseKey
    weights: tuple[str | None, str | None]  # identity.weights


def model_key(run: Run) -> ModelKey:
    """The key of a run's model."""
    model = run.record.model
    return ModelKey(
        model.kind,
        BaseKey(base_name(model.base, model.name, model.base_revision), model.base_revision, model.numerics),
        weights(model.adapter, model.adapter_digest, model.recipe_digest),
    )
