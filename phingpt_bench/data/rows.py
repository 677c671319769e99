"""The types of datasets: rows as mappings, by split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]  # {"text", "label" or "entities" or "score", ...}; "id" is added by the catalogue
Rows = list[Row]
Entity = dict[str, Any]  # {"start", "end", "type"}, with offsets in characters
Splits = dict[str, Rows]
Reader = Callable[..., Splits]
