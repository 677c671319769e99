"""Tags of tokens to character offsets: the one shape in which all entity datasets are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SAME = {"L": "E", "U": "S", "M": "I"}  # BILOU and BMES by the letters of BIOES


def from_bio(tokens: Sequence[str], tags: Iterable[str]) -> dict[str, object]:
    """A row from tokens and their BIO, IOB1, BIOES or BILOU tags: text is the tokens joined by one space.

    Returns {"text", "entities": [{"start", "end", "type"}]}, with character offsets, in text order, `end` exclusive. A
    tag that continues nothing opens an entity, as in conlleval; so does one of another type. ValueError if the numbers
    of tokens and tags differ.
    """
    entities: list[dict[str, object]] = []
    open_type, at = None, 0
    for token, tag in zip(tokens, tags, strict=True):
        prefix, kind = (tag[:1], tag[2:]) if tag[1:2] in ("-", "_") else (tag, "")
        prefix = _SAME.get(prefix, prefix)
        if prefix in ("I", "E") and kind == open_type:
            entities[-1]["end"] = at + len(token)
        elif prefix in ("B", "I", "E", "S"):
            entities.append({"start": at, "end": at + len(token), "type": kind})
        open_type = kind if prefix in ("B", "I") else None
        at += len(token) + 1
    return {"text": " ".join(tokens), "entities": entities}
