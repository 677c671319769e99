"""docs/add-a-task.md is followed to the letter: its blocks are taken out of the page and run in order."""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT
from helpers.tiny import save_tiny

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "add-a-task.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
WORDS = {
    "negative": ("fell", "missed", "lost", "cut", "warned"),
    "positive": ("rose", "beat", "won", "grew", "gained"),
}


def rows(count: int, seed: int) -> list[dict[str, str]]:
    """Invented headlines whose verb is their label, apart from every tenth."""
    generator, result = random.Random(seed), []
    for i in range(count):
        mood = generator.choice(list(WORDS))
        verb = generator.choice(WORDS[mood if i % 10 else "positive"])
        result.append(
            {"headline": f"Company {seed}-{i} {verb} {generator.randint(2, 90)} in the quarter.", "mood": mood}
        )
    return result


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the rows of step 1."""
    folder = tmp_path_factory.mktemp("newsroom")
    (header, *shown) = next(block for language, block in BLOCKS if language == "csv").splitlines()
    assert header == "headline,mood"
    for name, made in (("train", rows(160, 1)), ("test", rows(60, 2))):
        file = folder / "data" / "newsroom" / f"{name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "w", encoding="utf-8", newline="") as out:
            out.write("\n".join([header, *(shown if name == "train" else [])]) + "\n")
            csv.DictWriter(out, ["headline", "mood"]).writerows(made)
    return folder


@pytest.fixture(scope="module")
def transcript(folder: Path) -> list[tuple[str, str]]:
    """(command, output) of each command of the page, files written on the way; stops at the first that fails."""
    save_tiny(folder / "MODEL")
    beside = str(Path(sys.executable).parent)
    path = [beside, *([os.environ["PATH"]] if "PATH" in os.environ else [])]
    pythonpath = [os.environ.get("PYTHONPATH", ""), str(ROOT)]
    environment = {key: value for key, value in os.environ.items() if key != "PHINGPT_BENCH_TASKS"}
    environment |= {"PATH": os.pathsep.join(path), "PYTHONPATH": os.pathsep.join(pythonpath)}
    said, exports = [], []
    for language, block in BLOCKS:
        if language == "yaml":
            name = re.match(r"# (\S+)\n", block)
            assert name, f"a block without the name of its file: {block[:60]}"
            (folder / name[1]).write_text(block, encoding="utf-8")
        for command in block.splitlines() if language == "bash" else ():
            exports += [command] if command.startswith("export ") else []
            done = subprocess.run(
                ["bash", "-c", "\n".join(["set -e", *exports, command])],
                cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            said.append((command, done.stdout))
    return said


def output(transcript: list[tuple[str, str]], start: str) -> str:
    (text,) = (text for command, text in transcript if command.startswith(start))
    return text


def test_the_page_has_five_steps_and_its_files_have_names():
    assert re.findall(r"^### (\d)\.", PAGE, re.MULTILINE) == ["1", "2", "3", "4", "5"]
    task = next(block for language, block in BLOCKS if block.startswith("# my_tasks/newsroom.yaml"))
    assert len(task.splitlines()) <= 10


def test_the_rows_are_counted_and_pinned(folder: Path, transcript: list[tuple[str, str]]):
    text = (folder / "my_tasks" / "passports" / "newsroom.yaml").read_text()
    split = re.search(r"^rows: \{train: (\d+), validation: (\d+), test: 60\}$", text, re.MULTILINE)
    assert split and int(split[1]) + int(split[2]) == 162
    assert len(re.findall(r'"[0-9a-f]{64}"', text)) == 3


def test_the_checks_pass(folder: Path, transcript: list[tuple[str, str]]):
    text = output(transcript, "phingpt-bench tasks validate")
    assert "FAIL" not in text and "none failed, 0 not checked" in text
    assert "ok    passport newsroom  rows: train " in text
    shown = output(transcript, "phingpt-bench tasks show")
    assert "protocol       newsroom/hash-10/v1" in shown and "Headline: " in shown
    assert (folder / "my_tasks" / "templates.lock").read_text().splitlines()[1].startswith("newsroom 1.0 ")


def test_floors_are_evaluated_and_are_on_a_board(folder: Path, transcript: list[tuple[str, str]]):
    runs = sorted(path.parent.name for path in (folder / "results" / "newsroom").rglob("run.json"))
    assert len(runs) == 3
    board = output(transcript, "phingpt-bench leaderboard")
    assert "newsroom/hash-10/v1" in board
    assert all(floor in board for floor in ("majority", "random", "tfidf-lr"))


def test_plain_lm_eval_runs_it(transcript: list[tuple[str, str]]):
    text = output(transcript, "lm_eval run")
    assert re.search(r"f1_weighted\s*\|↑\s*\|\s*\d\.\d+\|±\s*\|\s*\d\.\d+", text)


def test_other_rows_are_refused(folder: Path, transcript: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch):
    """What the pinned numbers are for; last, as it spoils the rows."""
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.data import catalogue

    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(folder / "data"))
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(folder / "my_tasks"))
    assert len(catalogue.load("newsroom")["test"]) == 60
    file = folder / "data" / "newsroom" / "test.csv"
    text = file.read_text()
    file.write_text(text.replace(",negative", ",positive", 1))
    with pytest.raises(BenchError, match="not the rows of protocol newsroom/hash-10/v1"):
        catalogue.load("newsroom")
    file.write_text(text)
