"""A base with adapters on it: loaded once, attached, and probed before the first score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.diagnostics import Probe
from phingpt_bench.cost.meters import Meter
from phingpt_bench.data.network import offline_if_unreachable
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.bases import check_reachable
from phingpt_bench.evaluate.stages import loading, probing
from phingpt_bench.live.display import Display
from phingpt_bench.models import adapter, probe
from phingpt_bench.models.load import BaseSpec, Loaded, is_packed, load_base
from phingpt_bench.models.memory import forget_peaks
from phingpt_bench.models.vocabulary import with_vocabulary


@dataclass(frozen=True, slots=True)
class Attached:
    """An adapter on a loaded base."""

    facts: AdapterFacts
    name: str  # the name under which it was attached
    probe: Probe


def load_with(
    spec: BaseSpec, adapters: Sequence[AdapterFacts], display: Display, meter: Meter
) -> tuple[Loaded, Any, dict[str, Attached]]:
    """A base, the model with its adapters (all switched off), and the adapters by name.

    BenchError for an adapter that does not belong to the base or changes nothing.
    """
    check_reachable(spec)
    forget_peaks()
    alone = next((entry.method for entry in adapters if entry.method and entry.method.alone), None)
    trigger = () if alone is None else alone.trigger
    with display.stage(loading(spec)), meter.phase("load"):
        with offline_if_unreachable():
            loaded = load_base(spec)
        # bitsandbytes repacks 4-bit weights at the first forward on some CPUs, and a PEFT model that is made after that
        # computes with other kernels: there the bare base cannot run first, and "off" is not compared
        packed = is_packed(loaded) and loaded.model.device.type == "cpu"
        reference = None if packed or not adapters else probe.reference_logits(
            loaded.model, loaded.tokenizer, trigger=trigger
        )  # fmt: skip
        if alone is not None and alone.vocabulary is not None:
            loaded = with_vocabulary(loaded, alone.vocabulary, adapters[0].folder)
        names = [f"adapter_{at}" for at in range(len(adapters))]  # torch refuses dots in such names
        called = {name: entry.name for name, entry in zip(names, adapters, strict=True)}
        model = adapter.attach(loaded, {name: entry.folder for name, entry in zip(names, adapters, strict=True)})
    if not adapters:
        probe.check_finite(probe.reference_logits(model, loaded.tokenizer), f"the base model '{spec.model}'")
        return loaded, model, {}
    by_design = alone is not None and alone.changes_base
    with display.stage(probing(spec)), meter.phase("probe"):
        differences, equal = probe.probe(
            model, loaded.tokenizer, names, reference, called=called, by_design=by_design, trigger=trigger
        )
    return (
        loaded,
        model,
        {
            entry.name: Attached(entry, name, Probe(differences[name], equal))
            for name, entry in zip(names, adapters, strict=True)
        },
    )
