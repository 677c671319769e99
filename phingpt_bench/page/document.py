"""The page as one file: template, style, script and data put together, under a policy that blocks everything else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from phingpt_bench.core.jsonio import dumps
from phingpt_bench.page.script import linked

STATIC = Path(__file__).resolve().parent / "static"
STYLES = ("base.css", "page.css", "table.css", "chart.css", "rows.css", "print.css")  # later ones win


def document(
    data: Mapping[str, Any],
    blobs: Mapping[str, str],
    *,
    language: str,
    entry: str = "main.js",
    styles: Sequence[str] = STYLES,
    verb: str = "leaderboard",
    asks: bool = False,
) -> str:
    """The HTML text, newline at the end.

    data: JSON values for the script (`data.page_data`). blobs: packed row data by name (`packing.pack`), read when
    they are first needed. language: the one the page opens in. entry, styles: the page's first module and its styles.
    verb: the command that shows the same without a script. asks: the page may ask the program that served it.
    """
    style = "".join((STATIC / "css" / name).read_text(encoding="utf-8") for name in styles)
    script = linked(STATIC / "js", entry)
    parts = {
        "verb": verb,
        "language": language,
        "policy": policy(script, style, asks=asks),
        "style": style,
        "data": embedded(data),
        "script": script,
        "blobs": "\n".join(f'<script type="text/plain" id="{name}">{text}</script>' for name, text in blobs.items()),
    }
    page = (STATIC / "page.html").read_text(encoding="utf-8")
    pieces = page.split("{{")
    filled = [pieces[0]]  # by splitting, not by replacing: what is filled in is never looked at again
    for piece in pieces[1:]:
        name, rest = piece.split("}}", 1)
        filled += [parts[name], rest]
    return "".join(filled)


def embedded(value: Any) -> str:
    """JSON that cannot end the script element around it, nor break a line of JavaScript."""
    text = dumps(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def policy(script: str, style: str, *, asks: bool = False) -> str:
    """The content security policy: this script and this style, and nothing from anywhere.

    asks: the script may ask the place that the page came from.
    """
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        + ("connect-src 'self'; " if asks else "")
        + "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
