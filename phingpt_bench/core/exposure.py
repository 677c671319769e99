"""How training rows were looked for among the test rows: the sentence of a record, written and read here."""

from __future__ import annotations

import re

TRANSLATED = (
    "the texts of {n} training rows with those of {m} test rows",
    "row ids only ({why})",
)
TEXTS, IDS = TRANSLATED


def read(compared: str) -> tuple[str, dict[str, str]] | None:
    """Which of TRANSLATED a record's "compared" is, and its values; None for a text of another making."""
    for sentence in TRANSLATED:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(sentence))
        if found := re.fullmatch(pattern, compared, re.DOTALL):
            return sentence, found.groupdict()
    return None
