"""A base with adapters on it: loaded once, attached, and probed before the first score."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from phingpt_bench.core.diagnostics import Probe
from phingpt_bench.cost.meters import Meter
from phingpt_bench.data.network import offline_if_unreachable
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.bases import check_reachable
from phingpt_bench.evaluate.stages import loading, probing
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Said
from phingpt_bench.models import adapter, probe
from phingpt_bench.models.base_spec import BaseSpec, use_cpu
from phingpt_bench.models.load import Loaded, is_packed, load_base
from phingpt_bench.models.memory import forget_peaks
from phingpt_bench.models.vocabulary import with_vocabulary

MOST = 16  # adapters on a base at once, as far as the next runs do not need more
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attached:
    """An adapter on a loaded base."""

    facts: AdapterFacts
    name: str  # the name under which it was attached
    probe: Probe


@dataclass(slots=True)
class Held:
    """A loaded base, the model with its adapters (all switched off), and the adapters by name.

    open: whether further adapters can be attached without loading it again.
    """

    loaded: Loaded
    model: Any
    attached: dict[str, Attached]
    open: bool
    _reference: Any = None  # logits of the bare base
    _noise: float = 0.0  # between two of its forwards
    _made: int = 0  # adapters attached so far

    def has(self, entry: AdapterFacts) -> bool:
        """Whether this very adapter is attached: of that name, and with those weights."""
        found = self.attached.get(entry.name)
        return found is not None and found.facts.digest == entry.digest

    def attach(self, entry: AdapterFacts, ahead: Sequence[AdapterFacts], display: Display, meter: Meter) -> None:
        """Attach and probe one more adapter. ahead: those that are still needed, which are not taken off for it."""
        keep = {entry.name, *(one.name for one in ahead)}
        spare = [name for name in self.attached if name not in keep][: max(0, len(self.attached) + 1 - MOST)]
        replaced = [self.attached[name].name for name in (*spare, entry.name) if name in self.attached]
        self.add([entry], display, meter)
        for name in spare:
            del self.attached[name]
        for name in replaced:  # last, as PEFT wants one that is there
            self.model.delete_adapter(name)

    def add(self, adapters: Sequence[AdapterFacts], display: Display, meter: Meter, **options: Any) -> None:
        """Attach and probe these adapters. options: as for `probe.probe`."""
        names = [f"adapter_{self._made + at}" for at in range(len(adapters))]  # torch refuses dots in such names
        called = {name: entry.name for name, entry in zip(names, adapters, strict=True)}
        spec = self.loaded.spec
        with meter.phase("load"):
            folders = {name: entry.folder for name, entry in zip(names, adapters, strict=True)}
            self.model = adapter.attach(replace(self.loaded, model=self.model), folders)
        self._made += len(names)
        with display.stage(probing(spec)), meter.phase("probe"):
            differences, equal = probe.probe(
                self.model, self.loaded.tokenizer, names, self._reference, noise=self._noise, called=called, **options
            )
        self.attached |= {
            entry.name: Attached(entry, name, Probe(differences[name], equal))
            for name, entry in zip(names, adapters, strict=True)
        }


def load_with(spec: BaseSpec, adapters: Sequence[AdapterFacts], display: Display, meter: Meter) -> Held:
    """A base with adapters on it, of which the first MOST are attached at once.

    BenchError for an adapter that does not belong to the base or changes nothing.
    """
    check_reachable(spec)
    forget_peaks()
    alone = next((entry.method for entry in adapters if entry.method and entry.method.alone), None)
    trigger = () if alone is None else alone.trigger
    with display.stage(loading(spec)), meter.phase("load"):
        if (cpu := use_cpu(spec)) is not None:
            display.tell(Said(cpu))
        with offline_if_unreachable():
            loaded = load_base(spec)
        # bitsandbytes repacks 4-bit weights at the first forward on some CPUs, and a PEFT model that is made after that
        # computes with other kernels: there the bare base cannot run first, and "off" is not compared
        packed = is_packed(loaded) and loaded.model.device.type == "cpu"
        reference, noise = None, 0.0
        if not packed:
            twice = [
                probe.reference_logits(loaded.model, loaded.tokenizer, trigger=trigger)
                for _ in range(1 if not adapters and alone is None and loaded.model.device.type == "cpu" else 2)
            ]
            reference, noise = twice[0], probe.noise_of(twice[0], twice[-1])
        if noise:
            LOG.warning(
                "the device gives other logits each time (by %.2g): the bare base is compared within that", noise
            )
        if alone is not None and alone.vocabulary is not None:
            loaded = with_vocabulary(loaded, alone.vocabulary, adapters[0].folder)
    held = Held(loaded, loaded.model, {}, open=alone is None and not packed, _reference=reference, _noise=noise)
    if adapters:
        by_design = alone is not None and alone.changes_base
        held.add(adapters if packed else adapters[:MOST], display, meter, by_design=by_design, trigger=trigger)
    else:
        bare = probe.reference_logits(loaded.model, loaded.tokenizer) if packed else reference
        probe.check_finite(bare, f"the base model '{spec.model}'")
    return held
