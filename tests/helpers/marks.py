"""Marks for parameters: which names of tasks and datasets need the real datasets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def with_data(names: Iterable[str]) -> list[Any]:
    """Names as parameters; those that are not of the embedded demonstration corpus are marked `data`."""
    return [name if "demo" in name else pytest.param(name, marks=pytest.mark.data) for name in names]
