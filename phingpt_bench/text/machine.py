"""A machine in words, in the language in force."""

from __future__ import annotations

from phingpt_bench.core.machine import GIB, Machine
from phingpt_bench.text.language import say


def machine_text(machine: Machine) -> str:
    """ "2 x AMD EPYC, 23 GB, no GPU": cores, memory in units of 2**30 bytes, GPUs."""
    memory = machine.memory_bytes
    gpus = [f"{machine.gpus.count(name)} x {name}" for name in dict.fromkeys(machine.gpus)]
    parts = [
        f"{machine.cores} x {machine.processor}",
        say("memory unknown") if memory is None else say("{n} GB", n=round(memory / GIB)),
        *(gpus or [say("no GPU")]),
    ]
    return ", ".join(parts)
