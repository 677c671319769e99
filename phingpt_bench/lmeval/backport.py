"""Lets lm-eval's own command line find our tasks, as entry points will after lm-eval 0.4.13.

lm-eval 0.4.13 reads no entry points, and its command line takes one `--include_path`. So its TaskManager is replaced,
for the duration of one command, by one that looks into our folder too. A later lm-eval that finds our tasks by itself
is unaffected: it sees the same files under the same names.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import check_syntax


@contextlib.contextmanager
def our_tasks(requested: Sequence[str]) -> Iterator[None]:
    """Within the block every TaskManager that lm-eval makes knows our tasks.

    requested: the task names of the command line. When each of them is in our folder or in the one that the user
    includes, lm-eval's own tasks are left out: their index takes 5 s. BenchError for an unknown task name.
    """
    from lm_eval.tasks import TaskManager

    made: list[Any] = []

    class OurTaskManager(TaskManager):
        def __init__(self, verbosity: Any = None, include_path: Any = None, include_defaults: bool = True, **rest: Any):
            folders = [manager.tasks_dir(), *_folders(include_path)]
            for folder in folders:
                check_syntax(folder)
            paths = [str(folder) for folder in folders]
            if requested and include_defaults:
                own = TaskManager(include_path=paths, include_defaults=False)
                include_defaults = not all(_is_own(name, own) for name in requested)
            super().__init__(verbosity, include_path=paths, include_defaults=include_defaults, **rest)
            made.append(self)

    with lm_eval_parts.task_manager_replaced(OurTaskManager):
        try:
            yield
        except ValueError as err:
            name = lm_eval_parts.missing_task(err)
            if name is None or not made:
                raise
            raise unknown(sentence("task"), name, made[-1].all_tasks, see="phingpt-bench lm-eval ls tasks") from None


def _folders(include_path: Any) -> list[Path]:
    """The user's folders: one, a list, or several in one string, separated as in PATH."""
    if not include_path:
        return []
    if isinstance(include_path, list | tuple):
        return [Path(part) for part in include_path]
    whole = Path(include_path)
    return [whole] if whole.is_dir() else [Path(part) for part in str(include_path).split(os.pathsep)]


def _is_own(name: str, own: Any) -> bool:
    """Whether a requested task is found without lm-eval's own tasks; BenchError for a misspelt name of ours."""
    if name in own.all_tasks or name.endswith(".yaml"):
        return True
    if not name.startswith("phin"):
        return False
    if not own.match_tasks([name]):
        raise unknown(sentence("task"), name, own.all_tasks, see="phingpt-bench tasks")
    return True
