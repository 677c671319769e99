"""The identity of a base, as in its records, before its weights are loaded."""

from __future__ import annotations

from phingpt_bench.core.records import Model
from phingpt_bench.models import embedded, load
from phingpt_bench.models.base_files import BaseFiles, check_config, config_of, files_of
from phingpt_bench.models.load import BaseSpec


def base_identity(spec: BaseSpec, *, fetch: bool) -> Model:
    """The future `models.load.load_base(spec).identity`, except for its parameters, without loading the weights.

    BenchError for what can be seen from its files to be no base, or one that cannot be loaded here.
    """
    load.check_name(spec)
    files = _base_files(spec, fetch)
    revision = None if files.local else _hub_revision(spec, fetch)
    if (config := config_of(files, spec.revision)) is not None:
        check_config(config, spec.model)
    return load.identity_of(spec, files, revision)


def _base_files(spec: BaseSpec, fetch: bool) -> BaseFiles:
    if spec.model != embedded.NAME:
        return files_of(spec.model)
    # if the wheel is missing, the evaluation will say how to install it; the plan can still be made
    folder = embedded.embedded_folder() if fetch and embedded.wheel_file() else embedded.converted_folder()
    return BaseFiles(embedded.HUB_ID, False) if folder is None else BaseFiles(str(folder), True)


def _hub_revision(spec: BaseSpec, fetch: bool) -> str | None:
    """The commit of a Hub model: from the cached copy, otherwise from the Hub."""
    known = load.hub_revision(spec)
    if known is not None or not fetch:
        return known
    from transformers import AutoConfig

    try:
        name = embedded.HUB_ID if spec.model == embedded.NAME else spec.model
        AutoConfig.from_pretrained(name, revision=spec.revision, trust_remote_code=False)  # puts it into the cache
    except (OSError, ValueError):  # load_base will say what is wrong with it, with a hint
        return None
    return load.hub_revision(spec)
