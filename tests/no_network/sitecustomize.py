"""Blocks the network in a Python process: connections and name look-ups other than to this machine fail at once.

The test session loads this file itself and puts its folder on PYTHONPATH, so that every Python it starts does too.
"""

from __future__ import annotations

import socket
from typing import Any


class NetworkBlocked(OSError):
    """A test reached for the network. An OSError, as without a network."""


def is_local(address: Any) -> bool:
    """Whether an address of connect() is on this machine: a Unix socket's path, localhost, 127.*, ::1."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    return host in ("localhost", "::1") or host.startswith("127.")


def block() -> None:
    """Blocks it, once."""
    if getattr(socket, "_phingpt_bench_blocked", False):
        return
    look_up = socket.getaddrinfo

    def guarded(method: Any) -> Any:
        def call(self: socket.socket, *args: Any) -> Any:
            if not is_local(args[-1]):
                raise NetworkBlocked(f"the tests run without a network, and something wants {args[-1]}")
            return method(self, *args)

        return call

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not is_local((name,)):
            raise NetworkBlocked(f"the tests run without a network, and something looks up {name}")
        return look_up(host, *args, **kwargs)

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
    socket.getaddrinfo = getaddrinfo
    socket._phingpt_bench_blocked = True  # type: ignore[attr-defined]


block()
