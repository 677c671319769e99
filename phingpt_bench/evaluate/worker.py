"""One worker: it does cells one after another, and keeps the base of the last one for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from phingpt_bench.cost.prices import match
from phingpt_bench.evaluate.adapters import AdapterFacts, Training
from phingpt_bench.evaluate.cells import WITHOUT_BASE, Cell
from phingpt_bench.evaluate.facts import machine_of
from phingpt_bench.evaluate.job import Job
from phingpt_bench.evaluate.loaded import LoadedBase
from phingpt_bench.evaluate.serving import ServedBase
from phingpt_bench.evaluate.without_base import run_without_base
from phingpt_bench.live.events import Priced
from phingpt_bench.models.memory import forget_peaks, free
from phingpt_bench.served.spec import ServedSpec


class Worker:
    """Does the cells of a job in this process. held: the group whose base is loaded, "" for none."""

    def __init__(self, job: Job, training: Training, *, eager: bool = True):
        """eager: attach the adapters of later cells at once, so that one that does not fit is seen before hours."""
        self._job, self._training, self._eager = job, training, eager
        self.held = WITHOUT_BASE
        self._base: LoadedBase | ServedBase | None = None

    def do(self, cell: Cell, adapters: Mapping[str, AdapterFacts], ahead: Sequence[str] = ()) -> None:
        """One cell; its files are kept by the job. BenchError if it fails, with the base still held where it is fine.

        adapters: those of this cell and of `ahead`, by name. ahead: the ones of later cells of the same group.
        """
        step = cell.step
        entry = match(self._job.prices, machine_of(step.base))
        self._job.display.tell(Priced(entry.usd_per_hour if entry else None))
        if step.kind == "train":
            self._train(cell, adapters)
            return
        if step.kind != "evaluate":
            run_without_base(self._job, step)
            return
        own = None if step.adapter is None or isinstance(step.base, ServedSpec) else adapters[step.adapter]
        later = [adapters[name] for name in ahead if name in adapters and name != step.adapter]
        if self._base is None or self.held != cell.group or not self._base.takes(own):
            self.release()
            now = [] if own is None else [own]
            self._base = self._opened(cell, [*now, *later] if self._eager else now)
            self.held = cell.group
        self._base.do(step, own, later)

    def release(self) -> None:
        """Give back the base."""
        if self._base is not None:
            self._base.close()
            self._base, self.held = None, WITHOUT_BASE
            free()

    def _opened(self, cell: Cell, entries: Sequence[AdapterFacts]) -> LoadedBase | ServedBase:
        spec = cell.step.base
        assert spec is not None
        return ServedBase(self._job, spec) if isinstance(spec, ServedSpec) else LoadedBase(self._job, spec, entries)

    def _train(self, cell: Cell, adapters: Mapping[str, AdapterFacts]) -> None:
        self.release()
        forget_peaks()
        entry = adapters[cell.step.model]
        where = next((spec.device for spec in entry.bases if spec.device != "auto"), None)  # where it is evaluated
        self._training.train(
            entry.recipe, cell.step.folder, resume=True, device=where, display=self._job.display,
            tasks=self._job.facts.known.manager,
        )  # fmt: skip
        free()
