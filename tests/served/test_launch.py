"""An engine is started once with a base and all adapters, without our keys, and ends with all that it started."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.paths import TESTS
from helpers.tiny import save_tiny

from phingpt_bench.core import gpus
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.evaluate.facts import machine_of
from phingpt_bench.evaluate.served import priced_by_time
from phingpt_bench.models.base_files import files_of, local_revision
from phingpt_bench.served import launch
from phingpt_bench.served.spec import ServedAdapter, ServedSpec
from phingpt_bench.served.weights import Weights, lora_rank, weights_of


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("base") / "tiny-base")


def adapter(folder: Path, rank: int, **more: Any) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(json.dumps({"r": rank, **more}))
    return folder


def engine(tmp_path: Path, mode: str) -> tuple[str, Path]:
    """A Python that starts the fake engine, and the file that it writes."""
    script, told = tmp_path / "python", tmp_path / "told.json"
    fake = TESTS / "helpers" / "fake_engine.py"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "{told}" {mode} "$@"\n')
    script.chmod(0o755)
    return str(script), told


def gone(pid: int) -> bool:
    """Whether a process has ended (one without a parent that waits is a zombie: state Z)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_one_engine_has_the_base_and_every_adapter(tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234567890")
    monkeypatch.setenv("HF_TOKEN", "hf_canary1234567890")
    command, told = engine(tmp_path, "answer")
    adapters = tuple(
        ServedAdapter(name=name, path=adapter(tmp_path / name, rank)) for name, rank in (("a", 8), ("b", 24))
    )
    spec = ServedSpec(
        engine="vllm", model=str(base), adapters=adapters, dtype="float32", max_length=512, command=command
    )
    server = launch.start(spec, weights_of(str(base)), spec.title)
    found = json.loads(told.read_text())
    arguments = found["arguments"]
    assert arguments[3] == str(base) and "--enforce-eager" in arguments
    assert arguments[arguments.index("--served-model-name") + 1] == "tiny-base"
    assert arguments[arguments.index("--max-lora-rank") + 1] == "32"
    assert arguments[arguments.index("--lora-modules") + 1 :][:2] == [f"{one.name}={one.path}" for one in adapters]
    assert (
        arguments[arguments.index("--max-loras") + 1] == "2" and arguments[arguments.index("--dtype") + 1] == "float32"
    )
    assert "canary" not in json.dumps(found["environment"])
    assert not any(map(gone, found["pids"]))
    server.stop()
    server.stop()
    for _ in range(200):
        if not all(map(gone, found["pids"])):
            time.sleep(0.05)
    assert all(map(gone, found["pids"])), "the engine's own processes too"


@pytest.mark.slow
def test_an_engine_that_ends_says_why(tmp_path: Path, base: Path) -> None:
    command, _ = engine(tmp_path, "die")
    spec = ServedSpec(engine="vllm", model=str(base), command=command)
    with pytest.raises(BenchError, match=r"vllm ended before it answered: ValueError: Model architectures \['Own'\]"):
        launch.start(spec, weights_of(str(base)), spec.title)


@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_an_engine_that_is_not_installed(name: str, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in launch.VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", "")
    spec = ServedSpec(engine=name, model=str(base))  # type: ignore[arg-type]
    with pytest.raises(BenchError, match=f"{name} is not installed here") as caught:
        launch.start(spec, weights_of(str(base)), spec.title)
    assert "base_url" in str(caught.value)
    monkeypatch.setenv(launch.VARIABLES[name], "/no/python")
    with pytest.raises(BenchError, match="/no/python: no such Python"):
        launch.start(spec, weights_of(str(base)), spec.title)


def test_sglang_gets_its_own_words(tmp_path: Path, base: Path) -> None:
    one = ServedAdapter(name="a", path=adapter(tmp_path / "a", 8))
    spec = ServedSpec(engine="sglang", model=str(base), adapters=(one,), dtype="bfloat16", quantisation="fp8")
    given = launch.arguments(spec, weights_of(str(base)), "served", 9)
    assert (
        given[given.index("--model-path") + 1] == str(base)
        and given[given.index("--lora-paths") + 1] == f"a={one.path}"
    )
    assert given[given.index("--quantization") + 1] == "fp8"


def test_an_adapter_without_a_folder_cannot_be_started_with(base: Path) -> None:
    spec = ServedSpec(engine="vllm", model=str(base), adapters=(ServedAdapter(name="a"),))
    with pytest.raises(BenchError, match="adapter 'a' has no folder"):
        launch.arguments(spec, weights_of(str(base)), "served", 9)


@pytest.mark.parametrize(
    ("rank", "more", "served"),
    [(1, {}, 8), (8, {}, 8), (9, {}, 16), (8, {"rank_pattern": {"q_proj": 65}}, 128), (300, {}, 320)],
)
def test_the_rank_is_one_that_vllm_takes(tmp_path: Path, rank: int, more: dict[str, Any], served: int) -> None:
    assert lora_rank([adapter(tmp_path / "a", rank, **more)]) == served


def test_a_rank_beyond_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="rank 600"):
        lora_rank([adapter(tmp_path / "a", 600)])


def test_what_a_folder_says_of_itself(base: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    own = weights_of(str(base))
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    assert own == Weights(
        name="tiny-base", folder=base, digest=local_revision(files_of(str(base))), parameters=model.num_parameters()
    )
    quantised = tmp_path / "own-gptq"
    quantised.mkdir()
    for file in base.iterdir():
        os.symlink(file, quantised / file.name)
    settings = json.loads((base / "config.json").read_text())
    (quantised / "config.json").unlink()
    (quantised / "config.json").write_text(json.dumps({**settings, "quantization_config": {"quant_method": "gptq"}}))
    assert (weights_of(str(quantised)).quantisation, weights_of(str(quantised)).parameters) == ("gptq", None)
    assert weights_of("org/model") == Weights(name="org/model", folder=None)
    assert file_digest(base / "config.json")


def test_an_engine_that_is_not_started_here_has_no_arguments(base: Path) -> None:
    spec = ServedSpec(engine="local-completions", model=str(base), base_url="http://127.0.0.1:9")
    with pytest.raises(BenchError, match="unknown engine 'local-completions'"):
        launch.arguments(spec, weights_of(str(base)), "served", 9)


@pytest.mark.parametrize(
    ("seen", "listed", "device"),
    [
        (8, 8, "cuda:0"),  # the first of all: neither engine is asked for more
        (0, 0, "cpu"),
        (0, 1, None),  # ours cannot use it, the engine's own torch may
    ],
)
def test_the_cost_of_a_started_engine_is_that_of_its_device(
    monkeypatch: pytest.MonkeyPatch, seen: int, listed: int, device: str | None
) -> None:
    import torch

    a100 = "NVIDIA A100-SXM4-80GB"
    for name in gpus.HIDING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(gpus, "listed", lambda: tuple(gpus.Gpu(name=a100) for _ in range(listed)))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(seen))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: seen)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda at: a100)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda at: object())
    assert launch.device() == device
    started = ServedSpec(engine="vllm", model="m")
    running = ServedSpec(engine="vllm", model="m", base_url="http://127.0.0.1:9")
    assert machine_of(started).gpus == [a100] * min(seen, 1)
    assert machine_of(running).gpus == [a100] * seen  # which of them it uses is unknown
    assert priced_by_time(started) is priced_by_time(running) is (device is not None)
    asked = ServedSpec(engine="vllm", model="m", dtype="float16")
    given = launch.arguments(asked, Weights(name="m", folder=None), "m", 9)
    assert ("--enforce-eager" in given) is (device == "cpu")


@pytest.mark.parametrize(
    ("url", "here"),
    [(None, True), ("http://localhost:9/v1", True), ("http://[::1]:9", True), ("http://127.0.0.1.example.com", False)],
)
def test_a_server_on_this_machine_is_told_by_its_host(url: str | None, here: bool) -> None:
    assert ServedSpec(engine="vllm", model="m", base_url=url).here is here
