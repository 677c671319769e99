"""What the steps of a plan may cost through an API, before the first request is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.cost.estimate import Usd
from phingpt_bench.evaluate.facts import Facts
from phingpt_bench.evaluate.steps import Step
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.lmeval.manager import answer_text, render_prompt
from phingpt_bench.lmeval.written import in_chat
from phingpt_bench.served.lm import most_written
from phingpt_bench.served.spec import ServedSpec

# Letters of a token in the prompts of a task: 2.5 (Spanish, a vocabulary of 49,000) to 4.6 (English) with SmolLM2's
# tokenizer, by task; the larger vocabularies of hosted models have longer tokens.
SHORT, LONG = 2.5, 5.0
FRAME = 20  # tokens that a chat endpoint may add to a prompt
SAMPLE = 50  # documents that are rendered, evenly over the rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """The fee of a served model's runs: from short answers to answers of the length at which they are cut."""

    what: str
    usd: Usd
    runs: int


def fees(facts: Facts, steps: Sequence[Step]) -> list[Fee]:
    """An estimate for each server whose price is known, over its steps that are not done.

    Answers that are stored already cost nothing again, which is not counted.
    """
    found = []
    for spec, served in facts.served.items():
        price = served.price
        left = [step for step in steps if step.base == spec and not step.done]
        if price is None or not left:
            continue
        tokens = [_tokens(step, facts, spec) for step in left]
        low, high = (price.usd(sum(one[at][0] for one in tokens), sum(one[at][1] for one in tokens)) for at in (0, 1))
        found.append(Fee(what=spec.title, usd=Usd(low, high), runs=len(left)))
    return found


def _tokens(step: Step, facts: Facts, spec: ServedSpec) -> tuple[tuple[float, float], tuple[float, float]]:
    """(tokens read, tokens written) of a run at least, and at most."""
    task = facts.under(step.task or "", step.variant.words) or facts.tasks[step.task or ""]
    prompt, answer = _letters(task, step)
    settings = dict(task.task.config.generation_kwargs or {})
    settings = in_chat(settings) if step.variant.chat_template else settings
    room = 1 if task.extraction == CHOSEN else most_written(spec, settings)
    least = step.documents * prompt / LONG, step.documents * min(answer / LONG, room)
    return least, (step.requests * (prompt / SHORT + FRAME), float(step.requests * room))


def _letters(task: TaskFacts, step: Step) -> tuple[float, float]:
    """The mean number of letters of a prompt, with its examples, and of a right answer."""
    rows = task.task.eval_docs
    docs = [rows[at] for at in range(0, step.documents, max(1, step.documents // SAMPLE))]
    prompts = [render_prompt(task.task, doc, shots=step.variant.shots, system=task.system) for doc in docs]
    answers = [answer_text(task.task, doc) for doc in docs]
    return sum(map(len, prompts)) / len(docs), sum(map(len, answers)) / len(docs)
