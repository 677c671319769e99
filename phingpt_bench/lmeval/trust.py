"""Inspecting the task files of others without running their code.

A task file contains code in two forms: its templates are Jinja, and `!function` names Python that is imported.
Templates are rendered in a sandbox, always (manager.load_task). Functions are another matter: a run needs them, a look
does not, so that whoever only looks (`tasks validate`, `tasks show`, `--dry-run`) imports ours alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.data.readers import only_ours
from phingpt_bench.scoring.metrics import METRICS

HOOKS = "phingpt_bench.lmeval.hooks"
WRITTEN = "phingpt_bench.lmeval.written.WrittenTask"  # the class that our shared files name for written answers
NAMES = {"load", "results", *METRICS, *(f"{name}_stderr" for name in METRICS)}  # of HOOKS, that task files may name


@contextlib.contextmanager
def looked_at(*, trusted: bool) -> Iterator[None]:
    """Within the block a task file or passport that needs code other than ours raises BenchError, unless `trusted`."""
    if trusted:
        yield
        return
    with lm_eval_parts.task_functions_checked(check_function), lm_eval_parts.metrics_checked(check_metric), only_ours():
        yield


def check_function(name: str, folder: Path) -> None:
    """BenchError where a function that a task file in `folder` names is not one of ours."""
    module, _, function = name.rpartition(".")
    if Path(folder).resolve().is_relative_to(share("tasks").resolve()):
        return
    # lm-eval takes a file next to the YAML before the module of that name
    beside = Path(folder, f"{module.replace('.', '/')}.py")
    ours = (module == HOOKS and function in NAMES) or name == WRITTEN
    if not ours or beside.exists():
        raise BenchError(
            "the function '{name}' is code that comes with the task, and does not run without --trust-task-code",
            where=str(folder),
            hint="read that code first: it may do whatever you may do",
            name=name,
        )


def check_metric(name: str) -> None:
    """BenchError: a metric that lm-eval does not have is a program, which Hugging Face's `evaluate` would run."""
    raise BenchError(
        "the metric '{name}' is code from elsewhere, and does not run without --trust-task-code",
        hint="lm-eval does not have it, and would let Hugging Face's 'evaluate' fetch it",
        name=name,
    )
