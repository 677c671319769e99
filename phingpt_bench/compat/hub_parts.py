"""Parts of huggingface_hub and datasets that may change without notice."""

from __future__ import annotations

import sys


def hub_is_offline() -> bool:
    """Whether the Hub's client stays offline (HF_HUB_OFFLINE, or `set_hub_offline`)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def set_hub_offline(offline: bool) -> None:
    """Let the Hub's client and `datasets` use caches only, or ask the Hub again.

    huggingface_hub 2.4, `constants.HF_HUB_OFFLINE`, and datasets 5.2, `config.HF_HUB_OFFLINE`, which is a copy. If they
    move, an unreachable Hub is waited for at every file. Upstream alternative: the environment variable, which is read
    once, at import.
    """
    from huggingface_hub import constants

    constants.HF_HUB_OFFLINE = offline
    if "datasets" in sys.modules:  # it copies the value when it is imported
        sys.modules["datasets"].config.HF_HUB_OFFLINE = offline
