"""What the evaluation benchmark evaluates: tasks, shots and label words.

Library of `python -m benchmarks.evaluation`; the other benchmarks of models take their tasks from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phingpt_bench.data.sources import mirror
from phingpt_bench.lmeval import manager


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One comparison."""

    name: str
    title: str
    task: str
    # the task to take where the real data is not available; None to leave the case out there
    demo: str | None
    shots: int = 0
    # words in place of the task's own, in their order: no dataset of the catalogue with training rows, which examples
    # need, has labels of several tokens
    labels: tuple[str, ...] = ()
    documents: int = 64  # rows, unless --documents says otherwise
    generates: bool = False
    until: tuple[str, ...] = ()  # stop strings in place of the task's own
    # answer with the trained entity adapter, where there is one: its answers end, as real ones do
    adapter: bool = False


SENTIMENT, NER, ENTITIES = "phin_demo_sentiment", "phin_demo_ner", "phin_finer_ord"
WRITTEN: dict[str, Any] = {"documents": 200, "generates": True}
# token counts are those of SmolLM2's tokenizer
ONE_TO_THREE = ("bearish", "neutral", "very bullish")
TWO_TO_THREE = ("bearish", "market neutral", "very bullish")
CASES = (
    Case(name="labels-1", title="0-shot, labels of one token", task="phin_fpb", demo=SENTIMENT),
    Case(
        name="labels-3",
        title="0-shot, labels of 1 to 3 tokens (bearish, neutral, very bullish)",
        task="phin_fpb",
        demo=SENTIMENT,
        labels=ONE_TO_THREE,
    ),
    Case(name="labels-7", title="0-shot, seven labels of 1 to 2 tokens (NWGI)", task="phin_nwgi", demo=None),
    Case(
        name="shots-1",
        title="5 fixed examples, labels of one token",
        task="phin_fpb",
        demo=SENTIMENT,
        shots=5,
        documents=32,
    ),
    Case(
        name="shots-3",
        title="5 fixed examples, labels of 2 to 3 tokens (bearish, market neutral, very bullish)",
        task="phin_fpb",
        demo=SENTIMENT,
        shots=5,
        labels=TWO_TO_THREE,
        documents=32,
    ),
    Case(name="ner", title="entities, tuned model", task=ENTITIES, demo=NER, adapter=True, **WRITTEN),
    Case(name="ner-base", title="entities, bare base", task=ENTITIES, demo=NER, **WRITTEN),
    Case(
        name="ner-stops",
        title="entities, bare base, a user's task that stops at a line's end or at \";\"",
        task=ENTITIES,
        demo=NER,
        until=("\n", ";"),
        **WRITTEN,
    ),
    Case(name="ner-shots", title="entities, bare base, 5 fixed examples", task=ENTITIES, demo=NER, shots=5, **WRITTEN),
    Case(
        name="ner-json",
        title="entities as JSON, bare base, 2 examples",
        task=f"{ENTITIES}_json",
        demo=None,
        shots=2,
        **WRITTEN,
    ),
    Case(
        name="ner-tags",
        title="the text again with tags, bare base, 2 examples",
        task=f"{ENTITIES}_tags",
        demo=None,
        shots=2,
        **WRITTEN,
    ),
)
ADAPTERS = "adapters"  # base and three adapters, which is no Case: benchmarks/several.py
NAMES = (*(case.name for case in CASES), ADAPTERS)


def task_of(case: Case, demo: bool) -> Any:
    """lm-eval's task object of a case, with its label words and stop strings."""
    task = manager.load_task(str(case.demo) if demo else case.task)
    if case.labels:
        task.set_config("doc_to_choice", list(case.labels))
        task.set_config("doc_to_target", "gold")  # the label's index: rows hold the task's own words
    if case.until:
        task.set_config("generation_kwargs", {**task.config.generation_kwargs, "until": list(case.until)})
    return task


def real_data() -> bool:
    """Whether the mirror with the real datasets is available."""
    return mirror() is not None
