"""Starter files: a suite, a recipe, and a task with its passport, with a comment over every key."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.jsonio import write_text
from phingpt_bench.core.paths import share
from phingpt_bench.data.catalogue import COUNTED, PASSPORTS
from phingpt_bench.data.passport import Origin, Passport
from phingpt_bench.data.stamp import BLANK
from phingpt_bench.evaluate.suite import AdapterEntry, Suite
from phingpt_bench.models.base_spec import BaseSpec
from phingpt_bench.render.starter_text import commented_out, starter_text
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.train.recipe import Recipe

KEYS = "A misspelt key is an error. Keys that you do not need can be removed."
SUITE = "Run with: phingpt-bench run {file}\n{keys}"
RECIPE = "Train with: phingpt-bench train {file}\n{keys}"
PASSPORT = """\
The rows of task {name}. Put train.csv and test.csv, with the columns text and label, into the folder
{name}/ of the mirror that PHINGPT_BENCH_DATA names. Then count them:
phingpt-bench tasks stamp {at} >> {at}"""
SHARED = "_labels_yaml"  # the task file that a task with labels includes
TASK = """\
# Run with: phingpt-bench evaluate --base MODEL --tasks {name}
# A task of lm-evaluation-harness. docs/add-a-task.md has the steps; check it with `phingpt-bench tasks validate`.

# The name, as --tasks takes it.
task: {name}
# Keys that all tasks with labels share: how answers are scored, and by which metrics.
include: {shared}
# The passport of the rows.
dataset_kwargs:
  dataset: {name}
# The prompt. {{{{text}}}} is the text of a row.
doc_to_text: "{{{{text}}}}\\nIs this negative or positive?\\n"
# What the answer begins with, before the label.
gen_prefix: "Sentiment:"
# The labels as the model reads them, in the order of the passport.
doc_to_choice: [negative, positive]
metadata:
  # Raise it with every change to the prompt: scores of different versions are not comparable.
  version: 1.0
"""


def write_suite(file: Path) -> list[Path]:
    """A suite of the embedded model and the demo's adapter, on the demonstration corpus. Errors as for `write`."""
    suite = Suite(
        name=_name(file),
        tasks=["phin_demo_sentiment", "phin_demo_ner"],
        bases=[BaseSpec()],
        adapters=[AdapterEntry(recipe="demo")],
    )
    served = ServedSpec(engine="local-completions", model="NAME", base_url="http://127.0.0.1:8000")
    about = SUITE.format(file=shlex.quote(str(file)), keys=KEYS)
    more = "A base behind a server or an API, for the list `bases` (docs/engines.md):"
    return _write({file: starter_text(suite, about) + "\n" + commented_out(served, more)})


def write_recipe(file: Path) -> list[Path]:
    """A recipe for the embedded model and the demonstration corpus. Errors as for `write`."""
    recipe = Recipe(name=_name(file), tasks=["phin_demo_sentiment", "phin_demo_ner"])
    return _write({file: starter_text(recipe, RECIPE.format(file=shlex.quote(str(file)), keys=KEYS))})


def write_task(file: Path) -> list[Path]:
    """A task that chooses labels, its passport, and the shared file that it includes. Errors as for `write`.

    The passport lacks its counted part, which `phingpt-bench tasks stamp` makes of the rows.
    """
    name = _name(file)
    if not re.fullmatch(r"\w+", name):
        raise BenchError(
            "'{name}' cannot be the name of a task", where=str(file), hint="use letters, digits and '_'", name=name
        )
    passport = Passport(
        name=name,
        protocol=f"{name}/hash-10/v1",
        title="My texts",
        kind="labels",
        language="en",
        labels=("negative", "positive"),
        origin=Origin(folder=name, paper="none", licence="unknown", unpinned="the rows are on no Hub"),
        reader="table",
        options={
            "files": {"train": "train.csv", "test": "test.csv"}, "text": "text", "label": "label",
            "cut_validation": 10,
        },
        split="test and train as given; validation: 10 % of train by the hash of the text",
        metric="f1_weighted",
        comparable="With runs on the same rows; nothing was published on them.",
        **BLANK,
    )  # fmt: skip
    place = file.parent / PASSPORTS / f"{name}.yaml"
    at = shlex.quote(str(place))
    about = PASSPORT.format(name=name, at=at)
    files = {file: TASK.format(name=name, shared=SHARED), place: starter_text(passport, about, left_out=COUNTED)}
    shared = file.parent / SHARED
    if not shared.exists():
        files[shared] = (share("tasks") / SHARED).read_text(encoding="utf-8")
    return _write(files)


KINDS: dict[str, Callable[[Path], list[Path]]] = {"suite": write_suite, "recipe": write_recipe, "task": write_task}


def write(kind: str, file: Path) -> list[Path]:
    """Writes the starter file of a kind and its companions; returns the files that were written.

    BenchError, before anything is written, where one is there already, and for a name that a suite, recipe or task
    cannot have.
    """
    return KINDS[kind](file)


def _name(file: Path) -> str:
    """What the file describes is called: its name without the ending. BenchError for another ending than .yaml."""
    if file.suffix not in (".yaml", ".yml"):
        raise BenchError("the file must end in .yaml", where=str(file), hint="for example {stem}.yaml", stem=file.stem)
    return file.stem


def _write(files: dict[Path, str]) -> list[Path]:
    for file in files:
        if file.exists() or file.is_symlink():
            raise BenchError("exists already, and is not overwritten", where=str(file), hint="give another name")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    return list(files)
