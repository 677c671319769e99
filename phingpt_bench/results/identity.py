"""What makes runs of several tasks runs of one model in one setting: the parts that rows and runs share."""

from __future__ import annotations


def weights(adapter: str | None, digest: str | None, recipe: str | None) -> tuple[str | None, str | None]:
    """The key of trained weights over tasks: their digest.

    Several trainings together have no digest: their key is the recipe, whatever the adapters are called.
    """
    return (None, recipe) if digest is None and recipe is not None else (adapter, digest)


def shown_seed(kind: str, shots: int, seed: int, together: bool) -> tuple[int | None, bool]:
    """What tells the seeds of a setting apart over tasks; together: several of them, drawn as one.

    The seed of an evaluation does nothing without examples, except to a floor, which is fitted under it.
    """
    return (seed if not together and (shots or kind in ("floor", "check")) else None, together)
