"""A task as a suite needs it: lm-eval's object with its rows, and digests of what determines the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.paths import is_name
from phingpt_bench.core.protocol import AskedPrompt
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval import asking, manager
from phingpt_bench.lmeval.asking import Words
from phingpt_bench.lmeval.taskfiles import asked

if TYPE_CHECKING:
    from lm_eval.tasks import TaskManager


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """One task, computed once for a command."""

    name: str
    version: str
    dataset: Passport
    extraction: str  # how an answer is obtained, as in `Protocol.extraction`
    form_of: str | None  # the task with the same answers in the usual form, if this task uses another form
    metric: str  # the headline metric
    split: str
    ids: tuple[str, ...]  # of its test rows, in order
    requests: int  # the number of requests per row
    template: str  # digest of what determines prompt and answer
    setup: str  # digest of what else determines the answers, without examples (generation settings, version)
    chat_setup: str  # the same under a chat template, if something else ends a written answer
    examples: tuple[str, ...]  # ids of the few-shot examples; k-shot prompts take the first k
    trainable: bool  # whether there are training rows
    task: Any  # lm-eval's object
    prompt: AskedPrompt | None = None  # that took the place of the task file's
    system: str | None = None  # the system message of that prompt


class Tasks:
    """The tasks of one command: their files are read once, and each task is computed at its first use."""

    def __init__(self) -> None:
        self._manager: TaskManager | None = None
        self._facts: dict[str, TaskFacts] = {}
        self._put: dict[tuple[str, Words], TaskFacts] = {}

    @property
    def manager(self) -> TaskManager:
        """lm-eval's index of the task files; BenchError with file and line for an unreadable one."""
        if self._manager is None:
            self._manager = manager.task_manager()
        return self._manager

    def expand(self, names: Sequence[str]) -> list[str]:
        """The tasks of task, group and tag names, each once; BenchError for an unknown name."""
        return manager.expand(names, self.manager)

    def __getitem__(self, name: str) -> TaskFacts:
        """The facts of a task. BenchError for an unknown name, and as in `task_facts`."""
        if name not in self._facts:
            self._facts[name] = task_facts(name, self.manager)
        return self._facts[name]

    def put(self, name: str, words: Words | None) -> TaskFacts:
        """The facts of a task under other words. BenchError if these do not fit it, and as `task_facts`."""
        if words is None:
            return self[name]
        if (name, words) not in self._put:
            self[name]  # says what is wrong with a name or its dataset
            task, prompt, system = asking.put(name, words, self.manager)
            self._put[name, words] = replace(facts_of(name, task), prompt=prompt, system=system)
        return self._put[name, words]


def task_facts(name: str, tasks: TaskManager | None = None) -> TaskFacts:
    """Load a task with its dataset; `tasks` is a TaskManager with it, by default a new one (which takes a second).

    BenchError if the task does not use a catalogued dataset: its rows have no protocol.
    """
    return facts_of(name, manager.load_task(name, tasks))


def facts_of(name: str, task: Any) -> TaskFacts:
    """The facts of a task object. BenchError as `task_facts`."""
    config, wanted = task.config, asked(vars(task.config))
    if wanted.dataset is None:
        raise BenchError(
            "task '{name}' does not use a catalogued dataset, so its scores would have no protocol",
            hint="'phingpt-bench lm-eval run --tasks {name} ...' runs it without records",
            name=name,
        )
    from phingpt_bench.lmeval.written import CHAT_RULE

    if not is_name(name):
        raise BenchError(
            "task '{name}' has a name that cannot be that of a folder, where its records would go", name=name
        )
    docs, version, passport = task.eval_docs, str(task.VERSION), catalogue.dataset(wanted.dataset)
    setup = {"version": version, "generation": None if wanted.chosen else config.generation_kwargs}
    return TaskFacts(
        name=name,
        version=version,
        dataset=passport,
        extraction=wanted.extraction,
        form_of=wanted.form_of,
        metric=passport.metric,
        split=config.test_split or config.validation_split,
        ids=tuple(doc["id"] for doc in docs),
        requests=len(task.doc_to_choice(docs[0])) if wanted.chosen else 1,
        template=manager.template_digest(task),
        setup=digest(setup),
        chat_setup=digest(setup if wanted.chosen else {**setup, "chat": CHAT_RULE}),
        examples=_examples(task),
        trainable=bool(config.training_split),
        task=task,
    )


def _examples(task: Any) -> tuple[str, ...]:
    docs = task.fewshot_docs() if task.config.fewshot_split else None
    return tuple(doc["id"] for doc in docs or ())
