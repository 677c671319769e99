"""The entry points that future versions of lm-eval read lead to our model class, metrics and task files.

No released lm-eval reads them (docs/upstream.md); the tests hold what its pull requests 4013 to 4015 do with them.
"""

from __future__ import annotations

import importlib
import importlib.resources
import importlib.util
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from helpers.paths import ROOT

from phingpt_bench.engine.lm import PhinLM
from phingpt_bench.lmeval.manager import tasks_dir
from phingpt_bench.scoring.metrics import METRICS

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]


def by_spec(name: str) -> Path:
    """The folder of a package without importing it, as a finder of plug-ins may look it up."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.submodule_search_locations is not None
    return Path(next(iter(spec.submodule_search_locations)))


def by_import(name: str) -> Path:
    return Path(next(iter(importlib.import_module(name).__path__)))


def by_resources(name: str) -> Path:
    files = importlib.resources.files(name)
    return next(Path(str(path)) for path in getattr(files, "_paths", [files]))


@pytest.mark.parametrize("way", [by_spec, by_import, by_resources])
def test_the_package_of_tasks_is_their_folder_in_a_checkout_too(way):
    (name,) = DECLARED["lm_eval.tasks"].values()
    assert way(name).resolve() == tasks_dir().resolve()


def test_a_task_manager_over_that_folder_knows_our_tasks():
    from lm_eval.tasks import TaskManager

    (name,) = DECLARED["lm_eval.tasks"].values()
    found = TaskManager(include_path=str(by_spec(name)), include_defaults=False).all_tasks
    assert {"phin_fpb", "phin_finer_ord", "phin_demo_sentiment_gen"} <= set(found)


@pytest.mark.parametrize("group", ["lm_eval.models", "lm_eval.aggregations"])
def test_what_is_registered_can_be_loaded(group):
    for name, value in DECLARED[group].items():
        loaded = EntryPoint(name=name, value=value, group=group).load()
        assert callable(loaded), name
        if group == "lm_eval.models":
            assert loaded is PhinLM
        else:
            assert name.removeprefix("phin_").removesuffix("_stderr") in METRICS


def test_the_released_lm_eval_reads_none_of_them():
    """As docs/upstream.md says. Once this fails, the docs and the back-port have something to lose."""
    import lm_eval.api.registry as registry
    import lm_eval.tasks.manager as manager

    assert not hasattr(registry, "load_plugins") and not hasattr(manager, "discover_plugin_task_paths")
