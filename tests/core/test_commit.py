"""The commit that a record names: with "-dirty" where the code differs from it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from phingpt_bench.core import machine

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("code.py", "results/suite/runs/task/model/run.json", "results/suite/board/board.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "One")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "dirty"),
    [
        ((), False),
        (("new.py",), False),
        (("results/suite/runs/task/model/run.json",), False),
        (("code.py",), True),
        (("results/suite/board/board.md",), True),
        (("results/suite/runs/task/model/run.json", "code.py"), True),
    ],
    ids=["nothing", "an untracked file", "a record", "code", "a board", "a record and code"],
)
def test_a_commit_is_dirty_where_more_than_records_differ(
    checkout: Path, changed: tuple[str, ...], dirty: bool
) -> None:
    for name in changed:
        (checkout / name).write_text("2\n")
    found = machine._commit()
    assert found is not None and len(found.removesuffix("-dirty")) == 40
    assert found.endswith("-dirty") == dirty


def test_without_a_checkout_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    assert machine._commit() is None
