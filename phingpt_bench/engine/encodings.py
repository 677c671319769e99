"""What a tokenizer made of a text, kept for the next label, adapter or task that asks for the same text."""

from __future__ import annotations

import hashlib
import weakref
from array import array
from collections.abc import Callable, Hashable
from typing import Any

KEPT_TOKENS = 4_000_000  # of one tokenizer; 16 MB. Beyond them everything is forgotten.

_of: weakref.WeakKeyDictionary[Any, Encodings] = weakref.WeakKeyDictionary()


class Encodings:
    """Token ids by text and settings; the texts themselves are not kept."""

    def __init__(self, most: int = KEPT_TOKENS):
        self.most, self.held = most, 0
        self._ids: dict[tuple[bytes, Hashable], array[int]] = {}

    def get(self, text: str, settings: Hashable, encode: Callable[[], list[int]]) -> list[int]:
        """The ids of `text` under `settings`; `encode` makes them where they are not known."""
        key = (hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), settings)
        found = self._ids.get(key)
        if found is None:
            found = array("i", encode())
            if self.held + len(found) > self.most:
                self._ids.clear()
                self.held = 0
            self._ids[key] = found
            self.held += len(found)
        return found.tolist()


def encodings(tokenizer: Any) -> Encodings:
    """Those of a tokenizer, which all models that use this object share."""
    return _of.setdefault(tokenizer, Encodings())
