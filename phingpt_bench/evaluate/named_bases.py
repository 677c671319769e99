"""A suite made whole: one entry for each adapter and seed, and the bases that only its adapters name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.models import adapter, adapter_source
from phingpt_bench.models.base_spec import BaseSpec

LOG = logging.getLogger(__name__)


def completed(suite: Suite, spec: BaseSpec | None = None) -> Suite:
    """The suite with an entry for each adapter, and with the bases that they name where it has none.

    spec: how such a base is loaded (quantisation, device); its model is not looked at. BenchError for an adapter that
    cannot be found or names no base that is here.
    """
    entries = [own for entry in suite.adapters for own in _each(entry, suite.seeds)]
    suite = replace(suite, adapters=entries)
    if suite.bases or not entries:
        return suite
    bases: list[BaseSpec] = []
    for at, entry in enumerate(entries):
        base = _base_of(entry, spec or BaseSpec())
        entries[at] = entry if entry.name is None else replace(entry, base=base.model)
        if base not in bases:
            bases.append(base)
    return replace(suite, bases=list(bases), adapters=entries)


def _each(entry: AdapterEntry, seeds: Sequence[int]) -> list[AdapterEntry]:
    if entry.path is None:
        return [replace(entry, seed=seed) for seed in seeds] if seeds and entry.seed is None else [entry]
    found = adapter_source.several(entry.path)
    if len(found) == 1:
        return [entry if entry.name or (found[0] / adapter.CARD).is_file() else replace(
            entry, path=found[0], name=adapter_source.default_name(entry.path, found[0])
        )]  # fmt: skip
    if entry.name is not None:
        raise BenchError(
            "holds {n} adapters ({names}), and one name is given for them",
            where=str(entry.path),
            hint="leave the name out, or name the sub-folder",
            n=len(found),
            names=", ".join(one.name for one in found),
        )
    return [replace(entry, path=one, name=one.name) for one in found]


def _base_of(entry: AdapterEntry, spec: BaseSpec) -> BaseSpec:
    assert entry.path is not None  # the suite has seen to it
    folder = adapter_source.located(entry.path)
    card = adapter.card_of(folder)
    if card is not None:  # its recipe says on what, and in which numbers
        own = config.build(BaseSpec, card.recipe.get("base", {}), str(folder / adapter.CARD))
        return replace(own, device=spec.device)
    if entry.base is not None:
        return replace(spec, model=entry.base)
    named = adapter_source.named_base(folder)
    if named.note:
        LOG.warning("adapter '%s': %s", entry.name, named.note)
    return replace(spec, model=named.model)
