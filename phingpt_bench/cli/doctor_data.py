"""Whether the real datasets are at hand, as `phingpt-bench doctor` sees it: nothing is read, nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.data.sources import Source

OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")
REAL = "phingpt-bench run smollm2-135m --dry-run"


def sources() -> dict[str, Source]:
    """The real datasets by folder in a mirror."""
    from phingpt_bench.data import ner, sentiment
    from phingpt_bench.data.sources import Source

    values = [*vars(sentiment).values(), *vars(ner).values()]
    return {value.folder: value for value in values if isinstance(value, Source)}


def in_mirror(source: Source, root: Path | None) -> bool:
    return root is not None and all((root / source.folder / file).is_file() for file in source.files.values())


def in_cache(source: Source) -> bool:
    """Whether the Hugging Face cache seems to hold a dataset: its folder is there; what is in it is not opened."""
    if source.hub_zip is not None:
        from huggingface_hub import try_to_load_from_cache

        archive = source.hub_zip[0]
        found = try_to_load_from_cache(source.hub_id, archive, repo_type="dataset", revision=source.revision)
        return isinstance(found, str)
    from datasets import config

    name = source.hub_id.replace("/", "___").lower()
    folder = Path(config.HF_DATASETS_CACHE)
    return folder.is_dir() and any(one.name.lower() == name for one in folder.iterdir())


def real_suites(able: bool) -> str:
    """Whether the suites on real data can run, in words: what the demo needs, and the datasets."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.data.sources import MIRROR_VARIABLE, mirror

    if not able:
        return "cannot run here yet"
    try:
        root = mirror()
    except BenchError:  # told as a check of its own
        return f"cannot run here yet: {MIRROR_VARIABLE} names no folder"
    lacking = [name for name, one in sources().items() if not in_mirror(one, root) and not in_cache(one)]
    if not lacking:
        return f"can run here, all datasets are at hand: {REAL}"
    listed = ", ".join(lacking)
    if any(os.environ.get(name, "").lower() in ("1", "on", "yes", "true") for name in OFFLINE):
        return f"cannot run here yet: no {listed} in a mirror or in the cache, and the Hub is switched off"
    return f"need the Hub for {listed} (or a mirror, {MIRROR_VARIABLE}): {REAL}"
