"""Texts put to a loaded model in the words of a task: log-likelihoods of labels, and of pieces of an answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lm_eval.api.instance import Instance

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager

ABOUT = 256  # texts of a call: enough for full batches, few enough to hold


@dataclass(slots=True)
class Asker:
    """Puts texts to `lm` as a task does. seconds, texts: spent and put so far."""

    lm: Any
    task: TaskFacts
    variant: Variant
    seconds: float = 0.0
    texts: int = 0
    _checked: bool = field(default=False, init=False)

    def labels(self, rows: Sequence[tuple[Row, str]]) -> list[list[float]]:
        """The log-likelihood of each label for each (row, text in place of the row's own)."""
        found: list[list[float]] = []
        for part in _parts(rows):
            requests = [self._requests(row, text) for row, text in part]
            flat = iter(self._likelihoods([one for own in requests for one in own]))
            found += [[next(flat) for _ in own] for own in requests]
        return found

    def answers(self, rows: Sequence[Row]) -> list[str]:
        """The answer that the model writes to each row, as the task reads it."""
        return self.written([self._requests(row, row["text"])[0] for row in rows])

    def written(self, requests: Sequence[Instance]) -> list[str]:
        """What the model writes to requests of any kind."""
        start = time.perf_counter()
        texts: list[str] = self.lm.generate_until(list(requests), disable_tqdm=True)
        self.seconds += time.perf_counter() - start
        return texts

    def pieces(self, rows: Sequence[tuple[Row, str, str, Sequence[tuple[int, int]]]]) -> list[list[float]]:
        """The log-likelihood of each piece of an answer for (row, text, answer, places of the pieces).

        A piece is read after all of the answer that stands before it, so the pieces of a text share one pass.
        """
        found: list[list[float]] = []
        for part in _parts(rows):
            requests = []
            for row, text, answer, places in part:
                prompt = self._prompt(row, text)
                requests += [_instance(prompt + answer[:start], answer[start:end]) for start, end in places]
            flat = iter(self._likelihoods(requests))
            found += [[next(flat) for _ in places] for _, _, _, places in part]
        return found

    def _likelihoods(self, requests: Sequence[Instance]) -> list[float]:
        start = time.perf_counter()
        answers = self.lm.loglikelihood(list(requests), disable_tqdm=True)
        self.seconds += time.perf_counter() - start
        return [float(likelihood) for likelihood, _ in answers]

    def _prompt(self, row: Row, text: str) -> str:
        self.texts += 1
        chat = self.variant.chat_template
        options: dict[str, Any] = {
            "shots": self.variant.shots,
            "chat_template": chat,
            "renderer": self.lm.apply_chat_template if chat else None,
            "system": self.task.system,
        }
        prompt = manager.render_prompt(self.task.task, {**row, "text": text}, **options)
        if not self._checked and text.strip():
            if prompt == manager.render_prompt(self.task.task, {**row, "text": ""}, **options):
                raise BenchError("the prompt of task '{task}' does not show the text of a row", task=self.task.name)
            self._checked = True
        return prompt

    def _requests(self, row: Row, text: str) -> list[Instance]:
        requests: Any = self.task.task.construct_requests(
            {**row, "text": text},
            self._prompt(row, text),
            apply_chat_template=self.variant.chat_template,
            chat_template=None,
            metadata=(self.task.name, 0, 1),
        )
        return requests if isinstance(requests, list) else [requests]


def _instance(context: str, continuation: str) -> Instance:
    return Instance(request_type="loglikelihood", doc={}, arguments=(context, continuation), idx=0)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), ABOUT):
        yield rows[start : start + ABOUT]
