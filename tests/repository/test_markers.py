"""What asserts a time is marked `perf`, what drives a browser `browser`, and the make targets use the markers.

`data` needs no check here: tests/conftest.py sets it by the fixture `data_mirror`, hides the data from tests without
it, and fails a test that skips for want of data without it.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from helpers.paths import ROOT, TESTS

# clocks whose reading a busy machine changes; `seconds` is that of helpers.browser.Tab
CLOCK = re.compile(r"\b(time\.(process_time|perf_counter|monotonic|time)|resource\.getrusage|os\.times|tab\.seconds)\(")


@functools.cache
def files() -> dict[Path, tuple[str, ast.Module]]:
    """Text and tree of each test module."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(TESTS.rglob("test_*.py"))}
    return {path: (text, ast.parse(text)) for path, text in texts.items()}


def marked(node: ast.AST, name: str) -> bool:
    """Whether a function or class has the mark among its decorators, or a module in its `pytestmark`."""
    if isinstance(node, ast.Module):
        marks = [ast.unparse(part.value) for part in node.body if isinstance(part, ast.Assign)
                 and ast.unparse(part.targets[0]) == "pytestmark"]  # fmt: skip
    else:
        marks = [ast.unparse(decorator) for decorator in getattr(node, "decorator_list", ())]
    return any(re.search(rf"\bmark\.{name}\b", mark) for mark in marks)


def unmarked_clocks(tree: ast.Module) -> Iterator[str]:
    """The test functions that read a clock without the mark `perf`."""
    if marked(tree, "perf"):
        return
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not marked(node, "perf"):
            yield from unmarked_clocks(ast.Module(node.body, []))
        test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if test and not marked(node, "perf") and CLOCK.search(ast.unparse(node)):
            yield node.name


def test_what_reads_a_clock_is_perf() -> None:
    read = {str(file.relative_to(TESTS)): list(unmarked_clocks(tree)) for file, (_, tree) in files().items()}
    assert {name: tests for name, tests in read.items() if tests} == {}


def test_what_drives_a_browser_is_browser() -> None:
    imported = re.compile(r"^from helpers(\.browser)? import .*\b(browser|chromium|Tab)\b", re.MULTILINE)
    for file, (text, tree) in files().items():
        assert bool(imported.search(text)) == marked(tree, "browser"), file.relative_to(TESTS)


def test_the_check_sees_a_clock() -> None:
    clock = "time." + "process_time()"  # in two parts, so that this test is not one of those
    code = f"def test_a():\n    def work():\n        {clock}\n@pytest.mark.perf\ndef test_b():\n    {clock}"
    assert list(unmarked_clocks(ast.parse(code))) == ["test_a"]
    assert not list(unmarked_clocks(ast.parse(f"pytestmark = [pytest.mark.slow, pytest.mark.perf]\n{code}")))


def test_make_leaves_out_what_the_markers_say() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    (fast,) = re.findall(r"^FAST := (.+)$", make, re.MULTILINE)
    assert set(fast.replace("not ", "").split(" and ")) == {"slow", "browser", "data", "server", "perf"}
    targets = dict(re.findall(r"^([a-z-]+): .*\n\t.*pytest (.*)$", make, re.MULTILINE))
    assert '-m "not perf"' in targets["test"]
    assert '-m "$(FAST)"' in targets["test-fast"]
    assert "-m perf" in targets["perf"]
