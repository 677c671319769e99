"""Signals that end the program, handled like Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class Ended(KeyboardInterrupt):
    """The system or a closed terminal ends the program: it stops as on Ctrl-C, with what is kept."""

    def __init__(self, number: int):
        super().__init__()
        self.number = number


@contextlib.contextmanager
def ending_like_ctrl_c() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise Ended, unless they are ignored (nohup) or handled by someone else."""

    def end(number: int, _frame: object) -> None:
        raise Ended(number)

    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
