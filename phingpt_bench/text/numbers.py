"""Numbers as people read them."""

from __future__ import annotations


def rounded_parameters(count: float) -> float:
    """A number of parameters as it is shown: whole millions, from a billion on two figures, from ten whole billions."""
    if count < 999.5e6:
        return round(count / 1e6) * 1e6
    return (float(f"{count / 1e9:.2g}") if count < 1e10 else round(count / 1e9)) * 1e9
