"""What the runs of one worker share: the suite, its facts, where files go, and how a task is put to a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from phingpt_bench.core.diagnostics import cut_text, empty_text, skipped_text
from phingpt_bench.core.ledgers import WARM_UP
from phingpt_bench.core.records import RunRecord
from phingpt_bench.cost.meters import Meter
from phingpt_bench.cost.prices import ApiPrice, PriceCard
from phingpt_bench.evaluate import record
from phingpt_bench.evaluate.answers import Answers, check_scores, read_answers
from phingpt_bench.evaluate.ask import ask, warm_up
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.kept import Kept
from phingpt_bench.evaluate.record import Answerer
from phingpt_bench.evaluate.running import Running
from phingpt_bench.evaluate.steps import Step, limited
from phingpt_bench.evaluate.suite import Suite
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Billed, Scored
from phingpt_bench.scoring.metrics import METRICS

Files = Mapping[str, bytes]
Scores = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Job:
    """What the runs of one call share."""

    suite: Suite
    facts: Facts
    display: Display
    prices: PriceCard
    exposures: Exposures
    keep: Callable[[Step, Files], None] = lambda step, files: record.write(step.folder, files)
    """What becomes of the files of a run; by default they are written to its folder."""

    warm: set[str] = field(default_factory=set)
    """The tasks that were put to a model in this process."""

    def task(self, step: Step) -> TaskFacts:
        """The task of a run."""
        found = self.facts.under(step.task or "", step.variant.words)
        assert found is not None  # a step was planned for it
        return found

    def running(self, step: Step, meter: Meter, price: ApiPrice | None = None) -> Running | None:
        """The observer of a run's answers; None if the display shows no progress. price: of tokens that are billed."""
        return Running(self.display.tell, self.task(step), meter, price=price) if self.display.watched else None

    def finish(self, step: Step, answers: Answers, scores: Scores, by: Answerer) -> Files:
        """Keep a run's files, report its primary score, and return the files."""
        made = record.record(self.suite, step, self.task(step), answers, scores, by)
        files = record.files(answers, made)
        self.keep(step, files)
        self.report(made)
        return files

    def report(self, made: RunRecord) -> None:
        """Tell the display the primary score of a run, and its bill."""
        if made.diagnostics.served is not None and made.evaluation.machine is None:
            self.display.tell(Billed(made.evaluation.usd))
        metric = made.protocol.metric
        cut = made.diagnostics.truncated_prompts
        skipped = made.diagnostics.skipped_rows
        note = skipped_text(skipped) if skipped else cut_text(cut) if cut else ""
        if (empty := made.diagnostics.empty_answers) and empty == made.protocol.n:
            note = empty_text(empty, empty, chat=made.protocol.chat_template)
        self.display.tell(Scored(METRICS[metric].title, made.scores[metric], made.protocol.n, note, final=True))

    def evaluate(
        self, step: Step, lm: Any, meter: Meter, running: Running | None, kept: Kept | None = None
    ) -> tuple[Answers, Scores]:
        """Run one task through lm-eval; returns answers, with scores that agree with lm-eval's; meter as for `ask`."""
        suite, task = self.suite, self.task(step)
        if task.name not in self.warm:
            self.warm.add(task.name)
            with meter.phase(WARM_UP):
                warm_up(task, self.facts.known.manager)
        samples, scores = ask(
            task, lm, step.variant, self.facts.known.manager, seed=suite.seed, meter=meter, limit=limited(suite, task),
            observer=running, kept=kept,
        )  # fmt: skip
        answers = read_answers(task.dataset, samples)
        return answers, check_scores(answers.outcomes, scores)
