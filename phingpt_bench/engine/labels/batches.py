"""Rows put together to be forwarded at once: by length, within limits of rows, tokens and places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from phingpt_bench.engine.trie import Row

TOKENS = {"cpu": 4096}  # tokens of a batch, padding included, at most; more brings no speed
TOKENS_ELSEWHERE = 16384
ENOUGH = {"cpu": 192}  # tokens that a device computes as fast, each, as more of them
ENOUGH_ELSEWHERE = 4096
PLACES = 512  # of a batch have logits, at most: a row of many questions has many (152,000 words: 311 MB)
PADDED = 0.1  # of a row: with enough tokens in a batch, a row that would be padded more begins the next one


def enough(device: str) -> int:
    """Tokens that a device ("cpu", "cuda") computes as fast, each, as more of them."""
    return ENOUGH.get(device, ENOUGH_ELSEWHERE)


def batches(
    rows: Iterable[Row], *, size: int, device: str, skipped: int = 0, limit: int | None = None
) -> Iterator[list[Row]]:
    """Batches of like rows, longest first, each of at most `size` rows, TOKENS and PLACES.

    skipped: how many tokens of each row are not forwarded, as their keys and values are at hand. limit: rows of more
    tokens stay apart from others. A row beyond a batch's limits is a batch of its own.
    """
    most, least = TOKENS.get(device, TOKENS_ELSEWHERE), enough(device)

    def kind(row: Row) -> tuple[bool, bool]:
        return row.branches, limit is not None and len(row.tokens) > limit

    keyed = sorted(((kind(row), -len(row.tokens), row) for row in rows), key=lambda one: (*one[:2], one[2].tokens))
    batch: list[Row] = []
    now, width, places = (False, False), 0, 0
    for of, negative, row in keyed:
        own = -negative - skipped
        padded = len(batch) * width >= least and own < (1 - PADDED) * width
        full = len(batch) == size or (len(batch) + 1) * width > most or places + row.places > PLACES
        if batch and (of != now or padded or full):
            yield batch
            batch = []
        if not batch:
            now, width, places = of, own, 0
        batch.append(row)
        places += row.places
    if batch:
        yield batch
