"""Whether the real datasets are available locally, as `doctor` sees it: nothing is read, nothing is fetched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.data.passport import Origin

OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
REAL = "phingpt-bench run smollm2-135m --dry-run"
FIRST = ("fpb", "tfns", "fin", "finer_ord")  # the datasets of the group phin, the tasks to begin with


def origins(names: Iterable[str] | None = None) -> dict[str, Origin]:
    """Where datasets come from, by their folder in a mirror; without the embedded corpus, which is always available.

    names: datasets of the catalogue; None means all. A dataset whose passport cannot be read is skipped.
    """
    from phingpt_bench.data import catalogue

    passports, _ = catalogue.readable()
    found = [passports[name] for name in (passports if names is None else names) if name in passports]
    return {one.origin.folder: one.origin for one in found if not one.name.startswith("demo_")}


def in_mirror(origin: Origin, root: Path | None) -> bool:
    """Whether the mirror has a folder for it that is not empty; its files are not opened."""
    return root is not None and (root / origin.folder).is_dir() and any((root / origin.folder).iterdir())


def in_cache(origin: Origin) -> bool:
    """Whether the Hugging Face cache seems to hold a dataset, as rows or as a file of its repository."""
    if origin.hub is None:
        return False
    from datasets import config
    from huggingface_hub import constants

    rows, files = Path(config.HF_DATASETS_CACHE), Path(constants.HF_HUB_CACHE)
    name = origin.hub.replace("/", "___").lower()
    as_rows = rows.is_dir() and any(one.name.lower() == name for one in rows.iterdir())
    return as_rows or (files / f"datasets--{origin.hub.replace('/', '--')}").is_dir()


def real_suites(able: bool) -> str:
    """Whether the suites on real data can run, in words: what the demo needs, and the datasets."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.data.sources import MIRROR_VARIABLE, mirror

    if not able:
        return say("cannot run here yet")
    try:
        root = mirror()
    except BenchError:  # a check of its own says so
        return say("cannot run here yet: {variable} names no folder", variable=MIRROR_VARIABLE)
    lacking = [name for name, one in origins(FIRST).items() if not in_mirror(one, root) and not in_cache(one)]
    if not lacking:
        return say("can run here, their datasets are available locally: {command}", command=REAL)
    listed = ", ".join(lacking)
    if any(os.environ.get(name, "").lower() in ("1", "on", "yes", "true") for name in OFFLINE):
        return say(
            "cannot run here yet: no {names} in a mirror or in the cache, and the Hub is switched off", names=listed
        )
    return say(
        "need the Hub for {names} (or a mirror, {variable}): {command}",
        names=listed,
        variable=MIRROR_VARIABLE,
        command=REAL,
    )
