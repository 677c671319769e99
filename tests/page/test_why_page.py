"""The page of an explanation: what it holds with and without text, and whom it may ask."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

import pytest
from helpers.why_factory import ENTITY_TEXT, TEXTS, entities_why, labels_why, with_reasons

from phingpt_bench.page.why import html

SHOWN = re.compile(r'<script type="text/plain" id="([\w-]+)">([^<]*)</script>')


def held(page: str) -> dict[str, Any]:
    """What the page holds packed, by the id of its element."""
    return {name: json.loads(zlib.decompress(base64.b64decode(text))) for name, text in SHOWN.findall(page)}


def test_without_text_no_word_is_on_the_page() -> None:
    for made, texts in ((labels_why(), TEXTS), (entities_why(), (ENTITY_TEXT, "Nokia", "Helsinki", "Espoo"))):
        page = html(made)
        packed = json.dumps(held(page), ensure_ascii=False)
        assert not [text for text in texts if text in packed or text in page]
        assert '"subject"' not in packed and '"surface"' not in packed
        assert texts[0] in json.dumps(held(html(made, with_text=True)), ensure_ascii=False)
    assert held(html(labels_why()))["index"]["answers"][0] == ["neutral", "negative"]
    assert held(html(entities_why()))["index"] == {
        "ids": ["ner-0"], "gold": [None], "answers": [[None, None]], "wrong": [[True, True]], "texts": None,
    }  # fmt: skip


def test_without_text_no_written_reason_is_on_the_page() -> None:
    made = with_reasons(labels_why(3))
    assert "Profit rose." in json.dumps(held(html(made, with_text=True)))
    assert not [said for said in ("Profit rose.", "Profit fell.") if said in json.dumps(held(html(made)))]


def test_a_file_may_ask_no_one_and_a_served_page_only_its_server() -> None:
    assert "connect-src" not in html(labels_why(1))
    assert "connect-src 'self'" in html(labels_why(1), live=True)


@pytest.mark.slow
def test_rows_are_packed_in_parts() -> None:
    parts = held(html(labels_why(600, prompts=0)))
    assert [len(parts[f"rows-{at}"]) for at in range(3)] == [250, 250, 100]
    assert len(parts["index"]["ids"]) == 600
