"""A headless Chromium for the tests of the page: every request is recorded, and only the file is let through.

Needs the package playwright and Debian's chromium (or $CHROMIUM); without them the tests skip, and nothing is fetched.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def skip_without() -> None:
    """Skips, with the reason, where there is no browser to test with."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("the package playwright is not installed: pip install -e '.[test]'", allow_module_level=True)
    if not Path(CHROMIUM).is_file():
        pytest.skip(f"no Chromium at {CHROMIUM}: apt-get install chromium, or set CHROMIUM", allow_module_level=True)


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser, with a profile of its own that is thrown away."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Tab:
    """A page of the browser on one file, and all that it did: requests, console messages, errors, dialogs."""

    def __init__(self, browser: Any, file: Path, view: str = "#/overview", **context: Any):
        self.file, self.requests, self.troubles = file, [], []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.context.set_default_timeout(20_000)
        self.context.route("**/*", self._route)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._trouble(message.type, message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.open(view)

    def open(self, view: str) -> None:
        """Loads the file at a view and waits until it is drawn."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.file.as_uri()}{view}")
        self.page.wait_for_selector("html[data-drawn]")

    def go(self, view: str) -> None:
        """Follows a link within the page."""
        self.page.evaluate("view => { location.hash = view; }", view)
        self.page.wait_for_timeout(50)

    def seconds(self, work: Callable[[], object]) -> float:
        """Processor seconds that the page's main thread takes for a piece of work."""
        session = self.context.new_cdp_session(self.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def taken() -> float:
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

        before = taken()
        work()
        return taken() - before

    def close(self) -> None:
        self.context.close()

    @property
    def asked(self) -> set[str]:
        """What was asked for beside the file itself."""
        return {url for url in self.requests if url.split("#")[0] != self.file.as_uri()}

    def _route(self, route: Any) -> None:
        self.requests.append(route.request.url)
        if route.request.url.split("#")[0] == self.file.as_uri():
            route.continue_()
        else:
            route.abort()

    def _trouble(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(f"{kind}: {text}")

    def _dialog(self, dialog: Any) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def until(page: Any, expression: str, seconds: float = 15.0) -> None:
    """Wait until a JavaScript expression is true in the page.

    Playwright's wait_for_function evaluates its text in the page again and again, which the page's own policy forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not within {seconds:g} s: {expression}"
        page.wait_for_timeout(20)
