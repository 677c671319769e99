"""English sentences with their values, made in any room, which `text.language` says in the language of the reader.

What goes into a record or an export is the English text; only what people read is translated. The texts in the code
are the keys of the catalogues (docs/translating.md), so the first argument of `sentence` is always a literal, and what
differs from case to case is one of the values in braces.
"""

from __future__ import annotations

from collections.abc import Iterable


class Sentence(str):
    """The English text with its values filled in, and what is needed to say it in another language."""

    key: str
    """The English text with its values in braces, as `str.format` reads it: the key of the translations."""

    plural: str | None
    """The English text for any number but one; None for a text that counts nothing."""

    values: dict[str, object]
    """The values by their names in braces; a value may be a Sentence. Of a text with a plural, `n` is the number."""


def sentence(english: str, /, **values: object) -> Sentence:
    """The text with its {values} filled in by str.format; without values it is taken as it is, braces and all."""
    made = Sentence(english.format(**values) if values else english)
    made.key, made.plural, made.values = english, None, values
    return made


def sentence_n(one: str, many: str, n: int, /, **values: object) -> Sentence:
    """The text for one or for any other number of things; both texts can show the number as {n} or {n:,}."""
    values = {"n": n, **values}
    made = Sentence((one if n == 1 else many).format(**values))
    made.key, made.plural, made.values = one, many, values
    return made


def joined(parts: Iterable[str], between: str = ", ") -> Sentence:
    """Texts with a mark between them, in which each part that is a Sentence can be translated by itself."""
    values = {f"p{place}": part for place, part in enumerate(parts)}
    between = between.replace("{", "{{").replace("}", "}}")
    return sentence(between.join(f"{{{name}}}" for name in values), **values)
