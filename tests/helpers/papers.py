"""Gold entities as the prompts of two papers ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phingpt_bench.rivals import evalscope, words

NAMES = {"PER": "Person", "LOC": "Location", "ORG": "Organisation"}


def as_authors_write(of: Mapping[str, Any]) -> str:
    """FiNER-ORD's authors: a line "word:Person_B" for each word."""
    tokens, tags = words.tagged(of)
    named = ["Other" if tag == "O" else f"{NAMES[tag[2:]]}_{tag[0]}" for tag in tags]
    return "\n".join(f"{token}:{name}" for token, name in zip(tokens, named, strict=True))


def as_evalscope_writes(of: Mapping[str, Any], wrap: bool = True) -> str:
    """evalscope: the words joined by spaces, with XML tags, in <response>."""
    named = {type_: name for name, type_ in evalscope._TYPES.items()}
    tokens, tags = words.tagged(of)
    pieces: list[str] = []
    for token, tag in zip(tokens, tags, strict=True):
        if tag[0] == "I":
            pieces[-1] = pieces[-1].replace(f"</{named[tag[2:]]}>", f" {token}</{named[tag[2:]]}>")
        else:
            pieces.append(f"<{named[tag[2:]]}>{token}</{named[tag[2:]]}>" if tag[0] == "B" else token)
    return f"<response>{' '.join(pieces)}</response>" if wrap else " ".join(pieces)
