"""Every command of the tutorials is one that the program takes, and those on the student's page run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from helpers.board_factory import example_runs, write_run
from helpers.paths import ROOT

from phingpt_bench.cli import main as command

PAGES = sorted((ROOT / "docs").glob("tutorial-*.md"))
LINE = re.compile(r"^ {4,}(phingpt-bench .*)$", re.MULTILINE)
INLINE = re.compile(r"`(phingpt-bench [^`]+)`")


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [*LINE.findall(text), *INLINE.findall(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_taken(page: Path) -> None:
    found = commands(page)
    assert len(found) >= 5
    for line in found:
        verb, *rest = shlex.split(line, comments=True)[1:]
        command._arguments(command.verb_module(verb), rest)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial-paper.md", "tutorial-paper.es.md"])
def test_the_pages_of_the_student_can_be_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install -e '.[figures]'")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / "local" / "model" / str(i), run)
    asked = [line for line in commands(ROOT / "docs" / name) if " leaderboard" in line or " cite" in line]
    assert len(asked) == 4
    for line in asked:
        words = shlex.split(line.replace("titulares", "phin_made_up_sentiment"))
        assert command.main(words[1:]) == 0, capsys.readouterr().err
    for written in ("tabla.tex", "figura.pdf", "referencias.bib"):
        assert (tmp_path / written).stat().st_size > 300
    capsys.readouterr()
