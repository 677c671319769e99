"""The served page in a browser: a word is replaced, and the models are asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from helpers import browser as browsers
from helpers.why_factory import LABELS, labels_why

from phingpt_bench.cli.why_server import Server, serve
from phingpt_bench.why.values import Side

pytestmark = [pytest.mark.browser, pytest.mark.server]
browsers.skip_without()


class Models:
    """Two systems that answer "positive" where a word was replaced by "soared"."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[int, str]]] = []

    def ask(self, name: str, words: Mapping[int, str]) -> list[Side]:
        self.asked.append((name, dict(words)))
        label = 2 if "soared" in words.values() else 0
        return [Side(answer=LABELS[label], targets=[], scores=[[-1.0, -2.0, -3.0]])] * 2


def test_a_word_is_replaced_and_the_models_are_asked() -> None:
    server, models = Server(0), Models()
    thread = threading.Thread(target=serve, args=(server, labels_why(2), models), kwargs={"with_text": True})
    thread.start()
    troubles: list[str] = []
    try:
        with browsers.chromium() as browser:
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.on("console", lambda message: troubles.append(message.text))
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.goto(server.url)
            page.locator(".why-word").nth(5).click()  # "fell"
            page.get_by_label("Instead of 'fell'").fill("soared")
            page.get_by_role("button", name="Ask the model").click()
            page.wait_for_selector(".live .plain")
            shown = page.locator(".live").inner_text()
            assert "tuned: positive" in shown and "'soared' instead of 'fell'" in shown and "−3.00" in shown
            page.locator(".why-word").nth(0).click()
            page.get_by_label("Instead of 'Profit'").press("Enter")  # empty: left out as well
            browsers.until(page, "document.querySelector('.live').innerText.includes(\"without 'Profit'\")")
            page.get_by_role("button", name="Back to the text").click()
            assert page.locator(".live .plain").count() == 0
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        server.shutdown()
        thread.join(10)
    assert models.asked == [("row-0", {5: "soared"}), ("row-0", {5: "soared", 0: ""})]
    assert troubles == []
