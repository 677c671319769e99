"""The answers of one run as they come: documents, tokens and the running score, reported to the display."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import ApiPrice
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.events import Advanced, Billed, Event, Scored
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.metrics import METRICS, metric_rows

EVERY = 1.0  # the least number of seconds between two running scores
SHARE = 0.01  # the largest share of the time that computing them may take


class Running:
    """Passes answers from the model, which reports them at once and in its own order, to the display.

    The running score is the task's headline metric over the documents answered so far, by the same code as the final
    one: equal to it once all are answered. Models answer in the order of length, so it is not a forecast. lm-eval's own
    scoring is not changed; answers are parsed once more, in portions, rarely enough to take at most SHARE of the time.
    A task with its own filters is only scored at the end. Tokens are passed on to the run's meter.
    """

    def __init__(
        self,
        tell: Callable[[Event], None],
        task: TaskFacts,
        meter: Meter,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
        price: ApiPrice | None = None,
    ):
        """clock: wall seconds. work: processor seconds, so that waiting does not count as work. price: of tokens."""
        self._price = price
        self._tell, self._task, self._meter, self._clock, self._work = tell, task, meter, clock, work
        self._scored = task.task.config.filter_list is None
        self._places: list[tuple[int, int]] = []  # of each request: the document and the number of the request in it
        self._docs: dict[int, Any] = {}
        self._missing: dict[int, int] = {}  # the number of unanswered requests of a document
        self._answers: dict[int, dict[int, Any]] = {}  # of documents that are not parsed yet
        self._whole: list[int] = []  # documents that are answered but not parsed yet
        self._ids: list[str] = []
        self._rows: list[Answered] = []
        self._due = 0.0

    def count(self, tokens_in: int | None = None, tokens_out: int | None = None) -> None:
        """Count tokens that the model has read and written."""
        self._meter.count(tokens_in=tokens_in, tokens_out=tokens_out)
        self._tell(Advanced(tokens=(tokens_in or 0) + (tokens_out or 0)))
        if self._price is not None:  # cached tokens, which may be cheaper, are known at the end
            self._tell(Billed(self._price.usd(self._meter.tokens_in or 0, self._meter.tokens_out or 0)))

    def begin(self, requests: Sequence[Any]) -> None:
        """Start with lm-eval's requests (Instances) to the model."""
        self._places = [(request.doc_id, request.idx) for request in requests]
        self._answers, self._missing = {}, {}
        for request in requests:
            self._docs[request.doc_id] = request.doc
            self._missing[request.doc_id] = self._missing.get(request.doc_id, 0) + 1
        self._due = self._clock() + EVERY

    def add_answer(self, index: int, answer: Any) -> None:
        """Take the answer to request `index` of those of `begin`; repeated answers are ignored."""
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
        """Take all answers in the order of the requests, including those that the model has not reported."""
        self._due = math.inf  # the score is computed once, below
        for index, answer in enumerate(answers):
            self.add_answer(index, answer)
        self._score()

    def note_paraphrases(self, done: int, of: int) -> None:
        """Say how many of the documents have been asked under paraphrases of the prompt, too."""
        self._tell(Advanced(note=sentence("paraphrases: {n:,} of {all:,} documents", n=done, all=of)))

    def _score(self) -> None:
        if not self._scored:
            return
        started = self._work()
        with self._meter.phase("harness"):  # this is not the model's time
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
