"""The page of an explanation in a browser: what a reader does with it, by pointer and by key, wide and narrow."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import Any

import pytest
from helpers import browser as browsers
from helpers.why_factory import LABELS, entities_why, labels_why, with_reasons

from phingpt_bench.page.why import html

pytestmark = pytest.mark.browser
browsers.skip_without()


@pytest.fixture(scope="module")
def chromium():
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("why")
    made = {
        "labels": html(labels_why(), with_text=True),
        "bare": html(labels_why()),
        "one": html(labels_why(3, systems=1, prompts=0), with_text=True),
        "entities": html(entities_why(), with_text=True),
        "reasons": html(with_reasons(labels_why(3)), with_text=True),
    }
    for name, page in made.items():
        (root / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: root / f"{name}.html" for name in made}


@pytest.fixture
def opened(chromium, files):
    """Opens a page at its first row; whatever a test does there, nothing may go wrong or ask for anything."""
    tabs = []

    def opened(name: str, view: str = "#/rows", **context: Any) -> browsers.Tab:
        tab = browsers.Tab(chromium, files[name], view, **context)
        tabs.append(tab)
        if view.startswith("#/rows"):
            tab.page.wait_for_selector(".why-word, .none")
        return tab

    yield opened
    for tab in tabs:
        assert (tab.troubles, tab.asked) == ([], set())
        tab.close()


def test_a_sentence_is_followed_from_its_words_to_the_answers(opened) -> None:
    tab = opened("labels")
    made = labels_why()
    row = made.rows[0]
    groups = tab.page.locator(".why-words")
    assert groups.count() == 2
    for group, side in zip(groups.all(), row.sides, strict=True):
        shown = [float(text.replace("−", "-")) for text in group.locator("small").all_inner_texts()]
        assert shown == pytest.approx(side.targets[0].changes, abs=0.0051)
        words = group.locator(".why-text").all_inner_texts()
        assert words == [row.text[start:end] for start, end in row.words]
    text = tab.page.locator(".answer-view").inner_text()
    assert "log-odds of negative against neutral" in text
    assert "'fell', 'and' for negative" in text  # the template sentence of the tuned side
    assert "said of 'profit'" in text and "by rules alone the answer is negative" in text
    odds = [math.exp(score) for score in row.sides[1].scores[0]]
    chances = sorted(((one / sum(odds), label) for one, label in zip(odds, LABELS, strict=True)), reverse=True)
    said = ", ".join(f"{label} {round(100 * share)}%" for share, label in chances)
    assert f"how likely each label is: {said}" in text
    assert "One word turns the answer when it is left out: 'fell'." in text  # of the tuned side
    assert "No single word turns the answer when it is left out." in text  # of the base
    assert f"{row.gold} (right answer)" in tab.page.get_by_label("Words for").inner_text()
    assert tab.page.locator("table.prompts tbody tr").count() == 12
    tab.page.get_by_label("Words for").select_option("2")  # positive against neutral
    first = row.sides[0].scores
    odds = [one[2] - one[1] for one in first]
    shown = [float(text.replace("−", "-")) for text in groups.first.locator("small").all_inner_texts()]
    assert shown == pytest.approx([odds[0] - one for one in odds[1:]], abs=0.0051)


def test_reasons_are_next_to_what_became_of_the_answer(opened) -> None:
    tab = opened("reasons")
    text = tab.page.locator(".answer-view").inner_text()
    assert "negative: Profit fell." in text and "Without 'fell': neutral." in text
    assert "Profit rose. Its own text for positive gets negative." in text
    tab.page.keyboard.press("j")
    assert "That is not its answer" in tab.page.locator(".answer-view").inner_text()
    summary = opened("reasons", "#/summary").page.locator("main").inner_text()
    assert "Are the reasons true?" in summary and "N/A" in summary
    assert "Reasons that the model wrote" not in opened("labels").page.locator(".answer-view").inner_text()


def test_a_word_left_out_shows_the_stored_answers(opened) -> None:
    tab = opened("labels")
    page, row = tab.page, labels_why().rows[0]
    page.locator(".why-words").nth(1).locator(".why-word").nth(5).click()  # "fell"
    part = page.locator(".what-if")
    assert "tuned: negative becomes neutral without 'fell'" in part.inner_text()
    assert "base: still neutral without 'fell'" in part.inner_text()
    numbers = part.locator("tbody td").all_inner_texts()
    for at, label in enumerate(LABELS):
        stored = [value for side in row.sides for value in (side.scores[0][at], side.scores[6][at])]
        shown = [float(text.split()[0].replace("−", "-")) for text in numbers[4 * at : 4 * at + 4]]
        assert shown == pytest.approx(stored, abs=0.0051), label
    assert page.locator('.why-word[aria-pressed="true"]').count() == 2  # in both systems
    page.locator(".why-words").nth(0).locator(".why-word").nth(5).click()
    assert page.locator('.why-word[aria-pressed="true"]').count() == 0


def test_words_are_one_stop_of_the_tab_key_and_walked_with_arrows(opened) -> None:
    tab = opened("labels")
    page = tab.page
    focused = "document.activeElement.querySelector('.why-text')?.innerText"
    assert page.locator('.why-word[tabindex="0"]').count() == 2
    page.locator('.why-word[tabindex="0"]').nth(1).focus()
    assert page.evaluate(focused) == "fell"  # the word that matters most
    for key, word in (("ArrowRight", "to"), ("ArrowLeft", "fell"), ("Home", "Profit"), ("End", "improve")):
        page.keyboard.press(key)
        assert page.evaluate(focused) == word
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.list')")
    page.keyboard.press("j")
    browsers.until(page, "document.querySelector('.answer-view code').innerText === 'row-1'")
    page.locator('.why-word[tabindex="0"]').first.focus()
    page.keyboard.press("j")
    browsers.until(page, "document.querySelector('.answer-view code').innerText === 'row-2'")
    assert page.evaluate("document.activeElement.matches('.answer-view')"), "not lost with the word that had it"
    page.keyboard.press("k")
    browsers.until(page, "document.querySelector('.answer-view code').innerText === 'row-1'")
    text = page.locator(".why-words").first.inner_text()
    assert "😀" in text and "</\nb\n" in text and ">." in text  # as text, with its marks where they are
    assert page.locator(".why-words b").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("monday")
    browsers.until(page, "document.querySelector('.status').textContent.startsWith('10 of')")


def test_without_colour_the_sign_and_the_size_remain(opened) -> None:
    tab = opened("labels")
    measure = "(words) => words.map((word) => [word.querySelector('small').innerText, {width}])"
    width = "word.querySelector('.why-bar').getBoundingClientRect().width"
    looks = tab.page.locator(".why-words").nth(1).locator(".why-word").evaluate_all(measure.replace("{width}", width))
    widths = dict(looks)
    assert all(text[0] in "+−" or text == "0.00" for text in widths)
    assert max(looks, key=lambda one: one[1])[0] == max(widths, key=lambda text: abs(float(text.replace("−", "-"))))


def test_entities_have_a_reason_for_each_miss(opened) -> None:
    tab = opened("entities")
    page = tab.page
    text = page.locator(".answer-view").inner_text()
    assert "ORG: Nokia (right: ORG: Nokia Oyj): overlaps a right entity, but begins or ends elsewhere" in text
    assert "LOC: Espoo: not found" in text and "LOC: Helsinki: not in the text" in text
    assert [mark.split()[-1] for mark in page.locator(".entity .tag").all_inner_texts()] == list("✓○○✓✕")
    page.get_by_label("Piece of the answer").select_option("1")
    assert "'Nokia' for ORG: Nokia" in page.locator(".sentence").inner_text()


def test_one_system_and_the_summary(opened) -> None:
    tab = opened("one")
    assert tab.page.locator(".why-words").count() == 1
    assert tab.page.locator(".chip").count() == 0, "where all rows are right, or all wrong, there is nothing to choose"
    tab.go("#/summary")
    assert "without random ones" in tab.page.locator("main").inner_text()


def test_what_is_without_a_word_comes_into_view(opened) -> None:
    for width, height in ((1280, 700), (390, 844)):
        page = opened("one", viewport={"width": width, "height": height}).page
        page.locator(".why-word").first.click()
        places = page.locator(".what-if table, .what-if tbody td").evaluate_all(
            "(parts) => parts.map((part) => [part.getBoundingClientRect().left, part.getBoundingClientRect().right])"
        )
        assert places and max(right for _, right in places) <= width, "no figure is out of the window"
        top = page.locator(".what-if h3").evaluate("(head) => head.getBoundingClientRect().top")
        assert 0 <= top < height


@pytest.mark.skipif(
    importlib.util.find_spec("axe_playwright_python") is None, reason="axe-playwright-python is not installed"
)
@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "es")])
def test_no_view_breaks_a_rule_of_wcag_aa(chromium, files, scheme: str, language: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for name, file in files.items():
        tab = browsers.Tab(chromium, file, f"#/rows?lang={language}", color_scheme=scheme, bypass_csp=True)
        tab.page.wait_for_selector(".why-word")
        tab.page.locator(".why-word").last.click()
        for view in ("#/rows", "#/summary") if name == "labels" else ("#/rows",):
            if view != "#/rows":
                tab.go(view)
            rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
            found = Axe().run(tab.page, options={"runOnly": rules}).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:200], v["nodes"][0]["failureSummary"]) for v in found] == [], name
        tab.close()


@pytest.mark.parametrize("name", ["labels", "bare", "entities"])
def test_a_narrow_window_scrolls_only_down(opened, name: str) -> None:
    tab = opened(name, "#/rows?lang=es", viewport={"width": 390, "height": 844})
    tab.page.locator(".why-word").last.click()
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.page.locator("html").get_attribute("lang") == "es"
    tab.go("#/summary")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.fixture(scope="module")
def many(chromium, tmp_path_factory: pytest.TempPathFactory):
    """10,000 rows with text, about 4 MB."""
    file = tmp_path_factory.mktemp("many") / "many.html"
    file.write_text(html(labels_why(10_000, prompts=0), with_text=True), encoding="utf-8")
    tab = browsers.Tab(chromium, file, "#/rows")
    tab.page.wait_for_selector(".why-word")
    yield tab
    assert tab.troubles == []
    tab.close()


def test_of_ten_thousand_rows_only_those_in_view_are_drawn(many) -> None:
    assert many.page.locator(".list .line").count() < 60
    many.page.keyboard.press("End")
    many.page.locator(".list").focus()
    many.page.keyboard.press("End")
    browsers.until(many.page, "document.querySelector('.answer-view code').innerText === 'row-9999'")
    assert many.page.locator(".list .line").count() < 60
    many.page.keyboard.press("Home")


@pytest.mark.perf
def test_ten_thousand_rows_are_walked_without_a_stutter(many) -> None:
    page = many.page
    many.go("#/rows?row=row-0")
    page.wait_for_selector(".why-word")

    def walk() -> None:
        for _ in range(20):
            page.keyboard.press("j")
        browsers.until(page, "document.querySelector('.answer-view code').innerText === 'row-20'")

    spent = many.seconds(walk)
    print(f"20 rows of 10,000: {spent:.2f} s of processor time")
    assert spent / 20 < 0.05
