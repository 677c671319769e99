"""The words of a freely written answer: folded, cut into tokens, and the lists of words that labels.py goes by.

The lists are English and Spanish.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from phingpt_bench.scoring.occurrences import UNSPACED


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATORS = _words(
    "not no non never neither nor none nothing cannot without hardly than isnt arent wasnt werent dont doesnt didnt "
    "cant wont wouldnt shouldnt couldnt aint ni nunca jamás jamas tampoco sin nada"
) | {"instead of", "opposed to", "far from", "anything but", "en lugar de", "en vez de", "lejos de"}
AFFIRMING = frozenset(  # begin with a negator and negate nothing
    (
        *("not only", "not just", "not merely", "no doubt", "no question", "nothing but", "no less", "not less"),
        *("without doubt", "without a doubt", "without question"),
        *("no solo", "no sólo", "no solamente", "no menos", "no hay duda", "sin duda", "sin lugar a dudas"),
    )
)
UNSURE = frozenset(  # begin with "no" and answer nothing
    (
        *("no idea", "no clue", "no information", "no opinion", "no comment", "no answer", "no way to", "no one"),
        *("no sé", "no se sabe", "no lo sé", "no lo se", "no estoy", "no tengo", "no puedo", "no se puede"),
        *("no es posible", "no está claro", "no esta claro", "no queda claro"),
    )
)
LESS = frozenset(("less", "menos"))  # directly before a label
ENDS = _words(  # begin a new thought
    "but and so yet however though although because since thus hence therefore making while whereas which instead "
    "rather pero sino y e aunque mientras porque así asi entonces"
)
JOINS = _words("or nor and / o u y e ni")
ENGLISH = _words("is are was were be it's")
SPANISH = _words("es son era eran sea ser será sería está")
COPULAS = ENGLISH | SPANISH
VERBS = ENGLISH | _words("means indicates suggests implies")
KEYWORDS = _words(  # not "result" or "output", which are subjects of financial news
    "answer label sentiment class classification category verdict conclusion polarity stance tone topic prediction "
    "boxed respuesta etiqueta sentimiento clase clasificación categoría conclusión polaridad postura tono tema "
    "predicción"
)
FILLERS = _words(
    "the a an final overall my this that would should therefore clearly likely el la un una mi este esta final"
)
REASONS_WHY = _words("because since as due given porque pues ya")
PROMPTS = _words(
    "news text headline sentence tweet question input instruction context document article statement user human "
    "noticia texto titular oración frase pregunta entrada instrucción contexto documento artículo usuario"
)

STOPS = frozenset(".,;:=!?()/|\n—")
# a word of UNSPACED beside a label denies it: at its end before the label, at its beginning after it
DENIES_BEFORE = re.compile(r"(?:不(?![仅僅只但过過断斷])|非(?!常)|[没沒]|[无無](?!疑)|未)\w{0,4}\Z")
DENIES_BEHIND = re.compile(
    r"(?:的)?(?:で(?:は|も)?|じゃ|とは)(?:な[いくか]|あり?ません|言え(?:な|ません)|いえ(?:な|ません))"
    r"|(?:이|가|은|는|적|인|으로|라고|이라고|하다고|하지|볼|할|수)*(?:아니|아닌|아님|아닙|않|없)"
    r"|(?:这|這)?(?:并|並)?(?:不对|不對|不是|不成立|是错|是錯)"
)

_STOP = r"[.,;:=!?()/|\n—&。、।]|--+|(?<!\S)[-–](?!\S)"
_SAME = {"&": "and", "-": "—", "–": "—", "。": ".", "、": ",", "।": "."}
_UNSPACED = re.compile(f"[{UNSPACED}]")
_BREAK = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\0-\x08\x0e-\x1b\x7f]")


def fold(text: str) -> str:
    """`text` without what is not seen, in NFKC, without case, with one kind of line break ("Text" in labels.py)."""
    if text.isascii():
        if _CONTROL.search(text):
            text = _CONTROL.sub("", text)
        text = text.lower()
    else:
        text = unicodedata.normalize("NFKC", text.translate(_SEEN))
        text = unicodedata.normalize("NFKC", text.casefold())
    return text if text.isprintable() else _BREAK.sub("\n", text)


class _Seen(dict[int, "int | None"]):
    """A table for str.translate that fills itself: None for a character to disregard."""

    def __missing__(self, code: int) -> int | None:
        char = chr(code)
        category = unicodedata.category(char)
        unseen = category == "Cf" or (category == "Cc" and not char.isspace()) or code == 0x34F
        unseen = unseen or "VARIATION SELECTOR" in unicodedata.name(char, "")
        self[code] = None if unseen else 0xFFFD if category == "Cs" else code
        return self[code]


_SEEN = _Seen()


def _pattern(char: str, unspaced: str = "") -> re.Pattern[str]:
    """Tokens, where `char` is the regular expression of one character of a word, `unspaced` that of other words."""
    return re.compile(rf"{char}+(?:'{char}+|(?<=\d)[.,](?=\d){char}+)*|{_STOP}{unspaced}")


_ASCII = _pattern("[a-z0-9]")


@lru_cache(maxsize=1)
def _unicode() -> re.Pattern[str]:
    # beyond U+1FFFF the only marks are variation selectors, which `fold` removes
    marks = "".join(
        char
        for char in map(chr, range(0x300, 0x20000))
        if unicodedata.category(char)[0] == "M" and not _UNSPACED.match(char)
    )
    return _pattern(rf"(?:[^\W_{UNSPACED}]|[{marks}])", f"|[{UNSPACED}]+")


def is_unspaced(token: str) -> bool:
    """Whether a token is a run of characters of UNSPACED."""
    return not token.isascii() and _UNSPACED.match(token) is not None


def tokens(text: str) -> list[str]:
    """The tokens of folded text."""
    if not text.isascii():
        found = _unicode().findall(re.sub("(?<=\\w)[’ʼ´`](?=\\w)", "'", text))
    else:
        found = _ASCII.findall(re.sub(r"(?<=\w)`(?=\w)", "'", text) if "`" in text else text)
    return [_SAME.get(token, token) if len(token) == 1 else "—" if token[:2] == "--" else token for token in found]
