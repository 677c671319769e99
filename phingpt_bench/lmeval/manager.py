"""lm-eval's task objects: found, loaded, and rendered into prompts and answers.

`render_prompt` is the project's one prompt renderer: an evaluation gets its prompts from lm-eval, training gets the
same ones from here, out of the same task object.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.paths import share, task_folders
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval.taskfiles import check_syntax

if TYPE_CHECKING:
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks import TaskManager

# lm-eval's command line renders examples as turns under every chat template; its Python API needs this option
FEWSHOT_AS_MULTITURN = True


def tasks_dir() -> Path:
    """The folder of our task YAMLs: give it to lm-eval as `--include_path`."""
    return share("tasks")


def task_manager(extra: Sequence[Path] = ()) -> TaskManager:
    """A TaskManager over our tasks, the user's ($PHINGPT_BENCH_TASKS) and those in the folders `extra`.

    lm-eval's own tasks are left out: their index takes 5 s.

    BenchError with file and line for a YAML file that lm-eval would skip silently: it logs syntax errors at DEBUG
    and then only says that there is no such task.
    """
    from lm_eval.tasks import TaskManager

    folders = [*task_folders(), *(Path(folder) for folder in extra)]
    for folder in folders:
        check_syntax(folder)
    return TaskManager(include_path=[str(folder) for folder in folders], include_defaults=False)


def expand(names: Sequence[str], manager: TaskManager | None = None) -> list[str]:
    """Leaf task names for task, group and tag names: in the order given, each once. No dataset is loaded.

    BenchError for any other name.
    """
    manager = manager or task_manager()
    groups, tags = set(manager.all_groups), set(manager.all_tags)
    found: dict[str, None] = {}

    def add(name: str, above: tuple[str, ...]) -> None:
        entry = manager.task_index.get(name)
        if entry is None:
            where = f"group '{above[-1]}'" if above else None
            raise unknown(sentence("task"), name, manager.all_tasks, where=where, see="phingpt-bench tasks")
        if name in above:
            raise BenchError("group '{name}' contains itself", where=" > ".join((*above, name)), name=name)
        if name in groups:
            for item in (entry.cfg or {}).get("task") or []:
                add(item if isinstance(item, str) else item.get("task") or item["group"], (*above, name))
        elif name in tags:
            for item in sorted(entry.tags):
                add(item, (*above, name))
        else:
            found[name] = None

    for name in names:
        add(name, ())
    return list(found)


def load_task(name: str, manager: TaskManager | None = None) -> ConfigurableTask:
    """The task object with its dataset, a new one at each call: `simple_evaluate` stores the number of shots in it.

    BenchError for an unknown name and a file that lm-eval cannot make a task of; and whatever the dataset's loader
    raises.
    """
    from jinja2 import TemplateError

    manager = manager or task_manager()
    if name not in manager.all_subtasks:
        raise unknown(sentence("task"), name, manager.all_tasks, see="phingpt-bench tasks")
    lm_eval_parts.sandbox_templates(beyond_the_sandbox)
    try:
        with quiet():  # each load warns that keyword arguments may be passed to a custom dataset
            return manager.load([name])["tasks"][name]
    # errors of lm-eval's code on an incomplete file of the user
    except (TypeError, KeyError, ValueError, AttributeError, ImportError, TemplateError) as err:
        said = " ".join(f"{type(err).__name__}: {err}".split())
        raise BenchError(
            "task '{name}' cannot be loaded ({reason})",
            where=str(manager.task_index[name].yaml_path),
            hint="'phingpt-bench tasks validate --task {name}' checks it",
            name=name,
            reason=said,
        ) from err


def beyond_the_sandbox(what: str) -> BenchError:
    """The error for a template that reaches for what the sandbox keeps from it; `what`: as Jinja says it."""
    return BenchError(
        "a template of a task uses something other than its document ({reason})",
        hint="templates may use the document and Jinja's filters; code belongs into a !function",
        reason=what,
    )


def render_prompt(
    task: ConfigurableTask,
    doc: Mapping[str, Any],
    *,
    shots: int = 0,
    chat_template: bool = False,
    tokenizer: Any = None,
    renderer: Callable[..., str] | None = None,
    system: str | None = None,
) -> str:
    """The prompt of one document, as lm-eval's `build_all_requests` renders it.

    tokenizer: needed with `chat_template` only, and not where a `renderer` of a model makes the prompt of messages.
    system: the system message of a prompt that took the place of the task's.
    With shots, the examples come from the task's few-shot sampler: only `first_n` (ours) gives every document the same
    ones.
    BenchError when the tokenizer has no chat template.
    """
    prompt: str = task.fewshot_context(
        doc,
        num_fewshot=shots,
        system_instruction=system,
        apply_chat_template=chat_template,
        fewshot_as_multiturn=chat_template and FEWSHOT_AS_MULTITURN,
        chat_template=(renderer or _chat_template(tokenizer)) if chat_template else None,
        gen_prefix=task.doc_to_prefix(doc),
    )
    return prompt


def answer_text(
    task: ConfigurableTask, doc: Mapping[str, Any], tokenizer: Any = None, chat_template: bool = False
) -> str:
    """What follows the prompt when the model is right, with its delimiter in front.

    Label tasks: the very continuation that lm-eval scores (" negative"). Generation: " " + answer + what ends it, the
    first stop string of the task (a line's end), or the tokenizer's eos token under a chat template.
    """
    if task.OUTPUT_TYPE == "multiple_choice":
        return continuations(task, doc, chat_template=chat_template)[gold_index(task, doc)]
    answer = task.doc_to_target(doc)
    answer = str(answer[0] if isinstance(answer, list) else answer)
    prefix = task.doc_to_prefix(doc)
    if prefix:  # as lm-eval joins them in the few-shot examples
        delimiter = "" if prefix[-1].isspace() else " "
    else:
        delimiter = "" if chat_template else task.config.target_delimiter
    end: str = tokenizer.eos_token if chat_template else task.config.generation_kwargs["until"][0]
    return delimiter + answer + end


def continuations(task: ConfigurableTask, doc: Mapping[str, Any], *, chat_template: bool = False) -> list[str]:
    """The strings that a label task scores after its prompt, one per label, in the order of `doc_to_choice`."""
    requests = task.construct_requests(
        doc, "", apply_chat_template=chat_template, chat_template=None, metadata=(None, None, 1)
    )
    return [request.args[1] for request in requests][: len(task.doc_to_choice(doc))]


def gold_index(task: ConfigurableTask, doc: Mapping[str, Any]) -> int:
    """The index of the gold label in `doc_to_choice`; BenchError when it is not one of them."""
    target, choices = task.doc_to_target(doc), task.doc_to_choice(doc)
    if isinstance(target, str) and target in choices:
        return list(choices).index(target)
    if isinstance(target, int) and 0 <= target < len(choices):
        return target
    raise BenchError(
        "label {target!r} is not among the choices {choices}",
        where=sentence("task {task}", task=task.config.task),
        target=target,
        choices=choices,
    )


def template_digest(task: ConfigurableTask) -> str:
    """A digest of all that shapes prompt and answer, apart from the document: it binds an adapter to its template."""
    return config_digest(task.config)


def config_digest(config: Any) -> str:
    """`template_digest` of a task's configuration."""
    return digest(
        {
            "doc_to_text": _plain(config.doc_to_text),
            "doc_to_choice": _plain(config.doc_to_choice),
            "doc_to_target": _plain(config.doc_to_target),
            "gen_prefix": config.gen_prefix,
            "target_delimiter": config.target_delimiter,
            "fewshot_delimiter": config.fewshot_delimiter,
            "description": _plain(config.description),
            "until": (config.generation_kwargs or {}).get("until"),
        }
    )


def _plain(value: Any) -> Any:
    """A function as its dotted name: what JSON can hold, and the same on every machine."""
    return f"{value.__module__}.{value.__qualname__}" if callable(value) else value


def _chat_template(tokenizer: Any) -> Callable[..., str]:
    """lm-eval's own rendering of messages, which needs nothing of a model but its tokenizer."""
    if not getattr(tokenizer, "chat_template", None):
        raise BenchError("this tokenizer has no chat template", hint="run without the chat template")
    return lm_eval_parts.chat_renderer(tokenizer)


@contextlib.contextmanager
def quiet(*others: str) -> Iterator[None]:
    """Within the block lm-eval, and the other loggers by their names, log errors only."""
    before = {logger: logger.level for logger in map(logging.getLogger, ("lm_eval", *others))}
    for logger in before:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in before.items():
            logger.setLevel(level)
