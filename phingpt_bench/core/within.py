"""Values of context variables that hold within a block."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def value_within(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Within the block the variable has this value, in this thread; afterwards the one of before."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)
