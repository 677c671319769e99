"""Workers on a cluster of three nodes on this machine: the same board, and a lost node costs its cell alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.tiny import save_tiny

from phingpt_bench.board.load import Options, load_board
from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate import ray_cluster, ray_workers
from phingpt_bench.evaluate.ray_cluster import Share, share_of

ray = pytest.importorskip("ray", reason="Ray is not installed (pip install 'phingpt-bench[ray]')")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # each worker loads torch, on whatever the machine has left

TASK = "phin_demo_sentiment"
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


def node(cpus: int, gpus: int = 0) -> dict[str, Any]:
    return {"Resources": {"CPU": float(cpus), **({"GPU": float(gpus)} if gpus else {})}}


@pytest.mark.parametrize(
    ("nodes", "workers", "share"),
    [
        ([node(2)], 2, Share(2, 1)),
        ([node(2), node(2), node(2)], "auto", Share(3, 2)),
        ([node(1), node(7)], 2, Share(2, 3)),
        ([node(32, 4), node(32, 4)], "auto", Share(8, 8, 1.0)),
        ([node(32, 4)], 8, Share(8, 4, 0.5)),
        ([node(2, 4)], 2, Share(2, 1, 1.0)),
    ],
)
def test_the_largest_share_with_which_all_fit(nodes: list[Any], workers: Any, share: Share) -> None:
    assert share_of(nodes, workers) == share


def test_more_workers_than_cores_do_not_fit() -> None:
    with pytest.raises(BenchError, match="3 workers do not fit: the cluster has 2 cores"):
        share_of([node(2)], 3)


def test_ray_does_not_take_the_signals_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """A SIGTERM ends a run with what it has kept; Ray's handlers ended it with a trace."""

    class Ray:
        @staticmethod
        def is_initialized() -> bool:
            return False

        @staticmethod
        def init(**_: Any) -> None:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            raise ConnectionError("no cluster")

    def own(number: int, frame: Any) -> None: ...

    monkeypatch.setattr(ray_cluster, "_ray", Ray)
    before = signal.signal(signal.SIGTERM, own)
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(BenchError, match="no cluster"), ray_cluster.connected("127.0.0.1:1"):
            pass
        assert signal.getsignal(signal.SIGTERM) is own and signal.getsignal(signal.SIGINT) is interrupt
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_cluster_is_shown_the_token_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By itself Ray shows it only to a cluster that it finds alone, but a head node asks for it wherever one lies."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")  # so that it is as before when the test ends
        monkeypatch.delenv(name)
    asks = True
    monkeypatch.setattr(ray_cluster, "_answers_without_token", lambda address: not asks)
    ray_cluster.show_token("head:6379")
    assert "RAY_AUTH_MODE" not in os.environ
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("0123")
    ray_cluster.show_token("head:6379")
    assert os.environ.pop("RAY_AUTH_MODE") == "token"
    asks = False
    ray_cluster.show_token("head:6379")
    assert os.environ["RAY_AUTH_MODE"] == "disabled"
    asks = True
    ray_cluster.show_token("head:6379")
    assert os.environ["RAY_AUTH_MODE"] == "disabled"  # as the user said, for all that is known here


class Place:
    """A folder with a tiny base, a recipe for it, and a suite of two seeds."""

    def __init__(self, root: Path):
        self.root = root
        model = save_tiny(root / "tiny", hidden_size=32, intermediate_size=64)
        self.base = f"{{model: {model}, compute_dtype: float32, device: cpu}}"
        (root / "mine.yaml").write_text(f"name: mine\ntasks: [{TASK}]\nbase: {self.base}\ntokens_per_batch: 8192\n")
        self.suite = self.write("suite", f"adapters: [{{recipe: {root}/mine.yaml}}]\nseeds: [0, 1]\n")

    def write(self, name: str, more: str) -> Path:
        path = self.root / f"{name}.yaml"
        path.write_text(f"name: {name}\ntasks: [{TASK}]\nbases: [{self.base}]\nvariants: [{{}}, {{shots: 1}}]\n{more}")
        return path

    def run(self, results: str, *more: str, suite: Path | None = None) -> int:
        return main(["run", str(suite or self.suite), "--results", str(self.root / results), *more])

    def board(self, results: str) -> list[Any]:
        """What a board says of each row, times and costs aside."""
        board, _ = load_board(self.root / results, Options(published=False))
        return [
            (row.rank, row.name, row.adapter, row.variant, row.score, row.interval, row.against_base, row.beats_floor)
            for section in (*board.sections, *board.limited)
            for row in section.rows
        ]

    def records(self, results: str) -> dict[str, dict[str, Any]]:
        folder = self.root / results / "runs" / TASK
        return {path.parent.name: json.loads(path.read_text()) for path in folder.glob("*/run.json")}

    def files(self, results: str) -> dict[str, bytes]:
        """Outcomes of all runs, and answers of all models but floors, whose last digits vary by threads."""
        folder = self.root / results / "runs"
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for name in ("outcomes.json", "samples.jsonl")
            for path in folder.rglob(name)
            if name == "outcomes.json" or not path.parent.name.startswith("floor")
        }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The suite after one process did it; its adapters are set aside, to be trained again by workers."""
    before = Path.cwd()
    torch.set_num_threads(1)  # as each worker has: the last digits of a training depend on it
    root = tmp_path_factory.mktemp("place")
    os.chdir(root)
    place = Place(root)
    assert place.run("alone", "--quiet") == 0
    (root / "adapters").rename(root / "adapters-of-one")
    yield place
    os.chdir(before)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from ray.cluster_utils import Cluster

    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["RAY_AUTH_MODE"] = "disabled"  # as its nodes are, whatever token this machine has from earlier runs
    os.environ.pop("PYTHONPATH", None)  # Ray's processes reach each other by this machine's address in its network
    head = {**NODE, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(**NODE)
    yield made
    made.shutdown()
    del os.environ["RAY_AUTH_MODE"]


@pytest.fixture
def connected(cluster: Any) -> Iterator[Any]:
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    yield cluster
    ray.shutdown()


def test_three_nodes_make_the_board_of_one_process(alone: Place, connected: Any) -> None:
    assert alone.run("three", "--workers", "auto", "--quiet") == 0
    assert alone.board("three") == alone.board("alone")
    assert alone.files("three") == alone.files("alone")
    found = alone.records("three").values()
    assert {record["evaluation"]["machine"]["threads"] for record in found} == {1}
    assert max(record["evaluation"]["machine"]["workers"] for record in found) > 1, "all nodes are this machine"
    assert not (alone.root / "three" / ".workers").exists()


def test_no_disk_is_needed_that_all_share(alone: Place, connected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone.root / "adapters").rename(alone.root / "adapters-of-three")
    monkeypatch.setattr(ray_workers, "OWNER", ".none")  # so that no worker knows the folder
    assert alone.run("apart", "--workers", "2", "--quiet") == 0
    assert alone.files("apart") == alone.files("alone")
    cards = [path.parent.name for path in (alone.root / "adapters" / "trained").glob("*/card.json")]
    assert sorted(cards) == ["mine", "mine-seed1"]


def test_a_cell_that_always_fails_is_named_beside_a_whole_board(
    alone: Place, connected: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from safetensors.torch import load_file, save_file

    dead = shutil.copytree(alone.root / "adapters-of-one" / "trained" / "mine", alone.root / "dead")
    weights = load_file(dead / "adapter_model.safetensors")
    silent = {name: tensor * (0 if "lora_B" in name else 1) for name, tensor in weights.items()}
    save_file(silent, dead / "adapter_model.safetensors")
    (dead / "card.json").unlink()
    suite = alone.write("dead", f"adapters: [{{path: {dead}, name: dead}}]\nfloors: false\n")
    assert alone.run("failing", "--workers", "2", "--quiet", suite=suite) == 1
    out = capsys.readouterr().out
    assert "1 cell failed:" in out and f"{TASK}: tiny + dead 0-shot: adapter 'dead' changes nothing" in out
    assert len(alone.board("failing")) == 2, "the base in both variants"


def test_a_node_that_is_removed_costs_its_cell_alone(
    alone: Place, connected: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = connected.add_node(**NODE)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(alone.run("lossy", "--workers", "4")))
    thread.start()
    try:
        until(lambda: len(alone.records("lossy")) > 0, 200)
    finally:
        connected.remove_node(extra)
    before = alone.records("lossy")
    thread.join(200)
    assert codes == [0]
    assert alone.files("lossy") == alone.files("alone")
    after = alone.records("lossy")
    assert {name: after[name]["run_id"] for name in before} == {name: before[name]["run_id"] for name in before}
    assert capsys.readouterr().err.count("is lost with its cell") <= 1


def start(alone: Place, cluster: Any, results: str) -> subprocess.Popen[str]:
    """A driver of its own, with a token that the cluster does not ask for."""
    variables = {name: value for name, value in os.environ.items() if name != "RAY_AUTH_MODE"}
    return subprocess.Popen(
        [sys.executable, "-m", "phingpt_bench", "run", str(alone.suite), "--results", str(alone.root / results),
         "--workers", "2", "--address", cluster.address],
        cwd=alone.root, env=variables | {"RAY_AUTH_TOKEN": "0a" * 32}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def until(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_a_second_driver_waits_and_takes_over_when_the_first_is_killed(alone: Place, cluster: Any) -> None:
    first = start(alone, cluster, "twice")
    until(lambda: len(alone.records("twice")) > 0 or first.poll() is not None, 200)
    second = start(alone, cluster, "twice")
    assert first.poll() is None, first.communicate()
    os.killpg(first.pid, signal.SIGKILL)
    before = alone.records("twice")
    assert before
    _, said = second.communicate(timeout=200)
    assert second.returncode == 0, said
    assert alone.files("twice") == alone.files("alone")
    after = alone.records("twice")
    assert {name: after[name]["run_id"] for name in before} == {name: before[name]["run_id"] for name in before}
