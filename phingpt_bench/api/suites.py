"""A prepared suite: its tasks, and the facts from which its plan and its runs are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.evaluate.adapters import Training
from phingpt_bench.evaluate.facts import Facts, gather
from phingpt_bench.evaluate.named_bases import completed
from phingpt_bench.evaluate.plan import Step, plan
from phingpt_bench.evaluate.run import run
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.events import Stage
from phingpt_bench.train.recipe import load_recipe
from phingpt_bench.train.run import default_folder, train


@dataclass(frozen=True, slots=True)
class Prepared:
    """A suite with the facts that are known before a model is loaded."""

    suite: Suite
    facts: Facts
    training: Training
    only: tuple[str, ...]  # tasks, empty for all

    def steps(self, *, force: bool = False) -> list[Step]:
        """The steps that are still to do. force: include those that are done."""
        return plan(self.suite, self.facts, only=self.only, force=force)

    def run(self, *, force: bool = False, display: Display = QUIET) -> list[Path]:
        """Runs the steps; returns the folders of the new runs."""
        return run(self.suite, self.facts, self.training, only=self.only, force=force, display=display)


def prepared(suite: Suite, *, only: Sequence[str] = (), fetch: bool = True, display: Display = QUIET) -> Prepared:
    """The suite with its facts, gathered in a stage of the display; its adapters and the bases they name are found.

    only: tasks or groups of the suite. fetch: as for `gather`. BenchError for a name that is not the suite's, and as
    for `gather`.
    """
    suite = completed(suite)
    known = Tasks()
    tasks, chosen = known.expand(suite.tasks), known.expand(only)
    for name in chosen:
        if name not in tasks:
            raise unknown(sentence("task of this suite"), name, tasks, where="--only")
    training = Training(load=load_recipe, folder=default_folder, train=train)
    with display.stage(Stage(key="read", label=sentence("read tasks, data and models"))):
        facts = gather(suite, training, known, fetch=fetch)
    return Prepared(suite, facts, training, tuple(chosen))
