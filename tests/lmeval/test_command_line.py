"""`phingpt-bench lm-eval`: lm-eval's command line with our tasks, without its own index where that is not needed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from phingpt_bench.cli import verb_lm_eval
from phingpt_bench.core.errors import BenchError
from phingpt_bench.lmeval import manager

pytestmark = pytest.mark.slow

BASE = (manager.tasks_dir() / "demo" / "phin_demo_sentiment.yaml").read_text()


def lm_eval(*words: str) -> int:
    return verb_lm_eval.run(SimpleNamespace(rest=list(words)))


@pytest.fixture
def no_own_index(monkeypatch: pytest.MonkeyPatch):
    """Fails where lm-eval's own 14,000 files would be read."""
    from lm_eval.tasks._index import TaskIndex

    build = TaskIndex.build

    def watched(paths, **rest):
        assert not [path for path in paths if path.as_posix().endswith("lm_eval/tasks")]
        return build(paths, **rest)

    monkeypatch.setattr(TaskIndex, "build", staticmethod(watched))


def test_requested_tasks():
    read = verb_lm_eval.requested_tasks
    assert read(["run", "--tasks", "a,b", "c", "--limit", "4"]) == ["a", "b", "c"]
    assert read(["--tasks=a,b", "-t", "c", "--model", "d"]) == ["a", "b", "c"]
    assert read(["ls", "tasks"]) == []


def test_help_is_lm_evals(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        lm_eval("--help")
    assert not end.value.code
    assert "Language Model Evaluation Harness" in capsys.readouterr().out


def test_our_tasks_and_the_users(tmp_path: Path, no_own_index, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "_labels_yaml").write_text((manager.tasks_dir() / "_labels_yaml").read_text())
    mine = BASE.replace("phin_demo_sentiment", "mine").replace("demo sentiment", "my task").replace("../", "")
    (tmp_path / "mine.yaml").write_text(mine)
    tasks = ("--tasks", "mine,phin_demo_sentiment", "phin_demo_ner")
    assert lm_eval("run", "--model", "dummy", *tasks, "--include_path", str(tmp_path), "--limit", "3") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("my task", "demo sentiment", "demo NER", "f1_macro"))


def test_lm_eval_is_as_it_was_afterwards(no_own_index):
    import sys

    from lm_eval import tasks

    before, words = tasks.TaskManager, sys.argv
    with pytest.raises(BenchError):
        lm_eval("run", "--model", "dummy", "--tasks", "phin_nothing", "--limit", "3")
    assert tasks.TaskManager is before
    assert sys.argv is words


def test_a_misspelt_task_of_ours(no_own_index):
    with pytest.raises(BenchError, match="did you mean 'phin_demo_sentiment'"):
        lm_eval("--model", "dummy", "--tasks", "phin_demo_sentimnt", "--limit", "3")


def test_a_misspelt_task_of_lm_evals():
    with pytest.raises(BenchError, match="did you mean 'hellaswag'"):
        lm_eval("--model", "dummy", "--tasks", "helaswag", "--limit", "3")


def test_yaml_syntax_in_the_users_folder(tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("task: bad\nx: [1\n")
    with pytest.raises(BenchError, match=r"bad\.yaml:\d: YAML syntax"):
        lm_eval("--model", "dummy", "--tasks", "bad", "--include_path", str(tmp_path), "--limit", "3")


def test_the_model_phin(no_own_index, capsys: pytest.CaptureFixture[str]):
    from phingpt_bench.models.embedded import SMOLLM2

    arguments = ("--model_args", f"pretrained={SMOLLM2.folder()}", "--device", "cpu", "--batch_size", "4")
    assert lm_eval("run", "--model", "phin", *arguments, "--tasks", "phin_demo_sentiment", "--limit", "4") == 0
    assert "phin ({'pretrained'" in capsys.readouterr().out
