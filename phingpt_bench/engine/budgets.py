"""How many tokens one forward pass should hold, by device (the type of a torch device: "cpu", "cuda")."""

from __future__ import annotations

# Padding included. On a CPU more brings no speed; on a GPU activations grow with it.
MAX_TOKENS = {"cpu": 4096}
MAX_TOKENS_ELSEWHERE = 16_384
# From here on a device needs the same time for each further token; below, a forward costs nearly the same whatever it
# holds.
SATURATING = {"cpu": 192}
SATURATING_ELSEWHERE = 4096
# Rows of a batch, unless a number is asked for. On a GPU a forward of 16 rows of 130 tokens leaves most units idle; the
# token budget guards its memory. Documents that are written at a time keep their keys and values for all of an answer.
ROWS = {"cpu": 16}
ROWS_ELSEWHERE, WRITTEN_ELSEWHERE = 128, 32


def default_rows(device: str) -> int:
    """The most rows of a batch where no number was asked for."""
    return ROWS.get(device, ROWS_ELSEWHERE)


def default_slots(device: str) -> int:
    """The most answers that are written at a time where no number was asked for."""
    return ROWS.get(device, WRITTEN_ELSEWHERE)


def token_budget(device: str) -> int:
    """The most tokens (rows x width, padding included) of one forward."""
    return MAX_TOKENS.get(device, MAX_TOKENS_ELSEWHERE)


def saturating_tokens(device: str) -> int:
    """The number of tokens in one forward from which on each further token costs the device the same time.

    So it is also what a forward of its own costs, in tokens: a shared prefix has to save more than that.
    """
    return SATURATING.get(device, SATURATING_ELSEWHERE)
