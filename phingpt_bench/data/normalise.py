"""A text without case, accents and punctuation. Rows are matched, clustered and split by it, so it must not change.

The gate against copies has its own folding (data/copies/fold.py).
"""

from __future__ import annotations

import re
import unicodedata


def normalise(text: str) -> str:
    """Lower case, accents and punctuation dropped, digits kept, one space between words."""
    # decomposed before and after folding: a mathematical A becomes a plain one only then, and is folded only after
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain))
