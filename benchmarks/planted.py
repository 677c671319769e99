"""Copies of a text as they occur in practice, planted to measure which are found. Not a command."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Stock:
    """What edits draw from: `words` of other texts (as often as they are used), and whole other texts."""

    words: Sequence[str]
    texts: Sequence[str]


Edit = Callable[[str, random.Random, Stock], str]


def upper(text: str, draw: random.Random, stock: Stock) -> str:
    """In capitals."""
    return text.upper()


def no_punctuation(text: str, draw: random.Random, stock: Stock) -> str:
    """Letters, digits and spaces alone."""
    return "".join(c for c in text if c.isalnum() or c.isspace())


def link(text: str, draw: random.Random, stock: Stock) -> str:
    """With a made-up link behind it."""
    return f"{text} https://t.co/{''.join(draw.choices(LETTERS, k=10))}"


def retweet(text: str, draw: random.Random, stock: Stock) -> str:
    """As a retweet of a made-up user."""
    return f"RT @{''.join(draw.choices(LETTERS, k=7))}: {text}"


def invisible(text: str, draw: random.Random, stock: Stock) -> str:
    """With a zero-width space somewhere in it."""
    at = draw.randrange(len(text) + 1)
    return f"{text[:at]}\N{ZERO WIDTH SPACE}{text[at:]}"


def one_word(text: str, draw: random.Random, stock: Stock) -> str:
    """With another word in one place."""
    return _words(text, 1, draw, stock)


def some_words(text: str, draw: random.Random, stock: Stock) -> str:
    """With other words in 5 % of the places."""
    return _words(text, max(1, round(0.05 * len(text.split()))), draw, stock)


def some_characters(text: str, draw: random.Random, stock: Stock) -> str:
    """With other letters in 5 % of the places."""
    found = list(text)
    for at in draw.sample(range(len(found)), max(1, round(0.05 * len(found)))):
        found[at] = draw.choice(LETTERS)
    return "".join(found)


def digits(text: str, draw: random.Random, stock: Stock) -> str:
    """With each digit changed."""
    return re.sub(r"\d", lambda found: str((int(found[0]) + draw.randint(1, 9)) % 10), text)


def clauses(text: str, draw: random.Random, stock: Stock) -> str:
    """The part up to the first comma put last; without a comma, the first half."""
    first, comma, rest = text.partition(", ")
    return f"{rest}, {first}" if comma else f"{second_half(text, draw, stock)} {first_half(text, draw, stock)}"


def first_half(text: str, draw: random.Random, stock: Stock) -> str:
    """The first half of its words."""
    words = text.split()
    return " ".join(words[: (len(words) + 1) // 2])


def second_half(text: str, draw: random.Random, stock: Stock) -> str:
    """The second half of its words."""
    words = text.split()
    return " ".join(words[len(words) // 2 :])


def more_behind(text: str, draw: random.Random, stock: Stock) -> str:
    """With another text behind it."""
    return f"{text} {draw.choice(stock.texts)}"


def more_in_front(text: str, draw: random.Random, stock: Stock) -> str:
    """With another text in front."""
    return f"{draw.choice(stock.texts)} {text}"


def _words(text: str, count: int, draw: random.Random, stock: Stock) -> str:
    words = text.split()
    for at in draw.sample(range(len(words)), min(count, len(words))):
        words[at] = draw.choice(stock.words)
    return " ".join(words)


EDITS: dict[str, tuple[Edit, float | None]] = {  # what is done, and the share that is to be found where one is aimed at
    "capitals": (upper, 0.95),
    "all punctuation removed": (no_punctuation, 0.95),
    "a link added": (link, 0.95),
    "RT @name: in front": (retweet, 0.95),
    "an invisible character inside": (invisible, 0.95),
    "one word changed": (one_word, 0.95),
    "clauses re-ordered": (clauses, 0.95),
    "every digit changed": (digits, 0.8),
    "first half only": (first_half, 0.85),
    "second half only": (second_half, 0.85),
    "another text behind": (more_behind, 0.85),
    "another text in front": (more_in_front, 0.85),
    "5 % of the words changed": (some_words, None),
    "5 % of the characters changed": (some_characters, None),
}


def planted(name: str, texts: Sequence[str], others: Sequence[str], seed: int) -> list[tuple[int, str]]:
    """(number of the text, its edited copy) of each text that the edit changes; `others` are what it draws from."""
    edit, _ = EDITS[name]
    draw = random.Random(f"{name}:{seed}")
    stock = Stock([word for text in others for word in text.split()], others)
    copies = ((at, edit(text, draw, stock)) for at, text in enumerate(texts))
    return [(at, copy) for at, copy in copies if copy != texts[at]]
