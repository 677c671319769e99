"""The answers of one run as they come: documents, tokens and the running score, told to whoever watches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.events import Advanced, Event, Scored
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.metrics import METRICS, metric_rows

EVERY = 1.0  # seconds between two running scores, at least
SHARE = 0.01  # of the time, at most, may go into working them out


class Running:
    """Between the model, which tells each answer at once and in its own order, and the display.

    The running score is the task's headline metric over the documents answered so far, by the same code as the final
    one: equal to it once all are answered. Models answer in the order of length, so it is no forecast. Nothing of
    lm-eval's is touched; answers are read once more, in portions, seldom enough to take no more than SHARE of the time.
    A task with filters of its own is only scored at the end: what its answers are worth is not known before.
    As a meter it books tokens on the run's own.
    """

    def __init__(
        self,
        tell: Callable[[Event], None],
        task: TaskFacts,
        meter: Meter,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ):
        """clock: seconds that go by; work: seconds of the processor, so that waiting for it does not count as work."""
        self._tell, self._task, self._meter, self._clock, self._work = tell, task, meter, clock, work
        self._scored = task.task.config.filter_list is None
        self._places: list[tuple[int, int]] = []  # of each request: document, which of its requests
        self._docs: dict[int, Any] = {}
        self._missing: dict[int, int] = {}  # requests of a document that are not answered yet
        self._answers: dict[int, dict[int, Any]] = {}  # of documents that are not read yet
        self._whole: list[int] = []  # documents that are answered and not read yet
        self._ids: list[str] = []
        self._rows: list[Answered] = []
        self._due = 0.0

    def count(self, tokens_in: int | None = None, tokens_out: int | None = None) -> None:
        """Tokens that the model has read and written."""
        self._meter.count(tokens_in=tokens_in, tokens_out=tokens_out)
        self._tell(Advanced(tokens=(tokens_in or 0) + (tokens_out or 0)))

    def begin(self, requests: Sequence[Any]) -> None:
        """lm-eval's requests (Instances) that the model is asked now."""
        self._places = [(request.doc_id, request.idx) for request in requests]
        self._answers, self._missing = {}, {}
        for request in requests:
            self._docs[request.doc_id] = request.doc
            self._missing[request.doc_id] = self._missing.get(request.doc_id, 0) + 1
        self._due = self._clock() + EVERY

    def add_answer(self, index: int, answer: Any) -> None:
        """The answer to request `index` of those of `begin`; one that is told again is passed over."""
        doc, which = self._places[index]
        if self._missing[doc] == 0:
            return
        known = self._answers.setdefault(doc, {})
        if which in known:
            return
        known[which] = answer
        self._missing[doc] -= 1
        if self._missing[doc] == 0:
            self._whole.append(doc)
            self._tell(Advanced(count=1))
            if self._clock() >= self._due:
                self._score()

    def finish(self, answers: Sequence[Any]) -> None:
        """All answers in the order of the requests: those that the model did not tell by itself are told now."""
        self._due = math.inf  # once, below
        for index, answer in enumerate(answers):
            self.add_answer(index, answer)
        self._score()

    def _score(self) -> None:
        if not self._scored:
            return
        started = self._work()
        with self._meter.phase("harness"):  # not the model's time
            self._read()
            scored = self._scored_now()
        if scored is not None:
            self._tell(scored)
        self._due = self._clock() + max(EVERY, (self._work() - started) / SHARE)

    def _read(self) -> None:
        for doc in self._whole:
            own = self._answers.pop(doc)
            row = hooks.read(self._docs[doc], [own[which] for which in sorted(own)])[1]
            self._ids.append(self._docs[doc]["id"])
            self._rows.append(row)
        self._whole.clear()

    def _scored_now(self) -> Scored | None:
        if not self._rows:
            return None
        metric, dataset = METRICS[self._task.metric], self._task.dataset
        counts = metric_rows(
            metric.name, answered.outcomes_of(dataset.kind, dataset.labels, self._ids, self._rows)
        )  # fmt: skip
        if counts is None:
            return None
        value = float(metric.function(counts.sum(0)))
        return Scored(metric.title, None if math.isnan(value) else value, len(self._rows))
