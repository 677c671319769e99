"""The keys of one model in one setting over several tasks: the parts that rows and runs share."""

from __future__ import annotations

from phingpt_bench.core.fingerprint import is_digest
from phingpt_bench.core.records import NO_MODELS


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
