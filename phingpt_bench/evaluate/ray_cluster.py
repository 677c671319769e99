"""A cluster of Ray, or one on this machine: how it is reached, and how it is shared out among workers."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.handlers import kept_handlers
from phingpt_bench.core.machine import cores

Count = int | Literal["auto"]
CHECK = 30.0  # seconds after which a cluster counts as one that asks for a token


@contextlib.contextmanager
def connected(address: str | None) -> Iterator[Any]:
    """The module `ray`, connected within the block: to the cluster at an address, or to one on this machine.

    A connection that is there already is used, and stays afterwards. BenchError where Ray is not installed, and for a
    cluster that cannot be reached.
    """
    if address is not None:
        show_token(address)
    ray = _ray()
    own = not ray.is_initialized()
    if own:
        _connect(ray, address)
    try:
        yield ray
    finally:
        if own:
            ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # says no more than a warning
    here = {"num_cpus": cores(), "include_dashboard": False} if address is None else {}
    try:
        with kept_handlers():  # Ray's end the driver at a SIGTERM, with a trace of its C++ code
            ray.init(address=address or "local", log_to_driver=False, logging_level="ERROR", **here)
    except Exception as err:  # Ray has no class for what can go wrong here
        reason = str(err).split("\n")[0]
        if address is None:
            raise BenchError(
                "Ray did not start on this machine ({reason})",
                where="--workers",
                hint="it waits 30 seconds, which a very busy machine may need twice: try again",
                reason=reason,
            ) from None
        raise BenchError(
            "no Ray cluster could be reached ({reason})",
            where="--address",
            hint="'ray status' on its head node shows whether it runs and at which address",
            reason=reason,
        ) from None


def show_token(address: str) -> None:
    """Let Ray show the token of this machine to a cluster that asks for it, and to no other.

    By itself Ray shows it only to a cluster that it finds without an address. A head node asks for it if its machine
    has one, as every machine has on which `run --workers` ever started Ray. Shown to a cluster that has none, it is
    asked of the workers in return, and all of them are lost. RAY_AUTH_MODE, where it is set, is obeyed.
    """
    token = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    if "RAY_AUTH_MODE" in os.environ or not (os.environ.get("RAY_AUTH_TOKEN") or Path(token).is_file()):
        return
    os.environ["RAY_AUTH_MODE"] = "disabled" if _answers_without_token(address) else "token"


def _answers_without_token(address: str) -> bool:
    """In a process of its own: what Ray reads of tokens it keeps for as long as a process lasts."""
    where = [] if address == "auto" else ["--address", address]
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", *where]
    try:
        asked = subprocess.run(
            command, env={**os.environ, "RAY_AUTH_MODE": "disabled"}, capture_output=True, timeout=CHECK, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise BenchError(
            "--workers needs Ray, which is not installed",
            hint="pip install 'phingpt-bench[ray]'; or split the plan with --cells, which needs nothing",
        ) from None
    return ray


@dataclass(frozen=True, slots=True)
class Share:
    """What each worker gets. cpus: whole ones, which are its threads unless the user has set those.

    gpus: a whole one, or an even part of one.
    """

    workers: int
    cpus: int
    gpus: float = 0.0


def share_of(nodes: Sequence[Mapping[str, Any]], workers: Count) -> Share:
    """The largest share of a cluster's nodes with which that many workers fit. "auto": one per GPU, otherwise per node.

    BenchError if there are fewer cores than workers.
    """
    cpus = [int(node["Resources"].get("CPU", 0)) for node in nodes]
    gpus = [int(node["Resources"].get("GPU", 0)) for node in nodes]
    wanted = workers if workers != "auto" else sum(gpus) or max(1, sum(cpu > 0 for cpu in cpus))
    parts = 1  # workers on a GPU
    while any(gpus) and parts * sum(gpus) < wanted:
        parts += 1
    for each in range(max(cpus, default=0), 0, -1):
        rooms = [cpu // each for cpu in cpus]
        if any(gpus):
            rooms = [min(room, gpu * parts) for room, gpu in zip(rooms, gpus, strict=True)]
        if sum(rooms) >= wanted:
            return Share(wanted, each, 1 / parts if any(gpus) else 0.0)
    raise BenchError(
        "{n} workers do not fit: the cluster has {cpus} cores",
        where="--workers",
        hint="each needs one core at least; 'auto' takes one per GPU, or one per node",
        n=wanted,
        cpus=sum(cpus),
    )
