"""The ways to say that a text has no entity."""

from __future__ import annotations

import re

_NONE = re.compile(r"none\.?", re.IGNORECASE)
# other ways to say that there is none: as a whole answer, and after a type
_NOTHING = re.compile(
    r"(?:n/?a|nil|null|nothing|empty|ningun[oa]s?|nada|[-–—/]+|\[\s*\]|\{\s*\}|\(\s*\)"
    r"|(?:there (?:are|is|were) )?(?:no|not any|none of the) (?:[\w-]+ ){0,3}?(?:entit(?:y|ies)|persons?|people"
    r"|organi[sz]ations?|compan(?:y|ies)|locations?|names?)(?: [\w' -]{0,80})?"
    r"|no hay (?:[\w-]+ ){0,2}?(?:entidad(?:es)?|personas?|organizaci(?:ón|ones)|lugar(?:es)?|nombres?)"
    r"(?: [\w' -]{0,80})?"
    r"|(?:not (?:mentioned|present|found|applicable|specified)|none (?:mentioned|found|present|identified))"
    r")[.!]?",
    re.IGNORECASE,
)


def names_nothing(line: str) -> bool:
    """Whether an answer is only "none", ignoring case and a full stop."""
    return _NONE.fullmatch(line.strip()) is not None


def says_nothing(words: str) -> bool:
    """Whether words, as an answer or after the name of a type, say in any way that there is not an entity."""
    words = words.strip()
    return len(words) < 200 and bool(_NONE.fullmatch(words) or _NOTHING.fullmatch(words))
