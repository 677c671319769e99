"""How long an idle thread of torch's waits before it sleeps. OpenMP reads it once, when torch is imported."""

from __future__ import annotations

import os

# what a user may have set for the same
OWN = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
# Turns that a thread of libgomp (torch's on Linux) spins at a barrier. By default 300,000, which burns the time slice
# that a neighbour would need: on two cores beside eleven busy processes products ran at 20 GFLOP/s, with 10,000 at 71.
# Alone it changes nothing (703 to 729 against 717 to 719), while sleeping at once costs up to a third (docs/log.md).
TURNS = 10_000


def limit_spinning() -> None:
    """Let idle threads sleep soon, unless the user has chosen how they wait. Without effect once torch is imported."""
    if not any(os.environ.get(name) for name in OWN):
        os.environ["GOMP_SPINCOUNT"] = str(TURNS)
