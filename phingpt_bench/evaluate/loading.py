"""A base with adapters on it: loaded once, attached, and probed before the first score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.diagnostics import Probe
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.stages import loading, probing
from phingpt_bench.live.display import Display
from phingpt_bench.models import adapter, probe
from phingpt_bench.models.load import BaseSpec, Loaded, load_base
from phingpt_bench.models.memory import forget_peaks


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
    forget_peaks()
    with display.stage(loading(spec)), meter.phase("load"):
        loaded = load_base(spec)
        # bitsandbytes repacks 4-bit weights at the first forward on some CPUs, and a PEFT model that is made after that
        # computes with other kernels: there the bare base cannot run first, and "off" is not compared
        packed = spec.quantisation == "nf4" and not loaded.dequantised and loaded.model.device.type == "cpu"
        reference = None if packed or not adapters else probe.reference_logits(loaded.model, loaded.tokenizer)
        names = [f"adapter_{at}" for at in range(len(adapters))]  # torch refuses dots in such names
        model = adapter.attach(loaded, {name: entry.folder for name, entry in zip(names, adapters, strict=True)})
    if not adapters:
        return loaded, model, {}
    with display.stage(probing(spec)), meter.phase("probe"):
        differences = probe.probe(model, loaded.tokenizer, names, reference)
    equal = None if reference is None else True  # otherwise probing has raised
    return (
        loaded,
        model,
        {
            entry.name: Attached(entry, name, Probe(differences[name], equal))
            for name, entry in zip(names, adapters, strict=True)
        },
    )
