"""What a model answers where the prompt has no text: the prior of contextual calibration (scoring/prior.py)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager
from phingpt_bench.scoring.calibration import probabilities
from phingpt_bench.scoring.prior import CONTENT_FREE

LOG = logging.getLogger(__name__)
DIGITS = 7  # of the stored probabilities
ABOUT = ("text", "entity")  # what of a document a prompt is about


def content_free(lm: Any, task: TaskFacts, variant: Variant) -> list[list[float]] | None:
    """The mean probabilities of the labels without a text, for each question of a text (one list where it has one).

    Three prompts a question, with everything else as in the run: examples, template, and the question. Their tokens and
    answers are not counted as the run's. None if answers are written, where a log-likelihood is not finite, and where
    the model cannot be asked so: the answers of the run are there by then.
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
            requests += requests_of(task, empty, variant, lm.tokenizer)
    try:
        scores = np.array([likelihood for likelihood, _ in quietly(lm, requests)], dtype=float)
    except BenchError as err:  # such as labels that "N/A" merges with, in a prompt that ends in the text
        LOG.warning("%s: the labels are not scored without a text: %s", task.name, err.message)
        return None
    found = probabilities(scores.reshape(len(docs) * len(CONTENT_FREE), -1))
    means = found.reshape(len(docs), len(CONTENT_FREE), -1).mean(axis=1)
    return None if np.isnan(means).any() else means.round(DIGITS).tolist()


def requests_of(task: TaskFacts, doc: Row, variant: Variant, tokenizer: Any) -> list[Any]:
    """The requests of one document, as in a run."""
    prompt = manager.render_prompt(
        task.task, doc, shots=variant.shots, chat_template=variant.chat_template, tokenizer=tokenizer
    )
    made: Any = task.task.construct_requests(
        doc, prompt, apply_chat_template=variant.chat_template, chat_template=None, metadata=(task.name, 0, 1)
    )
    return made if isinstance(made, list) else [made]


def quietly(lm: Any, requests: list[Any], ask: Callable[..., list[Any]] | None = None) -> list[Any]:
    """The model's answers, of which neither its meter nor its observer hears, nor its counts of cut texts.

    ask: the method of `lm` that answers; None for log-likelihoods.
    """
    before = lm.meter, lm.on_answer, lm.truncated, lm.cut_answers, lm.skipped
    lm.meter, lm.on_answer = None, lambda index, answer: None
    try:
        return (ask or lm.loglikelihood)(requests, disable_tqdm=True)
    finally:
        lm.meter, lm.on_answer, lm.truncated, lm.cut_answers, lm.skipped = before
