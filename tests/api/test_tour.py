"""The notebook in examples/ runs, and its stored outputs are those of its cells."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers.paths import ROOT

NOTEBOOK = ROOT / "examples" / "tour.ipynb"
AGAIN = "run `python examples/run.py examples/tour.ipynb`"


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_notebook", ROOT / "examples" / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(notebook: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Of each code cell the kinds of its outputs, with the text of those that are text alone."""
    found = []
    for cell in notebook["cells"]:
        kinds = []
        for output in cell.get("outputs", ()):
            data = output.get("data", {"stdout": output.get("text", "")})
            alone = "".join(next(iter(data.values()))) if len(data) == 1 else ""
            kinds += [(kind, alone) for kind in data]
        if cell["cell_type"] == "code":
            found.append(kinds)
    return found


def test_it_is_a_notebook_with_outputs_and_no_path_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert (notebook["nbformat"], len({cell["id"] for cell in notebook["cells"]})) == (4, len(notebook["cells"]))
    assert sum(bool(kinds) for kinds in shown(notebook)) >= 10
    assert str(ROOT) not in text and not re.search(r"/(home|root|tmp|work|Users)/", text)


@pytest.mark.slow
def test_its_cells_run_and_show_what_is_stored(
    runner: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert shown(runner.run(notebook)) == shown(notebook), AGAIN


def test_the_runner_shows_what_a_notebook_shows(runner: ModuleType) -> None:
    names: dict[str, object] = {}
    assert runner.outputs_of("x = 2\nprint('a')\nprint('b')", names, 1) == [
        {"name": "stdout", "output_type": "stream", "text": ["a\n", "b\n"]}
    ]
    (last,) = runner.outputs_of("x * 2", names, 2)
    assert (last["data"], last["execution_count"]) == ({"text/plain": ["4"]}, 2)
    with pytest.raises(ZeroDivisionError):
        runner.outputs_of("x / 0", names, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["README.md", "README.es.md"])
def test_the_code_of_the_readme_runs(runner: ModuleType, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    names: dict[str, object] = {}
    for at, line in enumerate(blocks[0].splitlines()):
        runner.outputs_of(line, names, at)
