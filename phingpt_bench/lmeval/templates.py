"""The lock of the prompts: `templates.lock` next to the task files pins each task's version and template digest.

So that an edited prompt without a new version is noticed. One task a line: name, version, digest. The file's name does
not end in .yaml, so lm-eval does not look at it. Digests are taken without loading a dataset.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.lmeval import manager
from phingpt_bench.lmeval.taskfiles import TaskFile, read_tasks

LOCK = "templates.lock"
HEAD = "# written by 'phingpt-bench tasks stamp --templates': task, version, digest of prompt and answer template"


def read_lock(folder: Path) -> dict[str, tuple[str, str]]:
    """(version, digest) by task name; empty if there is no lock. BenchError with file and line for a bad line."""
    file, pinned = folder / LOCK, {}
    if not file.is_file():
        return {}
    for number, line in enumerate(read_text(file).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            parts = line.split()
            if len(parts) != 3:
                raise BenchError("a line is task, version, digest", where=f"{file}:{number}")
            pinned[parts[0]] = parts[1], parts[2]
    return pinned


def write_lock(folder: Path) -> int:
    """Pin the templates of the tasks in `folder`; their number.

    BenchError for a prompt edited under its old version.
    """
    found, pinned = digests(folder), read_lock(folder)
    edited = [name for name in found if name in pinned and _edited(pinned[name], found[name])]
    if edited:
        raise BenchError(
            "another prompt under the same version: {names}",
            where=str(folder / LOCK),
            hint="raise metadata.version in the task's YAML: runs of another prompt are not comparable",
            names=", ".join(edited),
        )
    lines = [f"{name} {version} {digest}" for name, (version, digest) in sorted(found.items())]
    (folder / LOCK).write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return len(lines)


def fault(pinned: dict[str, tuple[str, str]], name: str, found: tuple[str, str]) -> str | None:
    """What is wrong with a task's entry in the lock, in words; None when the lock agrees."""
    if name not in pinned:
        return f"not in {LOCK}: 'phingpt-bench tasks stamp --templates' adds it"
    if _edited(pinned[name], found):
        return f"another prompt (digest {found[1]}, pinned {pinned[name][1]}) under the same version {found[0]}"
    if pinned[name] != found:
        return f"{LOCK} is of version {pinned[name][0]}: 'phingpt-bench tasks stamp --templates' renews it"
    return None


def digests(folder: Path) -> dict[str, tuple[str, str]]:
    """(version, template digest) of each task whose file is in `folder`."""
    return {name: (task.version, digest_of(task)) for name, task in read_tasks([folder]).tasks.items()}


def digest_of(task: TaskFile) -> str:
    """The template digest of a task file: that of the loaded task (manager.template_digest), without its dataset."""
    return manager.config_digest(config_of(task))


def config_of(task: TaskFile) -> Any:
    """lm-eval's configuration of a task file, functions resolved. BenchError for keys and functions it cannot take."""
    from lm_eval.config.task import TaskConfig

    with manager.quiet():
        try:
            keys = lm_eval_parts.load_task_yaml(task.path)
            return TaskConfig(**{key: value for key, value in keys.items() if key not in ("tag", "task_list", "class")})
        except (TypeError, ValueError, ImportError, AttributeError) as err:
            raise BenchError(str(err), where=str(task.path)) from None


def _edited(pinned: tuple[str, str], found: tuple[str, str]) -> bool:
    return pinned[0] == found[0] and pinned[1] != found[1]
