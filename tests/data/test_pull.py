"""Mirrors for closed networks: filled from a Hub on this machine by the real clients, checked, and used without it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers.fake_hub import COMMIT, served

from phingpt_bench.core.paths import TASKS_VARIABLE
from phingpt_bench.data import stamp
from phingpt_bench.data.readers.phrasebank import AGREEMENT, ZIP

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MODEL = "org/tiny"
WEIGHTS = bytes(range(256)) * 40_000  # 10 MB
FILES = {
    "config.json": b'{"model_type": "llama"}', "model.safetensors": WEIGHTS, "tokenizer.json": b"{}",
    "README.md": b"---\nlicense: apache-2.0\n---\n# tiny\n", "pytorch_model.bin": b"pickle",
    "modeling_evil.py": b"evil",
}  # fmt: skip
PASSPORT = """\
name: mine
protocol: mine/helm/v1
title: Made-up sentences
kind: labels
language: en
labels: [negative, neutral, positive]
origin:
  folder: mine
  paper: none
  licence: CC0 1.0
  hub: org/sentences
  revision: {commit}
reader: phrasebank
options: {{rule: helm}}
split: as HELM splits it
metric: acc
noise: []
comparable: with nothing
"""
TASK = "task: mine_task\ninclude: {shared}\ndataset_kwargs: {{dataset: mine}}\ndoc_to_text: '{{{{text}}}}'\n"


def zipped() -> bytes:
    """A repository's zip as PhraseBank has it, with made-up sentences."""
    lines = [f"Sentence number {n} says that sales {word} @{label}" for n in range(40)
             for word, label in (("fell", "negative"), ("stayed", "neutral"), ("rose", "positive"))]  # fmt: skip
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(AGREEMENT[50][1], "\n".join(lines).encode("latin-1"))
    return data.getvalue()


def command(*arguments: str, hub: str | None, **variables: str) -> subprocess.CompletedProcess[str]:
    """phingpt-bench in a process of its own; hub: the address of the Hub, None for one that does not answer."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    env |= {"HF_ENDPOINT": hub or "http://127.0.0.1:9", "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run(
        [sys.executable, "-m", "phingpt_bench", *arguments], env={**env, **variables}, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a task and a passport whose rows are on the Hub of the tests alone."""
    import pyarrow
    import pyarrow.parquet

    from phingpt_bench.core.paths import share

    root = tmp_path_factory.mktemp("own")
    folder = root / "tasks"
    (folder / "passports").mkdir(parents=True)
    (folder / "mine_task.yaml").write_text(TASK.format(shared=share("tasks") / "_labels_yaml"))
    file = folder / "passports" / "mine.yaml"
    file.write_text(PASSPORT.format(commit=COMMIT))
    rows = root / "data" / "mine" / AGREEMENT[50][0]
    rows.parent.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(zipped())) as archive:
        pairs = [line.rsplit("@", 1) for line in archive.read(AGREEMENT[50][1]).decode().split("\n")]
    table = [{"sentence": sentence, "label": label} for sentence, label in pairs]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table), rows)
    counted = stamp.as_yaml(stamp.stamp(file, str(root / "data" / "mine")))
    file.write_text(file.read_text() + counted)
    return folder


def test_data_is_pulled_once_checked_and_used_without_a_network(tasks: Path, tmp_path: Path) -> None:
    own = {TASKS_VARIABLE: str(tasks), "HF_HUB_CACHE": str(tmp_path / "cache"), "PHINGPT_BENCH_DATA": ""}
    dry = ("evaluate", "--base", "x", "--tasks", "mine_task", "--dry-run")
    missing = command(*dry, hub=None, **own)
    assert missing.returncode == 2, missing.stderr
    assert "phingpt-bench data pull mine" in missing.stderr and "Retry" not in missing.stderr

    mirror = tmp_path / "mirror"
    with served({"datasets/org/sentences": {ZIP: zipped()}}) as hub:
        pulled = command("data", "pull", "mine_task", "--to", str(mirror), hub=hub.url, **own)
        assert pulled.returncode == 0, pulled.stderr
        assert "mine: licence CC0 1.0" in pulled.stdout and "1 of 1 datasets are in" in pulled.stdout
        asked = len(hub.log)
        again = command("data", "pull", "mine", "--to", str(mirror), hub=hub.url, **own)
        assert again.returncode == 0 and "0 files written" in again.stdout
        assert not any("resolve" in path for _, path, _ in hub.log[asked:])
    manifest = json.loads((mirror / "phingpt-bench-manifest.json").read_text())["files"]
    (entry,) = manifest.values()
    assert (entry["item"], entry["licence"], entry["revision"]) == ("mine", "CC0 1.0", COMMIT)

    own = {**own, "PHINGPT_BENCH_DATA": str(mirror), "HF_HUB_CACHE": str(tmp_path / "empty")}
    planned = command(*dry, hub=None, **own)
    assert planned.returncode == 0, planned.stderr
    assert "mine_task" in planned.stdout
    assert command("data", "verify", str(mirror), hub=None, **own).returncode == 0
    for words in (("mine_task",), (str(mirror), "mine")):
        assert command("data", "verify", *words, hub=None, **own).returncode == 0, words
    lacking = command("data", "verify", str(mirror), "mine_task", "fpb", hub=None, **own)
    assert lacking.returncode == 1 and f"data pull fpb --to {mirror}" in lacking.stdout, lacking.stdout
    assert command("data", "verify", "mine_taks", hub=None, **own).returncode == 2
    nowhere = command("data", "list", str(tmp_path / "nowhere"), hub=None, **own)
    assert nowhere.returncode == 2 and "no such folder" in nowhere.stderr
    listed = command("data", "list", str(mirror), hub=None, **own).stdout
    assert "mine " in listed and "CC0 1.0" in listed
    (file,) = (mirror / name for name in manifest)
    file.write_bytes(file.read_bytes()[:-100])
    broken = command("data", "verify", str(mirror), hub=None, **own)
    assert broken.returncode == 1
    assert "FAIL" in broken.stdout and "bytes" in broken.stdout


def test_rows_that_are_not_those_of_the_passport_are_not_kept(tasks: Path, tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(AGREEMENT[50][1], "\n".join(f"Another sentence {n} @neutral" for n in range(120)))
    own = {TASKS_VARIABLE: str(tasks), "HF_HUB_CACHE": str(tmp_path / "cache"), "PHINGPT_BENCH_DATA": ""}
    with served({"datasets/org/sentences": {ZIP: data.getvalue()}}) as hub:
        pulled = command("data", "pull", "mine", "--to", str(tmp_path / "mirror"), hub=hub.url, **own)
    assert pulled.returncode == 1 and "not the rows of protocol" in pulled.stderr
    assert not list((tmp_path / "mirror").rglob("*.parquet"))


def test_a_model_is_pulled_goes_on_and_is_checked(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    with served({f"models/{MODEL}": FILES}) as hub:
        hub.broken.add("model.safetensors")
        own = {"HF_HUB_DOWNLOAD_TIMEOUT": "5"}
        first = command("models", "pull", MODEL, "--to", str(folder), hub=hub.url, **own)
        if first.returncode:  # a client that tries again by itself is done already
            assert "cannot be fetched" in first.stderr
            first = command("models", "pull", MODEL, "--to", str(folder), hub=hub.url, **own)
        assert first.returncode == 0, first.stderr
        assert "licence apache-2.0" in first.stdout and COMMIT in first.stdout
        asked = len(hub.log)
        again = command("models", "pull", MODEL, "--to", str(folder), hub=hub.url)
        assert again.returncode == 0
        assert not [path for verb, path, _ in hub.log[asked:] if verb == "GET" and "resolve" in path], "fetched again"
        missing = command("models", "pull", "org/none", "--to", str(folder), hub=hub.url)
        assert missing.returncode == 2 and "org/none" in missing.stderr
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert "model.safetensors" in names and not names & {"pytorch_model.bin", "modeling_evil.py"}
    (weights,) = (path for path in folder.rglob("model.safetensors"))
    assert weights.read_bytes() == WEIGHTS
    assert command("models", "verify", str(folder), hub=None).returncode == 0
    for name, code in ((MODEL, 0), (f"{MODEL}@{COMMIT}", 0), (f"{MODEL}@0123456", 1), ("org/none", 1)):
        named = command("models", "verify", str(folder), name, hub=None)
        assert named.returncode == code, name
        assert (f"models pull {name} --to {folder}" in named.stdout) == bool(code)
    assert f"{MODEL}  {COMMIT}  apache-2.0" in command("models", "list", str(folder), hub=None).stdout
    target = weights.resolve()
    target.chmod(0o644)
    target.write_bytes(WEIGHTS[:-1] + b"x")
    verified = command("models", "verify", str(folder), hub=None)
    assert verified.returncode == 1 and "another content than was fetched" in verified.stdout


def test_a_missing_base_names_its_command(tmp_path: Path) -> None:
    own = {"HF_HUB_CACHE": str(tmp_path / "empty"), "PHINGPT_BENCH_DATA": ""}
    ran = command(
        "evaluate", "--base", MODEL, "--tasks", "phin_demo_sentiment", "--no-floors", "--limit", "2",
        "--results", str(tmp_path / "results"), hub=None, **own,
    )  # fmt: skip
    assert ran.returncode == 2, ran.stderr
    assert f"phingpt-bench models pull {MODEL}" in ran.stderr and "Retry" not in ran.stderr
