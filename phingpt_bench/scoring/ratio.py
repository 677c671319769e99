"""A ratio of summed counts, as most scores are one."""

from __future__ import annotations

import numpy as np


def ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """`over / under`, value by value; nan where `under` is not above 0."""
    return np.where(under > 0, over / np.where(under > 0, under, 1), np.nan)
