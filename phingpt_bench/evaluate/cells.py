"""The cells of a plan: its steps, each named by its content and with what it waits for, and parts of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.models.adapter import trained_by
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.served.spec import ServedSpec

WITHOUT_BASE = ""  # the group of floors and checks: any worker does them, whatever base it holds
# a training against its adapter's evaluations, for a balance of parts: the demonstration trains for 1.6 times as long
# as its adapter is evaluated (docs/scale.md)
TRAINING = 1.6
UNSTABLE = ("base_revision", "engine_version", "adapter")  # of a fingerprint: not known before loading or training


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One step that a worker can do.

    id: digest of its content, the same before and after it is done, on every machine. group: cells with the same one
    share a loaded base. needs: the cells that have to be done first. work: its expected size against other cells.
    """

    id: str
    step: Step
    group: str
    needs: tuple[str, ...] = ()
    work: float = 1.0


def cells_of(steps: Sequence[Step], facts: Facts) -> list[Cell]:
    """The cells of a plan, in its order. A cell needs a training of the plan, whether that is done or not.

    `work` are requests to models, of which a training has TRAINING times those of its evaluations; a floor or check,
    which makes none, counts as one.
    """
    entries = {entry.name: entry for entry in facts.adapters}
    made = {
        entry.name: digest(["train", trained_by(asdict(entry.recipe))])  # type: ignore[call-overload]
        for entry in facts.adapters
        if entry.recipe is not None
    }
    asked: dict[str | None, int] = {}
    for step in steps:
        asked[step.adapter] = asked.get(step.adapter, 0) + step.requests
    found = []
    for step in steps:
        if step.kind == "train":
            work = max(1.0, TRAINING * asked[step.adapter])
            found.append(Cell(id=made[step.model], step=step, group=f"train {step.model}", work=work))
            continue
        assert step.fingerprint is not None  # every run has one
        content = {name: value for name, value in asdict(step.fingerprint).items() if name not in UNSTABLE}
        entry = entries.get(step.adapter or "")
        training = None if entry is None else made.get(entry.name)
        known = training or (None if entry is None else entry.digest) or step.adapter
        alone = entry is not None and entry.method is not None and entry.method.alone is not None
        found.append(
            Cell(
                id=digest([step.kind, step.task, step.model, content, known]),
                step=step,
                group=group_of(step.base, step.adapter if alone else None),
                needs=() if training is None else (training,),
                work=1.0 if step.kind in NO_MODELS else max(1.0, float(step.requests)),
            )
        )
    return found


def group_of(spec: BaseSpec | ServedSpec | None, alone: str | None = None) -> str:
    """The name of what a worker holds for a cell. alone: the adapter, if its base is loaded for it alone."""
    if spec is None:
        return WITHOUT_BASE
    return f"{spec} {alone}" if alone else str(spec)


def part(cells: Sequence[Cell], number: int, parts: int) -> list[Cell]:
    """The cells of part `number` (from 1) of `parts`: every cell is in exactly one, whatever is done already.

    An adapter's training and all of its evaluations are in the same part. Neighbours of one base are, too, as far as
    the parts stay of one size: so few parts load a base twice. BenchError for a part that there is not.
    """
    if not 1 <= number <= parts:
        raise BenchError(
            "there is no part {number} of {parts}",
            where="--cells",
            hint="parts are counted from 1: --cells 1/{parts} to --cells {parts}/{parts}",
            number=number,
            parts=parts,
        )
    units: dict[str, list[Cell]] = {}  # a training with what waits for it, or a cell alone
    for cell in cells:
        units.setdefault(cell.needs[0] if cell.needs else cell.id, []).append(cell)
    bases = list(dict.fromkeys(str(cell.step.base) for cell in cells))
    ordered = sorted(units.values(), key=lambda unit: bases.index(str(unit[-1].step.base)))
    sizes = [sum(cell.work for cell in unit) for unit in ordered]
    whole = sum(sizes)
    chosen = {
        cell.id
        for unit, size, end in zip(ordered, sizes, accumulate(sizes), strict=True)
        if min(parts - 1, int(parts * (end - size / 2) / whole)) == number - 1
        for cell in unit
    }
    return [cell for cell in cells if cell.id in chosen]
