"""What a model answers where the prompt has no text: the prior of contextual calibration (scoring/prior.py)."""

from __future__ import annotations

from typing import Any

import numpy as np

from phingpt_bench.core.records import CHOSEN
from phingpt_bench.evaluate.suite import Variant
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.lmeval import manager
from phingpt_bench.scoring.calibration import probabilities
from phingpt_bench.scoring.prior import CONTENT_FREE

DIGITS = 7  # of the stored probabilities
ABOUT = ("text", "entity")  # what of a document a prompt is about


def content_free(lm: Any, task: TaskFacts, variant: Variant) -> list[list[float]] | None:
    """The mean probabilities of the labels without a text, for each question of a text (one list where it has one).

    Three prompts a question, with everything else as in the run: examples, template, and the question. Their tokens and
    answers are not counted as the run's. None if answers are written, and where a log-likelihood is not finite.
    """
    if task.extraction != CHOSEN:
        return None
    docs: dict[int, Any] = {}
    for doc in task.task.eval_docs:
        docs.setdefault(doc.get("group", 0), doc)
    requests: list[Any] = []
    for _, doc in sorted(docs.items()):
        for text in CONTENT_FREE:
            empty = {**doc, **{key: text for key in ABOUT if key in doc}}
            prompt = manager.render_prompt(
                task.task, empty, shots=variant.shots, chat_template=variant.chat_template, tokenizer=lm.tokenizer
            )
            requests += task.task.construct_requests(
                empty, prompt, apply_chat_template=variant.chat_template, chat_template=None, metadata=(task.name, 0, 1)
            )
    scores = np.array([likelihood for likelihood, _ in _quietly(lm, requests)], dtype=float)
    found = probabilities(scores.reshape(len(docs) * len(CONTENT_FREE), -1))
    means = found.reshape(len(docs), len(CONTENT_FREE), -1).mean(axis=1)
    return None if np.isnan(means).any() else means.round(DIGITS).tolist()


def _quietly(lm: Any, requests: list[Any]) -> list[tuple[float, bool]]:
    """The model's answers, of which neither its meter nor its observer hears, nor its count of cut prompts."""
    before = lm.meter, lm.on_answer, lm.truncated
    lm.meter, lm.on_answer = None, lambda index, answer: None
    try:
        answers: list[tuple[float, bool]] = lm.loglikelihood(requests, disable_tqdm=True)
        return answers
    finally:
        lm.meter, lm.on_answer, lm.truncated = before
