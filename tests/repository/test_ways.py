"""The two ways that docs/architecture.md draws are gone as it says: each function called, in that order, some once."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType

import pytest
from helpers.paths import ROOT

from phingpt_bench.cli.main import main
from phingpt_bench.core import jsonio
from phingpt_bench.data import catalogue

TASK = "phin_demo_sentiment"
LINE = re.compile(r"^\| `([\w.]+)` \| (once)? *\|", re.MULTILINE)


@functools.cache
def ways() -> list[list[tuple[str, bool]]]:
    """(function, whether it is called once) of each table under "The two ways"."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text.split("## The two ways")[1].split("\n## ")[0]
    return [[(name, bool(once)) for name, once in LINE.findall(table)] for table in part.split("\n| function |")[1:]]


def code_of(name: str) -> CodeType:
    """The code of a function below the package; AttributeError or ImportError for one that is gone."""
    module, _, function = name.rpartition(".")
    return inspect.unwrap(getattr(importlib.import_module(f"phingpt_bench.{module}"), function)).__code__


@contextmanager
def followed(names: list[str]) -> Iterator[list[str]]:
    """Within the block every call of these functions is put into the list, in order."""
    known = {code_of(name): name for name in names}
    calls: list[str] = []

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in known:
            calls.append(known[frame.f_code])

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def suite(folder: Path) -> list[str]:
    """Four rows, without a language model: the way is the same."""
    file = folder / "tiny.yaml"
    file.write_text(f"name: tiny\ntasks: [{TASK}]\nlimit: 4\nresults: {folder / 'results'}\n", encoding="utf-8")
    return ["run", str(file)]


def answers(folder: Path) -> list[str]:
    """The gold labels as answers."""
    file = folder / "answers.jsonl"
    rows = catalogue.load("demo_sentiment")["test"]
    jsonio.write_jsonl(file, [{"id": row["id"], "answer": row["label"]} for row in rows])
    return ["rescore", str(file), "--task", TASK]


def test_both_ways_are_drawn() -> None:
    assert [len(way) > 10 for way in ways()] == [True, True]


@pytest.mark.parametrize(
    ("place", "command"), [pytest.param(0, suite, marks=pytest.mark.slow), (1, answers)], ids=["suite", "answers"]
)
def test_the_way_is_as_it_is_drawn(
    place: int, command: Callable[[Path], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    way, argv = ways()[place], command(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))  # what was drawn before is not drawn again
    with followed([name for name, _ in way]) as calls:
        assert main(argv) == 0
    assert list(dict.fromkeys(calls)) == [name for name, _ in way], "another order than drawn, or one is not called"
    times = Counter(calls)
    assert {name: times[name] for name, once in way if once} == {name: 1 for name, once in way if once}
    assert capsys.readouterr().out


def test_a_function_that_is_not_called_is_seen(tmp_path: Path) -> None:
    names = ["rescore.table.read_table", "board.sections.joined"]
    argv = answers(tmp_path)
    with followed(names) as calls:
        assert main(argv) == 0
    assert calls == names[:1]
    with pytest.raises(AttributeError):
        code_of("rescore.table.read_tables")
