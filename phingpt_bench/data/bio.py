"""BIO tags to character offsets: the one shape in which all entity datasets are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def from_bio(tokens: Sequence[str], tags: Iterable[str]) -> dict[str, object]:
    """A row from tokens and BIO tags: text is the tokens joined by one space, entities are character offsets.

    Returns {"text", "entities": [{"start", "end", "type"}]}, in text order, `end` exclusive. An I- tag that continues
    nothing opens an entity, as in conlleval; so does an I- of another type. ValueError if the numbers of tokens and
    tags differ.
    """
    entities: list[dict[str, object]] = []
    open_type, at = None, 0
    for token, tag in zip(tokens, tags, strict=True):
        prefix, _, kind = tag.partition("-")
        if prefix == "I" and kind == open_type:
            entities[-1]["end"] = at + len(token)
        elif prefix in ("B", "I"):
            entities.append({"start": at, "end": at + len(token), "type": kind})
        open_type = kind if prefix in ("B", "I") else None
        at += len(token) + 1
    return {"text": " ".join(tokens), "entities": entities}
