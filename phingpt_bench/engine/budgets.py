"""How many tokens one forward pass should hold, by device (the type of a torch device: "cpu", "cuda")."""

from __future__ import annotations

# Padding included. On a CPU more brings no speed; on a GPU activations grow with it.
MAX_TOKENS = {"cpu": 4096}
MAX_TOKENS_ELSEWHERE = 16_384
# From here on a device needs the same time for each further token; below, a forward costs nearly the same whatever it
# holds.
SATURATING = {"cpu": 192}
SATURATING_ELSEWHERE = 4096


def token_budget(device: str) -> int:
    """The most tokens (rows x width, padding included) of one forward."""
    return MAX_TOKENS.get(device, MAX_TOKENS_ELSEWHERE)


def saturating_tokens(device: str) -> int:
    """The number of tokens in one forward from which on each further token costs the device the same time.

    So it is also what a forward of its own costs, in tokens: a shared prefix has to save more than that.
    """
    return SATURATING.get(device, SATURATING_ELSEWHERE)
