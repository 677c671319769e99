"""Engines that are started here: one process on the loopback for a base and all adapters, until the evaluation ends."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from phingpt_bench.core import gpus
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.paths import cache_dir, expanded
from phingpt_bench.core.sentences import sentence
from phingpt_bench.models.base_spec import BaseSpec, compute_dtype
from phingpt_bench.served.engines import KINDS
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.served.weights import Weights, lora_rank

PATIENCE = 1800.0  # seconds to wait for a start: large models are read from slow disks
VARIABLES = {"vllm": "PHINGPT_BENCH_VLLM", "sglang": "PHINGPT_BENCH_SGLANG"}  # the Python that has the engine
MODULES = {"vllm": ["-m", "vllm.entrypoints.cli.main", "serve"], "sglang": ["-m", "sglang.launch_server"]}


class Server:
    """A started engine. root: its address. seconds: until it answered. `stop` ends it, and may be called twice."""

    def __init__(self, process: subprocess.Popen[bytes], root: str, log: Path):
        self.process, self.root, self.log = process, root, log
        self.seconds = 0.0
        atexit.register(self.stop)

    def stop(self) -> None:
        """End the engine and the processes that it started, by their group."""
        atexit.unregister(self.stop)
        if self.process.poll() is not None:
            return
        for sign, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
                return


def start(spec: ServedSpec, weights: Weights, name: str) -> Server:
    """Start the engine of a spec and wait until it answers. name: the served name of the base.

    BenchError if it is not installed, or ends before it answers: with the last error of its log.
    """
    port = _free_port()
    command = [*_engine(spec), *arguments(spec, weights, name, port)]
    folder = cache_dir() / "servers"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{spec.engine}-{port}.log"
    with log.open("wb") as file:
        process = _spawn(command, environment(spec), file)
    server = Server(process, f"http://127.0.0.1:{port}", log)
    began = time.monotonic()
    try:
        _wait(server, spec)
    except BaseException:
        server.stop()
        raise
    server.seconds = time.monotonic() - began
    return server


def arguments(spec: ServedSpec, weights: Weights, name: str, port: int) -> list[str]:
    """The engine's own arguments; BenchError for an engine that is not started here."""
    model = str(weights.folder or spec.model)
    paths = {adapter.name: adapter.path for adapter in spec.adapters}
    if nowhere := next((one for one, path in paths.items() if path is None), None):
        raise BenchError("adapter '{name}' has no folder, and the engine is to be started with it", name=nowhere)
    folders = [path for path in paths.values() if path is not None]
    loras = [f"{one}={path}" for one, path in paths.items()]
    dtype = dtype_of(spec)
    if spec.engine == "vllm":
        given = ["--served-model-name", name, "--max-model-len", str(spec.max_length)] if spec.max_length else []
        given = given or ["--served-model-name", name]
        given += ["--revision", spec.revision] if spec.revision else []
        given += ["--quantization", spec.quantisation] if spec.quantisation else []
        given += ["--tokenizer", spec.tokenizer] if spec.tokenizer else []
        if loras:
            given += ["--enable-lora", "--max-loras", str(len(loras)), "--max-lora-rank", str(lora_rank(folders))]
            given += ["--lora-modules", *loras]
        if device() == "cpu":
            given += ["--enforce-eager"]  # compiling for a processor takes minutes, and saves none here
        return [model, "--dtype", dtype, "--host", "127.0.0.1", "--port", str(port), *given]
    if spec.engine != "sglang":
        raise unknown(
            sentence("engine"), spec.engine, [name for name, kind in KINDS.items() if kind.started], where="launch"
        )
    given = ["--context-length", str(spec.max_length)] if spec.max_length else []
    given += ["--quantization", spec.quantisation] if spec.quantisation else []
    given += ["--enable-lora", "--lora-paths", *loras] if loras else []
    return [
        "--model-path", model, "--served-model-name", name, "--dtype", dtype,
        "--host", "127.0.0.1", "--port", str(port), *given,
    ]  # fmt: skip


def device() -> str | None:
    """The torch device that an engine works on where it is started here: the first GPU, or the processor.

    None where it is unknown: our torch cannot use the GPU that a driver lists, and the engine's own may.
    """
    import torch

    if torch.cuda.is_available():
        return "cuda:0"
    return None if gpus.unused(torch) else "cpu"


def dtype_of(spec: ServedSpec) -> str:
    """The dtype of a started engine: as given, otherwise bfloat16 if this machine supports it."""
    return spec.dtype or compute_dtype(BaseSpec(model=spec.model))


def environment(spec: ServedSpec) -> dict[str, str]:
    """The environment of a started engine: ours without keys of APIs, plus what vLLM needs on a processor."""
    own = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}
    own.pop("PYTHONPATH", None)  # it has its own packages
    if spec.engine == "vllm":
        own |= {"VLLM_NO_USAGE_STATS": "1"}
        if device() == "cpu":
            own.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")  # GiB
            own.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")  # otherwise it refuses to share its cores
    return own


def _engine(spec: ServedSpec) -> list[str]:
    """The command that starts an engine, up to its arguments."""
    variable = VARIABLES[spec.engine]
    named = spec.command or os.environ.get(variable)
    if named:
        found = shutil.which(str(expanded(named)))
        if found is None:
            raise BenchError(
                "no such Python", where=named, hint="command=PYTHON in --model-args, or {variable}", variable=variable
            )
        return [found, *MODULES[spec.engine]]
    if importlib.util.find_spec(spec.engine) is not None:
        return [sys.executable, *MODULES[spec.engine]]
    if spec.engine == "vllm" and (found := shutil.which("vllm")):
        return [found, "serve"]
    raise BenchError(
        "{engine} is not installed here",
        hint="pip install {engine} into an environment of its own and name its Python in {variable}, "
        "or give the base_url of a server that runs",
        engine=spec.engine,
        variable=variable,
    )


def _spawn(command: list[str], own: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    # a separate session: it is stopped through `stop`, with all processes that it started
    return subprocess.Popen(
        command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )


def _wait(server: Server, spec: ServedSpec) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise BenchError(
                "{engine} ended before it answered: {log}",
                where=str(server.log),
                hint="the log says more",
                engine=spec.engine,
                log=_last_error(server.log),
            )
        if _answers(f"{server.root}/health"):
            return
        time.sleep(0.5)
    raise BenchError(
        "{engine} did not answer within {patience:.0f} minutes",
        where=str(server.log),
        engine=spec.engine,
        patience=PATIENCE / 60,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:  # not started yet; URLError is an OSError
        return False


def _last_error(log: Path) -> str:
    """The last line of a log that names an error, without the logger's marks."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if re.search(r"\b\w*(Error|Exception)\b: \S", line)]
    found = (errors or [line for line in lines if line.strip()] or ["nothing in its log"])[-1]
    return re.sub(r"^.*?\b(?=\w*(Error|Exception)\b: )", "", found).strip()[:300]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
