"""Where the shipped files (tasks, recipes, published results), a user's own tasks and the caches are."""

from __future__ import annotations

import os
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

TASKS_VARIABLE = "PHINGPT_BENCH_TASKS"
# names that Windows keeps for devices, whatever ending follows
DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}
_PACKAGE = Path(__file__).resolve().parent.parent


def share(*parts: str) -> Path:
    """A shipped file or folder such as `share("tasks")` or `share("adapters", "recipes")`.

    In a checkout these are next to the package; in a wheel under `phingpt_bench/share/` (see pyproject.toml).
    The path is returned whether or not it exists.
    """
    installed = _PACKAGE / "share"
    return (installed if installed.is_dir() else _PACKAGE.parent).joinpath(*parts)


def is_name(text: str) -> bool:
    """Whether a text can be the name of a file or folder on Linux, macOS and Windows, and stays in its folder."""
    stem = text.split(".")[0].rstrip(" ").upper()
    return (
        0 < len(text) <= 200
        and text.isprintable()
        and not set(text) & set('<>:"/\\|?*')
        and text.strip(". ") != ""
        and not text.endswith((".", " "))
        and stem not in DEVICES
    )


def is_path(path: Path) -> bool:
    """Whether a path is one that systems take: without zero bytes and lone surrogates."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


LOCAL = "local"  # the folder of results that stay on this machine, such as those of the demonstration


def results_folder() -> Path:
    """results/ in the current folder where there is one, otherwise the shipped results."""
    here = Path("results")
    return here if here.is_dir() else share("results")


def task_folders() -> list[Path]:
    """The folders with task files and, below passports/, passports: the shipped one, then that of the user.

    The user's is named by $PHINGPT_BENCH_TASKS; BenchError if it does not exist.
    """
    own = named_folder(TASKS_VARIABLE, sentence("the task folder"), sentence("task files and passports/"))
    return [share("tasks"), *([own] if own else [])]


def named_folder(variable: str, what: str, content: str) -> Path | None:
    """The folder that an environment variable names, None if it is not set; BenchError if the folder does not exist."""
    name = os.environ.get(variable)
    if not name:
        return None
    folder = expanded(name)
    if not folder.is_dir():
        raise BenchError(
            "{what} {folder} is not a folder",
            where=variable,
            hint="point {variable} at a folder with {content}, or unset it",
            what=what,
            folder=folder,
            variable=variable,
            content=content,
        )
    return folder


def expanded(path: str | Path) -> Path:
    """The path with a leading "~" as the home folder; as it is if there is no such user."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  pathlib's raises an error for an unknown user


def cache_dir() -> Path:
    """$PHINGPT_BENCH_CACHE, else $XDG_CACHE_HOME/phingpt-bench, else ~/.cache/phingpt-bench; not created here."""
    if own := os.environ.get("PHINGPT_BENCH_CACHE"):
        return expanded(own)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "phingpt-bench"
