"""Names that people give to the key of an API: what stands behind one is never shown."""

from __future__ import annotations

import re

HIDDEN = "[key]"
NAME = re.compile(
    r"(\w+_)?(api_?keys?|key|secret|password|passwd|authorization|bearer)|((api|access|auth|bearer|secret|hf)_?)?token"
)


def names_a_key(name: object) -> bool:
    """Whether a name of a value, in any spelling ("api-key", "OPENAI_API_KEY"), is that of a key."""
    return NAME.fullmatch(str(name).strip().lower().replace("-", "_")) is not None


def masked(text: str) -> str:
    """KEY=VALUE with its value hidden where the last part of KEY names a key; every other text as it is."""
    key, sign, _ = text.partition("=")
    return f"{key}{sign}{HIDDEN}" if sign and names_a_key(key.strip().rpartition(".")[2]) else text
