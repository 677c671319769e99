"""Where the shipped files (tasks, recipes, published results) and the caches are."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def share(*parts: str) -> Path:
    """A shipped file or folder such as `share("tasks")` or `share("adapters", "recipes")`.

    In a checkout these lie beside the package; in a wheel under `phingpt_bench/share/` (see pyproject.toml).
    The path is returned whether or not it exists.
    """
    installed = _PACKAGE / "share"
    return (installed if installed.is_dir() else _PACKAGE.parent).joinpath(*parts)


def cache_dir() -> Path:
    """$PHINGPT_BENCH_CACHE, else $XDG_CACHE_HOME/phingpt-bench, else ~/.cache/phingpt-bench; not created here."""
    if own := os.environ.get("PHINGPT_BENCH_CACHE"):
        return Path(own).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "phingpt-bench"
