"""Names and values of strangers on a terminal and in files: no control characters, no endless lines, no tracebacks."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from phingpt_bench.cli.fault_lines import LONGEST
from phingpt_bench.cli.main import main
from phingpt_bench.core.paths import TASKS_VARIABLE, share
from phingpt_bench.rescore import files
from phingpt_bench.text.blocks import Lines, Picture, Title
from phingpt_bench.text.clean import screened
from phingpt_bench.text.write_csv import csv_cell
from phingpt_bench.text.write_terminal import terminal

EVIL = "a\x1b]52;c;cm0=\x07\x1b[2J\x9b31m\u202eb\u2066c\rd\x08e"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
YAML_EVIL = EVIL.encode("unicode_escape").decode().replace("\\x9b", "\\x9b")


def said(capsys: pytest.CaptureFixture[str], *command: str, code: int = 2) -> str:
    """All that a command says, which a terminal must not obey."""
    assert main(command) == code
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert OBEYED.findall(text) == []
    return text


def suite(folder: Path, **keys: object) -> str:
    """A suite file with these keys over the least that one needs."""
    values: dict[str, object] = {"name": "s", "tasks": ["phin_demo_sentiment"], "floors": True, **keys}
    path = folder / "suite.yaml"
    path.write_text("\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items()) + "\n")
    return str(path)


def test_errors_are_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown key" in said(capsys, "run", suite(tmp_path, **{EVIL: 1}))
    assert "unknown task" in said(capsys, "run", suite(tmp_path, tasks=[EVIL]), "--dry-run")
    assert "unknown value" in said(capsys, "run", suite(tmp_path, bases=[{"quantisation": EVIL}]))
    assert "unknown verb" in said(capsys, EVIL)
    assert "no such folder" in said(capsys, "leaderboard", str(tmp_path / EVIL.replace("/", "")))


def test_a_plan_is_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = suite(tmp_path, bases=[{"model": f"org/{EVIL}", "quantisation": "none"}], results=f"{tmp_path}/{EVIL}")
    text = said(capsys, "run", path, "--dry-run", code=0)
    assert "records in" in text and "31m" in text


def test_a_passport_is_cleaned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passports").mkdir()
    text = (share("tasks") / "passports" / "demo_sentiment.yaml").read_text()
    text = re.sub("^title: .*", lambda _: f"title: {json.dumps(EVIL)}", text, flags=re.MULTILINE)
    text = re.sub("^comparable: .*(\n  .*)*", lambda _: f"comparable: {json.dumps(EVIL)}", text, flags=re.MULTILINE)
    (tmp_path / "passports" / "demo_sentiment.yaml").write_text(text)
    monkeypatch.setenv(TASKS_VARIABLE, str(tmp_path))
    assert "31m" in said(capsys, "tasks", "show", "demo_sentiment", code=0)
    said(capsys, "tasks", "validate", str(tmp_path), code=0)
    said(capsys, "tasks", code=0)


def test_rescore_is_cleaned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": n, "answer": EVIL, "gold": "no"} for n in range(3)] + [{"id": 3, "answer": "\ud800", "gold": "yes"}]
    file = tmp_path / f"{EVIL.replace('/', '')}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("--labels", "no,yes", "--answer-column", "answer", "--gold-column", "gold")
    for form in ("terminal", "markdown", "json", "csv"):
        text = said(capsys, "rescore", str(file), *options, "--format", form, code=0)
        assert "\ud800" not in text
    said(capsys, "rescore", str(file), "--labels", f"no,{EVIL}", "--answer-column", "answer", "--gold-column", "gold")
    said(capsys, "rescore", str(file), "--task", EVIL)


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex", "csv", "json"])
def test_a_board_is_cleaned(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = share("results") / "smollm2-135m" / "runs" / "phin_demo_ner"
    runs = runs if runs.is_dir() else min((share("results") / "smollm2-135m" / "runs").iterdir())
    shutil.copytree(runs, tmp_path / "runs")
    for path in (tmp_path / "runs").rglob("run.json"):
        record = json.loads(path.read_text())
        record["model"]["name"] += EVIL
        kept = record["provenance"].get("fingerprint") or {}
        if kept.get("baseline"):
            kept["baseline"] += EVIL  # the name once more: a record must not contradict itself
        path.write_text(json.dumps(record))
    text = said(capsys, "leaderboard", str(tmp_path), "--format", form, "--published", "none", code=0)
    assert "31m" in text


@pytest.mark.slow
def test_an_error_is_short(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "run", suite(tmp_path, tasks=["x" * 1_000_000]), "--dry-run")
    assert len(text) < 2 * LONGEST + 200
    keys: dict[str, object] = {f"key{n}": n for n in range(5_000)}
    text = said(capsys, "run", suite(tmp_path, **keys))
    assert text.count("\n") <= 102 and "4,900 more lines" in text


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"name": ".."}, "folder"),
        ({"name": "."}, "folder"),
        ({"name": "con"}, "folder"),
        ({"name": "NUL.x"}, "folder"),
        ({"name": "a" * 500}, "folder"),
        ({"seed": -1}, "seed"),
        ({"seed": 10**30}, "too large"),
        ({"seed": 2**40}, "seed"),
        ({"results": "a\0b"}, "results"),
        ({"results": "\ud800x"}, "results"),
        ({"limit": 10**400}, "too large"),
        ({"batch_size": 10**20}, "too large"),
    ],
)
def test_suite_values_are_reported_before_any_work(
    keys: dict[str, object], part: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "run", suite(tmp_path, **keys), "--dry-run")
    assert part in text and text.startswith("error: ")


def test_every_block_is_screened() -> None:
    blocks = [Title(EVIL, EVIL, EVIL, 1), Lines([EVIL]), Picture([EVIL])]
    assert OBEYED.findall(terminal(blocks)) == []
    assert screened("two  blanks\nand lines é 中 \u200e") == "two  blanks\nand lines é 中 \u200e"


@pytest.mark.parametrize("text", ["=1+1", "\uff1d1", "\u200b=1", "\u200d\u2060@x", "\ufe63x", "-x", "\ufeff+x"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert str(csv_cell(text)).startswith("'")


@pytest.mark.parametrize("text", ["-1.5", "a=b", "\u2212x", "1e-3"])
def test_other_cells_stay(text: str) -> None:
    assert csv_cell(text) == text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@pytest.mark.timeout(60)
def test_no_pipe_and_no_archive_keeps_a_command_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    for command in (
        ["rescore", str(pipe), "--labels", "no,yes"],
        ["hash-rows", str(pipe), "--out", str(tmp_path / "out")],
        ["run", str(tmp_path / "pipe.yaml")],
    ):
        if command[0] == "run":
            os.mkfifo(tmp_path / "pipe.yaml")
        text = said(capsys, *command)
        assert "pipe" in text
    monkeypatch.setattr(files, "MOST", 1 << 20)
    (tmp_path / "bomb.jsonl.gz").write_bytes(gzip.compress(b" " * (1 << 24)))
    assert "unpacks to more than" in said(capsys, "rescore", str(tmp_path / "bomb.jsonl.gz"), "--labels", "no,yes")


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("piece", ["<ORG>", "ORG: Nokia @1; ", "<ORG>Nokia</ORG>", "no ", "[[", '{"a": ', "x"])
def test_answers_of_ten_megabytes_are_scored(piece: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = piece * (10_000_000 // len(piece))
    file = tmp_path / "answers.jsonl"
    file.write_text(json.dumps({"answer": answer, "gold": "no"}) + "\n" + json.dumps({"answer": "no", "gold": "no"}))
    options = ("--answer-column", "answer", "--gold-column", "gold")
    said(capsys, "rescore", str(file), "--labels", "no,yes", *options, code=0)
    file.write_text(json.dumps({"text": "Nokia", "answer": answer, "gold": [{"text": "Nokia", "type": "ORG"}]}) + "\n")
    said(capsys, "rescore", str(file), "--entity-types", "ORG", *options, code=0)
