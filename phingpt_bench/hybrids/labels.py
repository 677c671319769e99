"""Labels: a model's log-odds stacked with those of TF-IDF and the hits of the lexicon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.evaluate.answers import Answers, diagnostics_of
from phingpt_bench.evaluate.recorded import documents
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.floors import lexicon
from phingpt_bench.hybrids import parts as made_of
from phingpt_bench.hybrids.abstain import abstention
from phingpt_bench.hybrids.made import Made
from phingpt_bench.hybrids.parts import LEXICON, TFIDF, Part
from phingpt_bench.hybrids.stack import Stack, fitted
from phingpt_bench.lmeval.documents import Doc
from phingpt_bench.scoring.answered import Answered, chosen_label, outcomes_of


def check(task: TaskFacts, using: Sequence[str]) -> None:
    """BenchError where the lexicon is used and does not know the labels."""
    if LEXICON in using and not lexicon.knows(task.dataset.labels):
        raise BenchError(
            "the lexicon knows negative, neutral and positive, not the labels of task '{task}'",
            hint="leave it out: --with tfidf-lr",
            task=task.name,
        )


def combined(asker: Asker, rows: Outcomes, validation: Sequence[Doc], using: Sequence[str]) -> Made:
    """The stacked answers to the rows of a run, each with what every part adds to it and which part decided."""
    from phingpt_bench.floors.classical import TfidfLM

    task, tfidf = asker.task, None
    scores = asker.labels([(dict(row), row["text"]) for row in validation])
    if TFIDF in using:
        tfidf = TfidfLM()
        tfidf.learn_from_train(task.task)
    parts = [made_of.of_likelihoods(scores), *_others(task, tfidf, validation, using)]
    gold = [row["gold"] for row in validation]
    stack = fitted(parts, gold, len(task.dataset.labels))
    tests = documents(task, rows.ids)
    if tfidf is not None:
        tfidf.learn_from_all(task.task)  # the rule of combine.py: weights from held-out rows, the part itself from all
    asked = [made_of.of_model([one for one in rows.probs if one]), *_others(task, tfidf, tests, using)]
    answers = _answers(task, stack, asked, tests, rows)
    to_people = abstention(gold, stack.held_out, answers.outcomes)
    return Made(replace(answers, diagnostics=replace(answers.diagnostics, abstention=to_people)), stack.weights)


def _others(task: TaskFacts, tfidf: Any, rows: Sequence[Doc], using: Sequence[str]) -> list[Part]:
    found = [] if tfidf is None else [made_of.of_floor(tfidf, task.task, rows)]
    return [*found, *([made_of.of_rules(rows)] if LEXICON in using else [])]


def _answers(task: TaskFacts, stack: Stack, parts: Sequence[Part], docs: Sequence[Doc], rows: Outcomes) -> Answers:
    labels = list(task.dataset.labels)
    scores = stack.scores(parts)
    read: list[Answered] = []
    lines = []
    for at, (doc, shares) in enumerate(zip(docs, stack.shares(parts, scores), strict=True)):
        own = scores[at].tolist()
        row = chosen_label(doc, labels, own)
        read.append(row)
        lines.append(
            {
                "doc_id": at, "id": doc["id"], "log_likelihoods": own, "parsed": row.parsed,
                "gold": labels[doc["gold"]], "problems": [],
                "parts": {name: round(value, 4) for name, value in shares.items()},
                "decided": max(shares, key=lambda name: shares[name]),
            }
        )  # fmt: skip
    outcomes = outcomes_of("labels", labels, rows.ids, read, rows.clusters)
    return Answers(outcomes=outcomes, lines=lines, prompt_digest="", diagnostics=diagnostics_of(outcomes, read, lines))
