"""Any text as LaTeX in which nothing is a command.

Characters that the default fonts lack (Hebrew, Chinese, emoji) are written as their code points, U+05D0: a name is
never lost, and a document always compiles.
"""

from __future__ import annotations

import re
import unicodedata

from phingpt_bench.text.clean import clean

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\ensuremath{\$}", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "`": r"\`{}",
    "~": r"\ensuremath{\sim}", "^": r"\^{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    "[": "{[}", "*": "{*}",  # after a line's end they would be its arguments
}  # fmt: skip
LIGATURE = re.compile(r"([-,'])(?=\1)")
LATIN = re.compile("[\u00a1\u00bf\u00c0-\u00cf\u00d1-\u00d6\u00d8-\u00dd\u00df-\u00ef\u00f1-\u00f6\u00f8-\u00fd\u00ff]")
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0327": "c",
}  # fmt: skip


def escape(text: str) -> str:
    """A text on one line in which nothing is a command or a ligature."""
    escaped = "".join(map(_escaped, unicodedata.normalize("NFC", clean(text))))
    return LIGATURE.sub(r"\1{}", escaped)


def _escaped(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii() or LATIN.match(character):
        return character
    parts = unicodedata.normalize("NFD", character)
    letter, mark = parts[0], parts[1:]
    if letter.isascii() and letter.isalpha() and mark in ACCENTS:
        return f"\\{ACCENTS[mark]}{{{letter}}}"
    if unicodedata.category(character) == "Cf":  # marks of direction: no width, nothing to see is lost
        return ""
    return f"U+{ord(character):04X}"
