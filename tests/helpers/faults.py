"""Kills at random points of a suite: conversion of the model, training, answers, records, board; and what comes out."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from phingpt_bench.core.fingerprint import file_digest

BASE = "{model: smollm2-135m-instruct, quantisation: none, compute_dtype: float32, device: cpu}"
RECIPE = f"""\
name: small
base: {BASE}
tasks: [phin_demo_sentiment]
lora: {{r: 4, alpha: 8}}
tokens_per_batch: 1024
max_tokens: 60
save_steps: 2
"""
SUITE = f"""\
name: k
tasks: [phin_demo_sentiment, phin_demo_ner]
bases: [{BASE}]
adapters: [{{recipe: recipe.yaml}}]
floors: false
limit: 6
results: results
"""
TIMELESS = "rank,model,setting,kind,size,score,interval,difference,p,unreadable,exposure"  # columns of the board
COMMANDS = [
    ["run", "suite.yaml", "--quiet"],
    ["reproduce", "results", "--write"],
    [
        *("leaderboard", "results", "--published", "none", "--format", "markdown"),
        *("--columns", TIMELESS, "--output", "results/timeless.md"),
    ],
]
WAY_OUT = re.compile(r"delete (\S+) to train")
COMPARED = {"outcomes.json", "samples.jsonl", "adapter_model.safetensors", "model.safetensors", "timeless.md"}
CHAIN = 12  # kills of one folder at most
TRUNCATED = 3  # newest files that may be cut after a kill


class Server:
    """The process that attempts are forked from (fork_server.py)."""

    def __enter__(self) -> Server:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fork_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"},
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def ask(self, folder: Path, gguf: Path, kill: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the commands in `folder`, until a kill if there is one."""
        assert self._process.stdin is not None and self._process.stdout is not None
        log = folder.parent / f"{folder.name}.log"
        asked = {
            "root": str(folder), "cwd": str(folder), "cache": str(folder / "cache"), "log": str(log),
            "gguf": str(gguf), "commands": COMMANDS, "kill": kill,
        }  # fmt: skip
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return {**json.loads(self._process.stdout.readline()), "log": log.read_text(errors="replace")}


@dataclass
class Tally:
    """What a campaign did. stages: kills by what was in progress. faults: what did not end as it should."""

    kills: int = 0
    cut: int = 0
    chains: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    ways_out: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def prepare(folder: Path) -> Path:
    """A new folder with recipe and suite."""
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "suite.yaml").write_text(SUITE)
    return folder


def campaign(root: Path, gguf: Path, kills: int, seed: int = 0, tell: Callable[[Tally], object] = str) -> Tally:
    """Kill chains of attempts until there were `kills`; each chain is ended undisturbed and compared.

    In half of the attempts the kill comes at a random change of a file, else at a random time; after three of four the
    newest files are cut at random, as a power cut leaves them. tell: called after each chain.
    """
    chance, tally = random.Random(seed), Tally()
    with Server() as server:
        whole = prepare(root / "whole")
        first = server.ask(whole, gguf)
        assert first["status"] == 0, first["log"]
        seconds, events = first["seconds"], int((root / "whole.log.events").read_text())
        expected = outcome(whole)
        while tally.kills < kills:
            folder = prepare(root / f"chain-{tally.chains}")
            for _ in range(min(CHAIN, kills - tally.kills)):
                by_event = chance.random() < 0.5
                point = {"event": chance.randint(1, events)} if by_event else {"seconds": chance.random() * seconds}
                ended = server.ask(folder, gguf, point)
                if ended["status"] == 0:
                    break  # the point was beyond the end
                if ended["status"] != -9:
                    _take_way_out(folder, ended, tally)
                    continue
                tally.kills += 1
                tally.stages[stage(folder)] += 1
                if chance.random() < 0.75:
                    tally.cut += cut_newest(folder, chance)
            else:
                _finish(server, folder, gguf, tally)
            if (found := outcome(folder)) != expected:
                names = [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)]
                tally.faults.append(f"{folder.name}: another outcome in {sorted(names)}")
            else:
                shutil.rmtree(folder)
            tally.chains += 1
            tell(tally)
    return tally


def _finish(server: Server, folder: Path, gguf: Path, tally: Tally) -> None:
    for _ in range(6):
        ended = server.ask(folder, gguf)
        if ended["status"] == 0:
            return
        if not _take_way_out(folder, ended, tally):
            return
    tally.faults.append(f"{folder.name}: no end in 6 attempts")


def _take_way_out(folder: Path, ended: dict[str, Any], tally: Tally) -> bool:
    """Do what the hint of an error says; without one it is a fault."""
    way = WAY_OUT.search(ended["log"].replace("\n", " "))
    place = folder / way[1] if way else None
    if ended["status"] != 2 or place is None or not place.exists():
        tally.faults.append(f"{folder.name}: exit code {ended['status']}\n{ended['log'][-3000:]}")
        return False
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    tally.ways_out[place.name] += 1
    return True


def stage(folder: Path) -> str:
    """What was in progress when a folder was left as it is."""
    if not list(folder.glob("cache/models/*/model.safetensors")):
        return "conversion"
    if not list(folder.glob("adapters/trained/*/card.json")):
        return "training"
    if len(list(folder.glob("results/runs/*/*/run.json"))) < 4:
        return "answers and records"
    return "board"


def cut_newest(folder: Path, chance: random.Random) -> int:
    """Cut some of the newest files at random places; their number."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".lock", ".yaml")]
    files = [path for path in files if path.name not in (".lock", ".working") and path.stat().st_size]
    newest = sorted(files, key=lambda path: path.stat().st_mtime_ns)[-chance.randint(1, TRUNCATED) :]
    for path in newest:
        os.truncate(path, chance.randrange(path.stat().st_size))
    return len(newest)


def outcome(folder: Path) -> dict[str, Any]:
    """What is to be the same however often the work was killed: all but times and what they cost.

    Of the published board it is that it is there: its costs differ. The same board without them is compared.
    """
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or path.name.endswith(".lock"):
            continue
        if path.name in COMPARED:
            found[name] = file_digest(path)
        elif path.name == "run.json":
            found[name] = _timeless(json.loads(path.read_text()))
        elif path.parent.name == "board" and path.parent.parent.name == "results":
            found[name] = ""
        elif ".tmp" in path.name or "answers" in path.parts or ".converting" in name or "checkpoints" in path.parts:
            found[name] = "left over"
    return found


def _timeless(value: Any) -> Any:
    """A record without its times, what depends on them, and the number that it gets from them."""
    dropped = {"run_id", "created", "evaluation", "training", "command"}
    return {name: part for name, part in value.items() if name not in dropped} | {"provenance": None}
