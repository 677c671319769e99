"""Choice of the display: a live view on a terminal, plain lines elsewhere, nothing if quiet."""

from __future__ import annotations

import os
import sys

from phingpt_bench.live.display import QUIET, Display
from phingpt_bench.live.live_display import LiveDisplay
from phingpt_bench.live.plain_display import PlainDisplay


def display(*, quiet: bool = False) -> Display:
    """The display for standard error: a terminal that can move its cursor gets the live view."""
    if quiet:
        return QUIET
    able = sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("", "dumb", "unknown")
    return LiveDisplay() if able or (sys.stderr.isatty() and sys.platform == "win32") else PlainDisplay()
