"""One rendered example of a task, for a reader: from its dataset where that is available, otherwise invented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval import manager, templates
from phingpt_bench.lmeval.taskfiles import TaskFile

TEXT = "Anna Lee, head of Nokia Oyj in Espoo, expects sales to fall."
INVENTED: dict[str, object] = {
    "id": "000000000000",
    "text": TEXT,
    "entity": "Nokia Oyj",
    "question": "Does it say that sales will fall?",
    "group": 0,
}


@dataclass(frozen=True, slots=True)
class Example:
    """origin: the source of the document. answer: the right answer, as it follows the prompt."""

    origin: str
    prompt: str
    answer: str


def unreachable(dataset: str | None) -> str | None:
    """Why a dataset of the catalogue cannot be read here; None when it can, or is not in the catalogue."""
    if dataset not in catalogue.names():
        return None
    passport = catalogue.dataset(dataset)
    try:
        catalogue.read(passport)  # its contents are not checked here: changed rows are an error of their own
    except BenchError as err:
        return err.message
    return None


def example(task_file: TaskFile, tasks: Any) -> Example:
    """The first training document of a task, and its right answer.

    Test rows are never shown. An invented document takes the place of training rows that do not exist or cannot be
    read here.
    BenchError for a task without training rows whose dataset is not in the catalogue: its rows could be of any form.
    """
    passport = catalogue.dataset(task_file.dataset) if task_file.dataset else None
    reason = unreachable(task_file.dataset)
    if reason is None:
        task = manager.load_task(task_file.name, tasks)
        docs = task.training_docs()
        if docs:
            return _rendered(task, docs[0], sentence("first training row"))
        reason = sentence("the dataset has no training rows")
    if passport is None:
        raise BenchError(
            "no example of task '{name}' can be shown: it has no training rows, and test rows are not shown",
            where=str(task_file.path),
            hint="set training_split in the task's YAML, or read a dataset of the catalogue",
            name=task_file.name,
        )
    doc = _invented(passport, task_file.asked.form)
    return _rendered(_over(task_file, doc), doc, sentence("an invented row, as {reason}", reason=reason))


def _rendered(task: Any, doc: dict[str, object], origin: str) -> Example:
    return Example(origin, manager.render_prompt(task, doc), manager.answer_text(task, doc))


def _invented(passport: Passport, form: str) -> dict[str, object]:
    from phingpt_bench.scoring.formats import answer_format

    if passport.kind == "scores":
        return {**INVENTED, "score": -0.5, "answer": "-0.50"}
    names = list(passport.labels)
    if passport.kind == "labels":
        return {**INVENTED, "labels": names, "label": names[0], "gold": 0}
    answer = answer_format(form).write(TEXT, [], names)
    return {**INVENTED, "labels": names, "entities": [], "answer": answer, "format": form}


def _over(task_file: TaskFile, doc: dict[str, object]) -> Any:
    """lm-eval's task object over one document in place of its dataset."""
    import datasets
    from lm_eval.api.task import ConfigurableTask

    rows = datasets.DatasetDict({"test": datasets.Dataset.from_list([doc])})
    config = vars(templates.config_of(task_file)) | {
        "custom_dataset": lambda **_: rows,
        "training_split": None, "validation_split": None, "test_split": "test",
        "fewshot_split": None, "fewshot_config": None,
    }  # fmt: skip
    lm_eval_parts.sandbox_templates(manager.beyond_the_sandbox)
    with manager.quiet():
        return ConfigurableTask(config=config)
