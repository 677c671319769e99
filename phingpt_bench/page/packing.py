"""Packs values that a page unpacks on first use."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from phingpt_bench.core.jsonio import dumps


def pack(value: Any) -> str:
    """JSON, deflated, as base64: a browser reads it with DecompressionStream("deflate")."""
    return base64.b64encode(zlib.compress(dumps(value).encode(), 9)).decode()
