"""The running score: of the rows answered so far, equal to the final score at the end, and of no effect on either."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.clock import Clock

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.cost.energy import Energy
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.running import SHARE, Running
from phingpt_bench.evaluate.tasks import TaskFacts, task_facts
from phingpt_bench.live.events import Advanced, Event, Scored
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.metrics import METRICS, score_all


def requests(task: TaskFacts, rows: int) -> list[Any]:
    """lm-eval's requests for the first rows of a task, as far as they matter here."""
    return [
        SimpleNamespace(doc_id=at, idx=which, doc=doc)
        for at, doc in enumerate(list(task.task.eval_docs)[:rows])
        for which in range(task.requests)
    ]


def answers(task: TaskFacts, asked: list[Any]) -> list[Any]:
    """Some right, some wrong, some unreadable."""
    chance = random.Random(1)
    if task.extraction == "label-loglikelihood":
        return [(chance.uniform(-9, 0), False) for _ in asked]
    return [chance.choice([one.doc["answer"], "none", "ORG: Nobody Inc", "??"]) for one in asked]


def final(task: TaskFacts, asked: list[Any], given: list[Any], only: set[int] | None = None) -> Outcomes:
    rows: dict[int, list[Any]] = {}
    docs: dict[int, Any] = {}
    for one, answer in zip(asked, given, strict=True):
        if only is None or one.doc_id in only:
            rows.setdefault(one.doc_id, []).append(answer)
            docs[one.doc_id] = one.doc
    read = [hooks.read(docs[at], rows[at])[1] for at in rows]
    return answered.outcomes_of(task.dataset.kind, task.dataset.labels, [docs[at]["id"] for at in rows], read)


@pytest.mark.parametrize("name", ["phin_demo_sentiment", "phin_demo_ner"])
def test_the_running_score_is_that_of_the_rows_answered_so_far(name: str) -> None:
    task, clock, told = task_facts(name), Clock(), []
    asked = requests(task, 30)
    given = answers(task, asked)
    running = Running(told.append, task, Meter(energy=Energy([])), clock)
    running.begin(asked)
    order = list(range(len(asked)))
    random.Random(2).shuffle(order)  # as the model likes
    missing = dict.fromkeys(range(30), task.requests)
    half = len(order) // 2
    for index in order[:half]:
        missing[asked[index].doc_id] -= 1
        running.add_answer(index, given[index])
    assert not any(isinstance(event, Scored) for event in told), "no second has gone by"
    clock.now += 2
    last = next(index for index in order[half:] if missing[asked[index].doc_id] == 1)
    missing[asked[last].doc_id] -= 1
    running.add_answer(last, given[last])
    whole = {doc for doc, left in missing.items() if left == 0}
    (scored,) = [event for event in told if isinstance(event, Scored)]
    assert scored.count == len(whole) < 30
    assert scored.value == score_all(final(task, asked, given, whole))[task.metric]
    assert scored.name == METRICS[task.metric].title and not scored.final

    clock.now += 9
    before = len([event for event in told if isinstance(event, Scored)])
    running.finish(given)  # tells the rest, and nothing twice
    newest = [event for event in told if isinstance(event, Scored)][-1]
    assert len([event for event in told if isinstance(event, Scored)]) == before + 1
    assert (newest.count, newest.value) == (30, score_all(final(task, asked, given))[task.metric])
    assert sum(event.count for event in told if isinstance(event, Advanced)) == 30


def test_it_is_worked_out_seldom_where_it_takes_long() -> None:
    task, clock = task_facts("phin_demo_sentiment"), Clock()
    told: list[Event] = []

    def tell(event: Event) -> None:
        told.append(event)
        if isinstance(event, Scored):
            clock.now += 0.5  # what it takes to work out

    running = Running(tell, task, Meter(energy=Energy([])), clock, clock)
    asked = requests(task, 120)
    running.begin(asked)
    for index, answer in enumerate(answers(task, asked)):
        clock.now += 1  # a request: three minutes a minute of documents
        running.add_answer(index, answer)
    times = sum(isinstance(event, Scored) for event in told)
    assert 2 <= times <= 1 + clock.now * SHARE / 0.5


def test_a_task_with_filters_of_its_own_is_scored_at_the_end_only() -> None:
    task, told = task_facts("phin_demo_ner"), []
    filtered = SimpleNamespace(config=SimpleNamespace(filter_list=[{"name": "strip", "filter": []}]))
    facts = SimpleNamespace(task=filtered, metric=task.metric, dataset=task.dataset)
    running = Running(told.append, facts, Meter(energy=Energy([])))
    asked = requests(task, 5)
    running.begin(asked)
    running.finish(answers(task, asked))
    assert [event.count for event in told if isinstance(event, Advanced)] == [1] * 5
    assert not any(isinstance(event, Scored) for event in told)


def test_tokens_go_to_the_meter_and_to_the_display() -> None:
    told: list[Event] = []
    meter = Meter(energy=Energy([]))
    running = Running(told.append, task_facts("phin_demo_ner"), meter)
    running.count(tokens_in=7)
    running.count(tokens_in=3, tokens_out=2)
    assert (meter.tokens_in, meter.tokens_out) == (10, 2)
    assert [event.tokens for event in told if isinstance(event, Advanced)] == [7, 5]
