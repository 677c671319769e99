"""Notes: what is said beside numbers, with how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Note:
    """One sentence without a full stop. A warning changes the meaning of the numbers; the rest is for information."""

    text: str  # English; where it is a `Sentence` it can be said in another language
    level: Level = "warning"
    marked: bool = False  # a mark in the tables says the same
