"""Signals that end the program, handled like Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

INTERRUPTED = 130  # the exit code after Ctrl-C


@contextlib.contextmanager
def ending_like_ctrl_c() -> Iterator[list[int]]:
    """Within the block SIGTERM and SIGHUP act as Ctrl-C, unless they are ignored (nohup) or handled by someone else.

    It gives the list of those that came: a library may raise a KeyboardInterrupt of its own for them, as Ray does.
    """
    came: list[int] = []

    def end(number: int, _frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
