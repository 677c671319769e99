"""Signal handlers of this process, kept where a library sets its own."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

NAMES = ("SIGTERM", "SIGHUP", "SIGINT")  # Windows has no SIGHUP


@contextlib.contextmanager
def kept_handlers() -> Iterator[None]:
    """After the block the handlers are those of before, also where a library put others under Python's.

    Setting one again also replaces a handler in C, which Python does not know of. Nothing is done outside of the main
    thread, and for a handler that was not set from Python.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
        before = {number: handler for number in numbers if (handler := signal.getsignal(number)) is not None}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
