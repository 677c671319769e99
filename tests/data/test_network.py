"""Whether the Hub is there is asked for two seconds at most, whatever the network does with the question."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from phingpt_bench.data import network


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    network.reachable.cache_clear()


def asked(endpoint: str) -> tuple[bool, float]:
    begin = time.monotonic()
    return network.reachable(endpoint), time.monotonic() - begin


@pytest.mark.slow
def test_a_name_that_is_looked_up_for_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a firewall drops the questions to a name server: the system's look-up tries for 10 s and more."""
    end = threading.Event()

    def look_up(*where: Any, **more: Any) -> Any:
        end.wait(30)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found, seconds = asked("https://hub.example")
    end.set()
    assert not found and network.PATIENCE <= seconds < network.PATIENCE + 5, "a loaded machine included"


@pytest.mark.slow
def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found, seconds = asked(f"http://127.0.0.1:{silent.getsockname()[1]}")
    assert not found and seconds < network.PATIENCE + 5


def test_a_refused_connection_is_known_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert asked(f"http://127.0.0.1:{port}")[0] is False
