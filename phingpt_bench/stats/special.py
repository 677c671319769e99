"""The functions of scipy.special that statistics need, found at their first call.

Importing scipy.special takes 0.3 s, more than drawing a board whose tests were kept takes in all.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    import scipy.special

    return getattr(scipy.special, name)
