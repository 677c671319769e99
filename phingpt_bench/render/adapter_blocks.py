"""A trained adapter in words: what it is made of and what its training took."""

from __future__ import annotations

import shlex
from pathlib import Path

from phingpt_bench.cost.ledger import total_joules
from phingpt_bench.models.adapter import AdapterCard
from phingpt_bench.text.blocks import Block, Lines, Picture
from phingpt_bench.text.language import say, say_n
from phingpt_bench.text.money import usd_text
from phingpt_bench.text.quantities import duration_text, energy_text, flops_text


def adapter_blocks(folder: Path, card: AdapterCard) -> list[Block]:
    """Where the adapter is, how large it and its training were, what that cost, and the command that evaluates it."""
    time, money = duration_text(card.cost.seconds.get("train")), usd_text(card.cost.usd)
    energy, work = energy_text(total_joules(card.cost)), flops_text(card.cost.flops)
    command = shlex.join(["phingpt-bench", "evaluate", "--adapter", str(folder), "--tasks", *card.templates])
    rows, steps = say_n("{n:,} row", "{n:,} rows", card.rows), say_n("{n:,} step", "{n:,} steps", card.steps)
    return [
        Lines(
            [
                say("adapter {name}: {folder}", name=card.name, folder=folder),
                say("{rows}, {steps}, {n:,} trainable parameters", rows=rows, steps=steps, n=card.parameters),
                say(
                    "training {time}, {usd}, energy {energy}, {flops}", time=time, usd=money, energy=energy, flops=work
                ),
                say("to evaluate it:"),
            ]
        ),
        Picture([command]),  # on one line: a folded command cannot be pasted
    ]
