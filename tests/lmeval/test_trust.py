"""Task folders of strangers: looking at one runs nothing of it, and never hangs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import TASKS_VARIABLE, share
from phingpt_bench.lmeval import manager, trust
from phingpt_bench.lmeval.task_syntax import syntax_errors
from phingpt_bench.lmeval.taskfiles import read_tasks, task_paths

# each of these takes a second at most; what it guards against takes minutes, or never ends
pytestmark = pytest.mark.timeout(60)

OWN = f"include: {share('tasks') / '_labels_yaml'}\ndataset_kwargs: {{dataset: demo_sentiment}}\n"
ESCAPE = "{{ cycler.__init__.__globals__.os.system('touch PWNED') }}"
SUBCLASSES = "{{ ''.__class__.__mro__[1].__subclasses__() }}{{text}}"
PYTHON = "from pathlib import Path\nPath('PWNED').touch()\n\n\ndef text(doc):\n    return doc['text']\n"
# what a YAML of strangers may say, and what is said of it
HOSTILE = {
    "template": (f'task: evil\n{OWN}doc_to_text: "{ESCAPE}{{{{text}}}}"\n', "uses something other than its document"),
    "choices": (f'task: evil\n{OWN}doc_to_choice: "{ESCAPE}"\n', "evil"),
    "subclasses": (f'task: evil\n{OWN}doc_to_text: "{SUBCLASSES}"\n', "uses something other than its document"),
    "function beside it": (f"task: evil\n{OWN}doc_to_text: !function own.text\n", "does not run without"),
    "function elsewhere": (f"task: evil\n{OWN}doc_to_text: !function os.system\n", "does not run without"),
    "function of ours": (
        f"task: evil\n{OWN}doc_to_text: !function phingpt_bench.core.jsonio.write_text\n",
        "does not run without",
    ),
    "name of ours": (
        f"task: evil\n{OWN}doc_to_text: !function phingpt_bench.lmeval.hooks.catalogue\n",
        "does not run without",
    ),
    "metric": (
        f"task: evil\n{OWN}process_results: null\nmetric_list: [{{metric: ./own, hf_evaluate: true, "
        "aggregation: mean, higher_is_better: true}]\n",
        "does not run without",
    ),
    "metric of no one": (
        f"task: evil\n{OWN}process_results: null\nmetric_list: [{{metric: ./own, aggregation: mean, "
        "higher_is_better: true}]\n",
        "does not run without",
    ),
    "class": ("task: evil\nclass: !function own.text\n", "does not run without"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tasks with a module beside them; the working directory is another."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "own.py").write_text(PYTHON)
    return tmp_path / "tasks"


def pwned() -> bool:
    return Path("PWNED").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("text", "said"), HOSTILE.values(), ids=HOSTILE)
def test_looking_at_a_task_runs_nothing_of_it(
    text: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evil.yaml").write_text(text)
    assert main(["tasks", "validate", str(folder)]) == 2
    assert said in capsys.readouterr().out
    monkeypatch.setenv(TASKS_VARIABLE, str(folder))
    assert main(["tasks", "show", "evil"]) == 2
    shown = capsys.readouterr().err
    assert main(["evaluate", "--base", "none", "--tasks", "evil", "--dry-run"]) == 2
    planned = capsys.readouterr().err
    assert said in planned or "there is no base" in planned or "template" not in text
    assert said in shown
    assert not pwned()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name for name, (text, _) in HOSTILE.items() if "own.text" in text and "class" not in name]
)
def test_code_that_is_trusted_runs(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "evil.yaml").write_text(HOSTILE[name][0])
    main(["tasks", "validate", str(folder), "--trust-task-code"])
    assert "does not run" not in capsys.readouterr().out
    assert pwned()


def test_templates_stay_in_the_sandbox_even_where_code_is_trusted(folder: Path) -> None:
    (folder / "evil.yaml").write_text(HOSTILE["template"][0])
    with pytest.raises(BenchError, match="uses something other than its document"):
        manager.load_task("evil", manager.task_manager([folder]))
    assert not pwned()


def test_our_own_tasks_need_no_trust() -> None:
    with trust.looked_at(trusted=False):
        task = manager.load_task("phin_demo_ner")
        assert manager.render_prompt(task, task.eval_docs[0])


def test_a_module_beside_the_task_does_not_pass_for_ours(folder: Path) -> None:
    trust.check_function("phingpt_bench.lmeval.hooks.load", folder)
    (folder / "phingpt_bench" / "lmeval").mkdir(parents=True)
    (folder / "phingpt_bench" / "lmeval" / "hooks.py").write_text(PYTHON)
    with pytest.raises(BenchError, match="does not run without"):
        trust.check_function("phingpt_bench.lmeval.hooks.load", folder)


def diamonds(folder: Path) -> None:
    for level in range(24):
        for side in "ab":
            (folder / f"d{level}{side}.yaml").write_text(f"include: [d{level + 1}a.yaml, d{level + 1}b.yaml]\n")
    for side in "ab":
        (folder / f"d24{side}.yaml").write_text("task: deep\n")


def laughs(folder: Path) -> None:
    lines = ["task: evil", "x:", " - &a0 [x]"]
    lines += [f" - &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (folder / "evil.yaml").write_text("\n".join(lines) + "\n")


ENDLESS: dict[str, Callable[[Path], object]] = {
    "a pipe": lambda folder: os.mkfifo(folder / "evil.yaml"),
    "a device": lambda folder: (folder / "evil.yaml").symlink_to("/dev/zero"),
    "an included pipe": lambda folder: (
        os.mkfifo(folder / "_pipe"),
        (folder / "evil.yaml").write_text("task: evil\ninclude: _pipe\n"),
    ),
    "diamonds": diamonds,
    "aliases": laughs,
    "brackets": lambda folder: (folder / "evil.yaml").write_text("[" * 300_000),
    "an endless line": lambda folder: (folder / "evil.yaml").write_text("task: " + "x" * 20_000_000),
}
ODD = {
    "a list as key": "[]: x\n",
    "a number that is none": "task: !!int x\n",
    "a mapping as key": "{a: 1}: x\n",
    "a nested include": "task: evil\ninclude: [[a, b]]\n",
    "an include with a zero byte": 'task: evil\ninclude: "a\\0b"\n',
    "an include of endless name": f"task: evil\ninclude: {'a' * 5000}\n",
    "itself": "task: evil\ninclude: evil.yaml\n",
    "a group of numbers": "group: 5\ntask: [1, 2]\n",
    "a group of lists": "group: g\ntask: [[a]]\n",
}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.parametrize("make", ENDLESS.values(), ids=ENDLESS)
def test_no_folder_keeps_a_command_from_ending(
    make: Callable[[Path], object], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder)
    assert main(["tasks", "validate", str(folder)]) == 2
    monkeypatch.setenv(TASKS_VARIABLE, str(folder))
    for command in (["tasks"], ["evaluate", "--base", "none", "--tasks", "phin_demo_sentiment", "--dry-run"]):
        assert main(command) == 2
        (error, *_) = capsys.readouterr().err.splitlines()
        assert error.startswith("error: ") and len(error) < 2_100


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_files_are_named(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evil.yaml").write_text(text)
    monkeypatch.setenv(TASKS_VARIABLE, str(folder))
    assert main(["tasks"]) == 2
    assert "evil.yaml" in capsys.readouterr().err


def test_a_file_that_is_included_twice_is_named(folder: Path) -> None:
    diamonds(folder)
    assert any("a second time" in error.message for error in syntax_errors(task_paths(folder)))
    with pytest.raises(BenchError, match="a second time"):
        read_tasks([folder])
