"""A prepared suite: its tasks, and the facts from which its plan and its runs are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.adapters import Training
from phingpt_bench.evaluate.cells import Cell, cells_of, part
from phingpt_bench.evaluate.facts import Facts, gather
from phingpt_bench.evaluate.fees import Fee, fees
from phingpt_bench.evaluate.named_bases import completed
from phingpt_bench.evaluate.needs import Need, needs
from phingpt_bench.evaluate.plan import plan
from phingpt_bench.evaluate.run import Started, Work, run
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Stage
from phingpt_bench.models.base_spec import BaseSpec, check_place
from phingpt_bench.train import checkpoints
from phingpt_bench.train.folder import default_folder
from phingpt_bench.train.recipe import load_recipe
from phingpt_bench.train.run import train


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite with the facts that are known before a model is loaded."""

    suite: Suite
    facts: Facts
    training: Training
    only: tuple[str, ...]  # tasks, empty for all
    share: tuple[int, int] = (1, 1)  # the part of the plan, and the number of parts

    def steps(self, *, force: bool = False) -> list[Step]:
        """The steps of the plan, or of the part of it. force: as if none were done."""
        return [cell.step for cell in self.cells(force=force)]

    def cells(self, *, force: bool = False) -> list[Cell]:
        """The cells of the plan, or of the part of it."""
        return part(cells_of(plan(self.suite, self.facts, only=self.only, force=force), self.facts), *self.share)

    def needs(self, steps: Sequence[Step]) -> list[Need]:
        """The memory that these steps need, estimated."""
        return needs(self.suite, self.facts, steps)

    def fees(self, steps: Sequence[Step]) -> list[Fee]:
        """What these steps may cost through an API, estimated."""
        return fees(self.facts, steps)

    def run(self, *, force: bool = False, display: Display = QUIET, started: Started | None = None) -> Work:
        """Does the cells; returns what was done. started: makes the executor, as for `evaluate.run.run`."""
        for entry in self.facts.adapters:
            if entry.recipe is not None and entry.card is not None:
                checkpoints.remove(entry.folder)
        return run(
            self.suite, self.facts, self.training, only=self.only, force=force, share=self.share, display=display,
            started=started,
        )  # fmt: skip


def prepared(
    suite: Suite,
    *,
    only: Sequence[str] = (),
    share: tuple[int, int] = (1, 1),
    fetch: bool = True,
    display: Display = QUIET,
) -> Prepared:
    """The suite with its facts, gathered as a stage of the display; with its adapters and the bases that they name.

    only: tasks or groups of the suite. share: as for `cells.part`. fetch: as for `gather`. BenchError as for `gather`,
    and for a name that is not the suite's. Devices are checked first: a base that is to be converted takes its time.
    """
    suite = completed(suite)
    for base in suite.bases:
        if isinstance(base, BaseSpec):
            check_place(base)
    known = Tasks()
    tasks, chosen = known.expand(suite.tasks), known.expand(only)
    for name in chosen:
        if name not in tasks:
            raise unknown(sentence("task of this suite"), name, tasks, where="--only")
    training = Training(load=load_recipe, folder=default_folder, train=train)
    with display.stage(Stage(key="read", label=sentence("read tasks, data and models"))):
        facts = gather(suite, training, known, fetch=fetch)
    return Prepared(suite, facts, training, tuple(chosen), share)
