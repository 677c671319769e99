"""The identity of a base, as in its records, before its weights are loaded."""

from __future__ import annotations

import logging

from phingpt_bench.compat import hub_parts
from phingpt_bench.core.errors import BenchError, meant_path
from phingpt_bench.core.records import Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.network import offline_if_unreachable, reachable
from phingpt_bench.models import base_spec, embedded
from phingpt_bench.models.base_files import BaseFiles, check_config, config_of, files_of
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.text.language import spoken

LOG = logging.getLogger(__name__)


def base_identity(spec: BaseSpec, *, fetch: bool) -> Model:
    """The future `models.load.load_base(spec).identity`, except for its parameters, without loading the weights.

    BenchError for what can be seen from its files to be no base, or one that cannot be loaded here.
    """
    base_spec.check_name(spec)
    if not fetch and (err := missing(spec)) is not None:  # a run says it when it comes to the base
        LOG.warning("%s", spoken(err.message))
    files = _base_files(spec, fetch)
    revision = None if files.local else _hub_revision(spec, fetch)
    if (config := config_of(files, spec.revision)) is not None:
        check_config(config, spec.model)
    return base_spec.identity_of(spec, files, revision)


def check_reachable(spec: BaseSpec) -> None:
    """BenchError with the command that fetches a base, where that is not here and the Hub is out of reach."""
    if (err := missing(spec)) is not None:
        raise err


def missing(spec: BaseSpec) -> BenchError | None:
    """The error for a base that is not here while the Hub is out of reach; None for one that can be loaded."""
    from huggingface_hub import constants, try_to_load_from_cache

    if spec.model in embedded.MODELS or files_of(spec.model).local:
        return None
    try:
        cached = try_to_load_from_cache(spec.model, "config.json", revision=spec.revision)
    except ValueError:  # no well-formed id: loading will say so
        return None
    if isinstance(cached, str) or (not hub_parts.hub_is_offline() and reachable(constants.ENDPOINT)):
        return None
    fetched = sentence("on a machine with a network: phingpt-bench models pull {model} --to DIR", model=spec.model)
    if (copy := embedded.copy_of(spec.model)) is not None:
        hint = sentence(
            "--base {embedded} is the embedded copy with {quantised} weights; or {fetched}",
            embedded=copy.name, quantised=copy.quantised, fetched=fetched,
        )  # fmt: skip
    else:
        hint = meant_path(spec.model) or fetched
    return BenchError(
        "the base model '{model}' is not on this machine, and the Hub is out of reach", hint=hint, model=spec.model
    )


def _base_files(spec: BaseSpec, fetch: bool) -> BaseFiles:
    if (own := embedded.MODELS.get(spec.model)) is None:
        return files_of(spec.model)
    # if the wheel is missing, the evaluation will say how to install it; the plan can still be made
    folder = own.folder() if fetch and own.wheel_files() else own.converted()
    return BaseFiles(own.hub_id, False) if folder is None else BaseFiles(str(folder), True)


def _hub_revision(spec: BaseSpec, fetch: bool) -> str | None:
    """The commit of a Hub model: from the cached copy, otherwise from the Hub."""
    known = base_spec.hub_revision(spec)
    if known is not None or not fetch:
        return known
    from transformers import AutoConfig

    try:
        own = embedded.MODELS.get(spec.model)
        name = own.hub_id if own else spec.model
        with offline_if_unreachable():
            AutoConfig.from_pretrained(name, revision=spec.revision, trust_remote_code=False)  # puts it into the cache
    except (OSError, ValueError):  # load_base will say what is wrong with it, with a hint
        return None
    return base_spec.hub_revision(spec)
