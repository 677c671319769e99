"""Real servers for the tests of this folder, each in an environment of its own that `make servers` makes.

They lie in $PHINGPT_BENCH_SERVERS, or in .cache/servers of the checkout. Where one is missing, its tests skip with why.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.paths import ROOT

from phingpt_bench.models.embedded import SMOLLM2


def environment_python(name: str) -> Path:
    """The Python of the newest environment of a server; skips where there is none."""
    home = Path(os.environ.get("PHINGPT_BENCH_SERVERS") or ROOT / ".cache" / "servers")
    found = sorted(marker.parent for marker in home.glob(f"{name}-*/.installed"))
    if not found:
        pytest.skip(f"{name} is not installed ('make servers' installs it into {home})")
    return found[-1] / "bin" / "python"


@pytest.fixture(scope="session")
def vllm_python() -> Path:
    return environment_python("vllm")


@pytest.fixture(scope="session")
def llama_cpp() -> Iterator[str]:
    """The address of llama.cpp's server with the embedded model's own GGUF, served as "smollm2"."""
    python = environment_python("llama-cpp")
    gguf = SMOLLM2.wheel_files()
    if gguf is None:
        pytest.skip("the wheel of the embedded model is not installed")
    script = Path(__file__).with_name("llama_cpp.py")
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = ["nice", str(python), str(script), str(gguf[0]), "smollm2"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=own, text=True
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), "the server did not start"
        yield address
        process.stdin.close()
