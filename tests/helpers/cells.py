"""Made-up cells: bases with adapters on tasks, without any model."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.evaluate.cells import Cell
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.models.base_spec import BaseSpec


def made_up(
    bases: int, adapters: int, tasks: int, *, trained: bool = False, floors: int = 0, work: float = 1.0
) -> list[Cell]:
    """The cells of `bases` bases with `adapters` adapters each on `tasks` tasks. trained: each is trained first."""
    trainings, runs = [], []
    for base in range(bases):
        spec = BaseSpec(model=f"made-up/base-{base}")
        for number in range(-1, adapters):
            name = None if number < 0 else f"adapter-{base}-{number}"
            needs: tuple[str, ...] = ()
            if trained and name is not None:
                step = Step(kind="train", model=name, folder=Path("adapters") / name, base=spec, adapter=name)
                trainings.append(Cell(id=f"train {name}", step=step, group=f"train {name}", work=work * tasks))
                needs = (f"train {name}",)
            for task in range(tasks):
                step = Step(
                    kind="evaluate", model=f"{spec.model} + {name}", folder=Path("runs") / f"{task}" / f"{base}_{name}",
                    task=f"task-{task}", base=spec, adapter=name, documents=100, requests=100,
                )  # fmt: skip
                runs.append(
                    Cell(
                        id=f"{base} {name} {task}", step=step, group=spec.model, needs=needs, work=work * (1 + task % 3)
                    )
                )
    for task in range(floors):
        step = Step(kind="floor", model="majority", folder=Path("runs") / f"{task}" / "majority", task=f"task-{task}")
        runs.append(Cell(id=f"floor {task}", step=step, group="", work=work))
    return trainings + runs
