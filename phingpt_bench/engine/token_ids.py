"""A cache of token ids, for the next label, adapter or task with the same text."""

from __future__ import annotations

import hashlib
import weakref
from array import array
from collections.abc import Callable, Hashable
from typing import Any

MAX_TOKENS = 4_000_000  # kept for one tokenizer: 16 MB. Beyond that everything is dropped.

_by_tokenizer: weakref.WeakKeyDictionary[Any, TokenIds] = weakref.WeakKeyDictionary()


class TokenIds:
    """A cache of token ids by text and settings. Texts are kept as digests only."""

    def __init__(self, max_tokens: int = MAX_TOKENS):
        self.max_tokens = max_tokens
        self.tokens = 0
        self._ids: dict[tuple[bytes, Hashable], array[int]] = {}

    def get(self, text: str, settings: Hashable, encode: Callable[[], list[int]]) -> list[int]:
        """The ids of `text` under `settings`; `encode` is called where they are not in the cache."""
        key = (hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), settings)
        ids = self._ids.get(key)
        if ids is None:
            ids = array("i", encode())
            if self.tokens + len(ids) > self.max_tokens:
                self._ids.clear()
                self.tokens = 0
            self._ids[key] = ids
            self.tokens += len(ids)
        return ids.tolist()


def token_ids(tokenizer: Any) -> TokenIds:
    """The cache of a tokenizer, shared by all models that use this tokenizer object."""
    return _by_tokenizer.setdefault(tokenizer, TokenIds())
