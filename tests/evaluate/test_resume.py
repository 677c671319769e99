"""Runs that are killed: answers are kept, the same command goes on, and what comes out is what would have come out."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.workplace import LOCK, alone, check_folder, swept, tried
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate import kept as keeping
from phingpt_bench.evaluate.kept import Kept, portion_of, portions

COMMAND = [sys.executable, "-m", "phingpt_bench"]


def requests(documents: int, each: int = 3) -> list[Any]:
    """Requests as lm-eval makes them: several for a document."""
    return [
        SimpleNamespace(task_name="t", doc_id=doc, idx=which, args=(f"prompt {doc}", f" label {which}"))
        for doc in range(documents)
        for which in range(each)
    ]


class FakeLM:
    """Answers by the prompt, and by what is asked with it, as a model's last digits do."""

    def __init__(self, meter: Meter, most: int | None = None):
        self.meter, self.most, self.asked = meter, most, 0
        self.truncated = self.cut_answers = self.skipped = 0

    def loglikelihood(self, asked: list[Any], **_: Any) -> list[tuple[float, bool]]:
        answers = []
        for request in asked:
            if self.most is not None and self.asked >= self.most:
                raise KeyboardInterrupt
            self.asked += 1
            value = -float("inf") if request.doc_id == 5 else -len(request.args[1]) / 3 - 1e-9 * len(asked)
            answers.append((value, request.idx == 0))
        self.truncated += 1
        self.meter.count(tokens_in=10 * len(asked), tokens_out=len(asked))
        return answers


def asked(path: Path, most: int | None = None, identity: object = "a") -> tuple[list[Any], FakeLM, Meter, Kept]:
    meter = Meter()
    lm, kept = FakeLM(meter, most), Kept(path, identity, 4)
    return kept.asking(lm, lm.loglikelihood, meter, None)(requests(18)), lm, meter, kept


def test_answers_are_kept_and_not_asked_again(tmp_path: Path) -> None:
    whole, lm, meter, _ = asked(tmp_path / "whole.jsonl")
    path = tmp_path / "answers" / "t.jsonl"
    with pytest.raises(KeyboardInterrupt):
        asked(path, most=30)  # two portions of 12 requests are whole, the third is not
    assert len(path.read_text().splitlines()) == 2
    again, resumed, booked, kept = asked(path)
    assert again == whole and kept.used == 2
    assert resumed.asked == lm.asked - 24
    assert (booked.tokens_in, booked.tokens_out, resumed.truncated) == (meter.tokens_in, meter.tokens_out, lm.truncated)
    kept.done()
    assert not path.exists() and not path.parent.exists()


def test_answers_of_another_model_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        asked(tmp_path / "t.jsonl", most=30)
    assert asked(tmp_path / "t.jsonl", identity="b")[3].used == 0


@pytest.mark.parametrize("damage", ["cut", "garbage", "zeros", "types"])
def test_a_damaged_line_is_asked_again(damage: str, tmp_path: Path) -> None:
    whole, _, _, _ = asked(tmp_path / "whole.jsonl")
    path = tmp_path / "t.jsonl"
    with pytest.raises(KeyboardInterrupt):
        asked(path, most=30)
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) - 40])
    elif damage == "garbage":
        path.write_bytes(b'{"key": 1\n\xff\xfe\n[' + b"[" * 5000 + b"\n" + data)
    elif damage == "zeros":
        path.write_bytes(data + b"\0" * 4096)
    else:
        first = json.loads(data.splitlines()[0])
        path.write_text(json.dumps({**first, "answers": [[None, 1]]}) + "\n" + data.decode().split("\n", 1)[1])
    again, _, _, kept = asked(path)
    assert again == whole
    assert kept.used == (2 if damage in ("garbage", "zeros") else 1)


def test_portions_keep_documents_whole() -> None:
    found = list(portions(requests(10), 4))
    assert [len(part) for part in found] == [12, 12, 6]
    assert [request for part in found for request in part] == requests(10)
    assert (portion_of(135_000_000, "cpu"), portion_of(7_000_000_000, "cpu"), portion_of(7, "cuda")) == (64, 16, 512)


def test_a_folder_is_tried_before_the_work(tmp_path: Path) -> None:
    tried(tmp_path / "new")
    check_folder(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BenchError):
            tried(place)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["file"]


def test_a_full_folder_is_reported_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(BenchError, match="No space left"):
        tried(tmp_path)


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    left, fresh, other = tmp_path / "x" / ".samples.jsonl.ab.tmp", tmp_path / ".run.json.cd.tmp", tmp_path / "a.tmp"
    left.parent.mkdir()
    for path in (left, fresh, other):
        path.write_text("text of a dataset")
    os.utime(left, (1, 1))
    os.utime(other, (1, 1))
    assert swept(tmp_path) == [left]
    assert fresh.exists() and other.exists() and not left.exists()


@pytest.mark.slow
def test_two_runs_in_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from phingpt_bench.core.workplace import alone\n"
        "with alone(Path(sys.argv[1]), print): print('in', flush=True); time.sleep(3)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None and other.stdout.readline() == "in\n"
    told: list[str] = []
    with alone(tmp_path, told.append) as waited:
        assert waited
    assert f"another run (process {other.pid}, since " in told[0]
    other.wait(timeout=30)
    with alone(tmp_path, told.append) as waited:
        assert not waited
    assert len(told) == 1 and [path.name for path in tmp_path.iterdir()] == [LOCK]


HOLD = (
    "import sys; from pathlib import Path; from phingpt_bench.core.workplace import alone_on\n"
    "with alone_on(Path(sys.argv[1]), (int(sys.argv[2]), int(sys.argv[3])), lambda text: print(text, flush=True)):\n"
    "    print('works', flush=True); sys.stdin.read()\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second", "waits"),
    [
        ((1, 2), (2, 2), False),  # parts of one split write different runs
        ((1, 1), (1, 1), True),
        ((1, 1), (1, 2), True),
        ((1, 2), (1, 1), True),
        ((1, 2), (1, 2), True),
        ((1, 2), (2, 3), True),  # another split cuts elsewhere
    ],
)
def test_no_two_processes_work_on_the_same_runs(
    first: tuple[int, int], second: tuple[int, int], waits: bool, tmp_path: Path
) -> None:
    def begin(share: tuple[int, int]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLD, str(tmp_path), *map(str, share)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    with begin(first) as one:
        assert one.stdout is not None and one.stdout.readline() == "works\n"
        with begin(second) as two:
            assert two.stdout is not None
            if waits:
                said = two.stdout.readline()
                assert said.startswith(f"waiting for another run (process {one.pid}, since ")
            else:
                assert two.stdout.readline() == "works\n"
            one.communicate()  # it ends
            assert waits == ("works" in two.communicate()[0])
    with begin(first) as again:
        assert "works" in again.communicate()[0]


def test_a_folder_that_nothing_came_into_is_gone(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), alone(tmp_path / "new", print):
        raise RuntimeError
    assert not (tmp_path / "new").exists()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("resume") / "tiny", hidden_size=32, intermediate_size=64)


def suite(folder: Path, model: Path) -> Path:
    folder.mkdir()
    path = folder / "suite.yaml"
    path.write_text(
        "name: k\ntasks: [phin_demo_sentiment]\nfloors: false\nlimit: 80\nresults: results\n"
        f"bases: [{{model: {model}, quantisation: none, compute_dtype: float32, device: cpu}}]\n"
        "variants: [{shots: 0}, {shots: 2}]\n"
    )
    return path


def outcomes(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("outcomes.json"))}


SMALLER = "from phingpt_bench.evaluate import kept; kept.SMALL = 4\nfrom phingpt_bench.cli.main import main\n"


def start(path: Path) -> subprocess.Popen[str]:
    """A run in a process of its own, with portions of four documents so that it can be killed between two."""
    code = f"import sys\n{SMALLER}sys.exit(main(['run', 'suite.yaml', '--quiet']))"
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=path.parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until(condition: Any, process: subprocess.Popen[str], seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_ends_as_the_undisturbed_one(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(keeping, "SMALL", 4)
    whole = suite(tmp_path / "whole", model)
    monkeypatch.chdir(whole.parent)
    assert main(["run", "suite.yaml", "--quiet"]) == 0
    capsys.readouterr()
    killed, chance = suite(tmp_path / "killed", model), random.Random(7)
    answers = killed.parent / "results" / "answers"

    def portions_made() -> int:
        return sum(len(path.read_text().splitlines()) for path in answers.glob("*.jsonl"))

    kills = 0
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        process, made = start(killed), portions_made()
        if until(lambda before=made: portions_made() > before, process):
            time.sleep(chance.random() * 0.1)
            process.send_signal(number)
            kills += process.poll() is None
        _, err = process.communicate(timeout=120)
        if number != signal.SIGKILL and process.returncode:
            assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
            assert re.search(r"stopped: \d of \d runs? (is|are) kept in results; the same command resumes", err)
        newest = max(answers.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, default=None)
        if newest is not None and number == signal.SIGKILL:
            newest.write_bytes(newest.read_bytes()[:-25])  # as a machine that lost its power leaves it
    assert kills >= 2
    process = start(killed)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert outcomes(killed.parent) == outcomes(whole.parent)
    assert not answers.exists()
    boards = []
    for folder in (whole.parent, killed.parent):
        monkeypatch.chdir(folder)
        columns = "rank,model,score"
        assert (
            main(["leaderboard", "results", "--published", "none", "--format", "markdown", "--columns", columns]) == 0
        )
        # what else ran on this machine meanwhile is no matter of the run
        boards.append(re.sub(r" \(times and energy were measured on a machine [^)]*\)", "", capsys.readouterr().out))
    assert boards[0] == boards[1]
