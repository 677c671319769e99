"""Folding: what two copies of a text have in common."""

from __future__ import annotations

import html
import re
import unicodedata

# links (whole, cut off, or without their punctuation), the mark of a repeated tweet, and $CASHTAGS
_LINK = r"\bhttps?(?:\s(?:t\s)?co\s)?\S*|\bwww\.\S+|\bt\.co/\S+|\bpic\.twitter\.com/\S+"
_MARKS = re.compile(rf"{_LINK}|\brt\s+@\w+\s*:?|\$[a-z]{{1,6}}(?:[._][a-z]{{1,2}})?\b", re.IGNORECASE)
_SIGNS = ("http", "www.", "@", "$", ".co", "HTTP", "WWW.", "Http", "Www.")  # a text without these has no such marks


def fold(text: str) -> str:
    """Letters and digits in lower case, without accents and spaces.

    Links, "RT @name:" and $CASHTAGS are removed first, so a tweet equals the headline that it repeats. Spaces and
    punctuation are removed too: "EUR 1.4 m" equals "EUR1 .4 m", also with invisible characters inside. Empty for a text
    without anything else.
    """
    if "&" in text:
        text = html.unescape(text)
    if any(sign in text for sign in _SIGNS):
        text = _MARKS.sub(" ", text)
    if text.isascii():
        return text.lower().translate(_DROPPED)
    # decomposed before and after folding: a mathematical A becomes a plain A by the first, and can then be folded
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(filter(str.isalnum, folded))


def without_numbers(folded: str) -> str:
    """The folded text with a zero for every digit: equal for texts that only differ in their digits."""
    return folded.translate(_ZEROS)


_ZEROS = {ord(digit): "0" for digit in "123456789"}
_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}
