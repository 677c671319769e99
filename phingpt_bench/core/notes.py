"""Notes to numbers, with their severity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence without a full stop. A warning changes the meaning of the numbers; others are information."""

    text: str  # English; a `Sentence` can be translated later
    level: Level = "warning"
    marked: bool = False  # a mark in the tables says the same
