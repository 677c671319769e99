"""The identity of a base, as in its records, before its weights are loaded."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.core.records import Model
from phingpt_bench.models import embedded, load
from phingpt_bench.models.load import BaseSpec


def base_identity(spec: BaseSpec, *, fetch: bool) -> Model:
    """The future `models.load.load_base(spec).identity`, except for its parameters, without loading the weights."""
    load.check_name(spec)
    folder = _base_folder(spec, fetch)
    return Model(
        name=load.title(spec),
        kind="base",
        base=load.base_name(spec),
        base_revision=load.weights_digest(folder) if folder else _hub_revision(spec, fetch),
        quantisation="nf4+dq" if spec.quantisation == "nf4" else None,
        compute_dtype=load.compute_dtype(spec),
    )


def _base_folder(spec: BaseSpec, fetch: bool) -> Path | None:
    if spec.model != embedded.NAME:
        return Path(spec.model) if Path(spec.model).is_dir() else None
    # if the wheel is missing, the evaluation will say how to install it; the plan can still be made
    return embedded.embedded_folder() if fetch and embedded.wheel_file() else embedded.converted_folder()


def _hub_revision(spec: BaseSpec, fetch: bool) -> str | None:
    """The commit of a Hub model: from the cached copy, otherwise from the Hub."""
    known = load.hub_revision(spec)
    if known is not None or not fetch:
        return known
    from transformers import AutoConfig

    try:
        name = embedded.HUB_ID if spec.model == embedded.NAME else spec.model
        AutoConfig.from_pretrained(name, revision=spec.revision)  # puts it into the cache
    except (OSError, ValueError):  # load_base will say what is wrong with it, with a hint
        return None
    return load.hub_revision(spec)
