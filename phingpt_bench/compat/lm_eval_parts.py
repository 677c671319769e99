"""Parts of lm-eval that may change without notice."""

from __future__ import annotations

import contextlib
import functools
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from phingpt_bench.compat.replaced import replaced

# lm-eval 0.4.13: methods of HFLM that PhinLM and its parent override. If one is renamed, PhinLM silently answers as
# HFLM does, slower. Upstream alternative: overriding the public loglikelihood and generate_until, which would mean
# copying HFLM's encoding, rank and cache handling.
OVERRIDDEN_IN_HFLM = ("_loglikelihood_tokens", "_model_generate", "_encode_pair", "tok_encode", "tok_batch_encode")


def load_task_yaml(path: Path) -> dict[str, object]:
    """The keys of a task file with its includes merged and its functions imported, as lm-eval reads them.

    lm-eval 0.4.13, `lm_eval.tasks._yaml_loader.load_yaml`. If it moves, the digests of prompt templates cannot be
    taken. Upstream alternative: none without loading the task's dataset.
    """
    from lm_eval.tasks._yaml_loader import load_yaml

    keys: dict[str, object] = load_yaml(path)
    return keys


@contextlib.contextmanager
def task_functions_checked(check: Callable[[str, Path], None]) -> Iterator[None]:
    """Within the block `check(name, folder of the file)` sees each function of a task file before it is imported.

    lm-eval 0.4.13, `lm_eval.tasks._yaml_loader._import_func_in_yml`. If it moves, looking at a task folder raises
    AttributeError here. Upstream alternative: `load_yaml(resolve_func=False)`, which tasks cannot be built from.
    """
    from lm_eval.tasks import _yaml_loader

    imported = _yaml_loader._import_func_in_yml

    def checked(name: str, folder: Path) -> Any:
        check(name, folder)
        return imported(name, folder)

    with replaced(_yaml_loader, "_import_func_in_yml", checked):
        yield


@contextlib.contextmanager
def metrics_checked(refuse: Callable[[str], None]) -> Iterator[None]:
    """Within the block `refuse(name)` is called for each metric of a task that lm-eval does not have itself.

    lm-eval 0.4.13, the name `get_metric` in `lm_eval.api.task`, and `metric_registry` in `lm_eval.api.registry`. If
    they move, looking at a task folder raises AttributeError here. Upstream alternative: none.
    """
    from lm_eval.api import registry, task

    def checked(name: str, hf_evaluate_metric: bool = False) -> Any:
        if hf_evaluate_metric or name not in registry.metric_registry:
            refuse(name)
        return registry.get_metric(name, hf_evaluate_metric)

    with replaced(task, "get_metric", checked):
        yield


def sandbox_templates(refused: Callable[[str], Exception]) -> None:
    """From now on lm-eval renders templates in Jinja's sandbox: they see their document, and no Python behind it.

    refused: the error for a template that reaches for more, from what Jinja says about it.
    lm-eval 0.4.13, `lm_eval.utils.env`. If it moves, templates of task files can run any code again, and a test fails.
    Upstream alternative: none.
    """
    from jinja2.exceptions import SecurityError
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    from lm_eval import utils

    if isinstance(utils.env, ImmutableSandboxedEnvironment):
        return

    class Sandbox(ImmutableSandboxedEnvironment):
        def handle_exception(self, source: str | None = None) -> NoReturn:
            try:
                super().handle_exception(source)
            except SecurityError as err:
                raise refused(str(err)) from None

    before = utils.env
    utils.env = Sandbox(
        loader=before.loader, undefined=before.undefined, keep_trailing_newline=before.keep_trailing_newline
    )
    utils.env.filters.update(before.filters)


@contextlib.contextmanager
def no_progress_bars() -> Iterator[None]:
    """Within the block lm-eval draws no bar while it builds requests.

    lm-eval 0.4.13, the name `tqdm` in `lm_eval.api.task`. If it moves, its bars are drawn between our own lines.
    Upstream alternative: none; `cache_requests` and `rank` are the only switches of that bar.
    """
    from lm_eval.api import task

    with replaced(task, "tqdm", functools.partial(task.tqdm, disable=True)):
        yield


@contextlib.contextmanager
def no_environment_scan() -> Iterator[None]:
    """Within the block an evaluation does not start programs to describe the machine, which takes 0.6 to 3 s a task.

    lm-eval 0.4.13, `add_env_info` and `get_git_commit_hash` in `lm_eval.evaluator`. If they move, evaluations get that
    much slower. Upstream alternative: none.
    """
    from lm_eval import evaluator

    with (
        replaced(evaluator, "add_env_info", lambda results: None),
        replaced(evaluator, "get_git_commit_hash", lambda: None),
    ):
        yield


@contextlib.contextmanager
def task_manager_replaced(replacement: type) -> Iterator[None]:
    """Within the block lm-eval's command line makes task managers of the class `replacement`.

    lm-eval 0.4.13, the name `TaskManager` in `lm_eval.tasks` and `lm_eval.tasks.manager`. If it moves, the command
    `phingpt-bench lm-eval` no longer finds our tasks. Upstream alternative: the entry points that lm-eval's open pull
    requests 4013 to 4015 read.
    """
    import lm_eval.tasks
    from lm_eval.tasks import manager

    with replaced(lm_eval.tasks, "TaskManager", replacement), replaced(manager, "TaskManager", replacement):
        yield


TASKS_NOT_FOUND = "Tasks not found: "


def missing_task(error: ValueError) -> str | None:
    """The first task name that lm-eval's command line did not find; None if the error says something else.

    lm-eval 0.4.13, the text of the error in `lm_eval.config.evaluate_config`. If it changes, a misspelt name ends in
    lm-eval's own traceback instead of our message. Upstream alternative: none, the error has no type of its own.
    """
    text = str(error)
    return text.removeprefix(TASKS_NOT_FOUND).split(", ")[0] if text.startswith(TASKS_NOT_FOUND) else None


def chat_renderer(tokenizer: Any) -> Callable[..., str]:
    """lm-eval's rendering of chat messages with a tokenizer, without a model.

    lm-eval 0.4.13, `HFLM.apply_chat_template` called on an object with the two attributes that it reads. If it reads
    more, training prompts raise AttributeError. Upstream alternative: none; a copy could drift from what is evaluated.
    """
    from lm_eval.models.huggingface import HFLM

    return functools.partial(
        HFLM.apply_chat_template, types.SimpleNamespace(tokenizer=tokenizer, chat_template_args={})
    )
