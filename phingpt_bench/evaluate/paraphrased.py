"""The rows of a run under paraphrases of its prompt: how much the score depends on the words of the question.

All prompts of a row are put to the model together, so that a text with which they begin is read once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.outcomes import Outcomes, answer_at
from phingpt_bench.core.paraphrased import Paraphrased
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.data.paraphrases import Family, family_of
from phingpt_bench.evaluate.blocks import showing
from phingpt_bench.evaluate.content_free import quietly, requests_of
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import asking, hooks
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.metrics import score_all

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager

PORTION = 64  # rows whose prompts are put together

Note = Callable[[int, int], None]  # rows that are done, of how many


def family_for(task: TaskFacts, variant: Variant) -> tuple[str, Family] | None:
    """The name and the family of paraphrases of a task; None where none is shipped.

    There is none for another form of entities (the wordings ask for lines), nor for a prompt of the user's.
    """
    first = task.task.eval_docs[0]
    if variant.words is not None or first.get("format", "lines") != "lines":
        return None
    return family_of(task.dataset, first)


def paraphrased(
    lm: Any, task: TaskFacts, variant: Variant, own: Outcomes, tasks: TaskManager, note: Note | None = None
) -> Paraphrased | None:
    """The scores of the rows of `own`, the run's answers, under each paraphrase; None where there is no family.

    note: called with the number of rows that are done and of all. Tokens and answers are not counted as the run's.
    """
    found = family_for(task, variant)
    if found is None:
        return None
    name, family = found
    rows = asked_under(lm, task, variant, family, own.ids, tasks, note)
    labels, kind = task.dataset.labels, task.dataset.kind
    others = [answered.outcomes_of(kind, labels, own.ids, each, own.clusters) for each in rows]
    changed = sum(any(answer_at(one, at) != answer_at(own, at) for one in others) for at in range(len(own.ids)))
    return Paraphrased(
        family=name, digest=family.digest, scores=[score_all(one) for one in others], changed=changed / len(own.ids)
    )


def asked_under(
    lm: Any,
    task: TaskFacts,
    variant: Variant,
    family: Family,
    ids: Sequence[str],
    tasks: TaskManager,
    note: Note | None = None,
) -> list[list[Answered]]:
    """The answers to the rows of these ids, by prompt of the family."""
    put = [replace(task, task=asking.under(task.name, prompt, tasks)) for prompt in family.prompts()]
    rows: list[list[Answered]] = [[] for _ in put]
    docs = [list(_of(ids, one.task.eval_docs)) for one in put]
    with contextlib.ExitStack() as stack:
        for one in put:
            stack.enter_context(showing(one, variant.block))
        for start in range(0, len(ids), PORTION):
            part = [each[start : start + PORTION] for each in docs]
            for at, read in enumerate(_read(lm, put, part, variant)):
                rows[at] += read
            if note is not None:
                note(len(rows[0]), len(ids))
    return rows


def _of(ids: Sequence[str], docs: Sequence[Any]) -> Iterator[Any]:
    by_id = {doc["id"]: doc for doc in docs}
    return (by_id[name] for name in ids)


def _read(lm: Any, put: Sequence[TaskFacts], docs: Sequence[Sequence[Any]], variant: Variant) -> list[list[Answered]]:
    """The answers to some rows, by prompt."""
    requests = [
        [requests_of(one, doc, variant, lm.tokenizer) for doc in each] for one, each in zip(put, docs, strict=True)
    ]
    flat = [request for each in requests for own in each for request in own]
    ask = lm.loglikelihood if put[0].extraction == CHOSEN else lm.generate_until
    answers = iter(quietly(lm, flat, ask))
    return [
        [hooks.read(doc, [next(answers) for _ in own])[1] for doc, own in zip(each, asked, strict=True)]
        for each, asked in zip(docs, requests, strict=True)
    ]
