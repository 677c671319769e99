"""Which column of a table is the text, the label ..., by its name in English or Spanish, or by its values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.column_names import NAMES, plain

Rows = Sequence[Mapping[str, Any]]
Ask = Callable[[str, Sequence[str]], str | None]  # a question and what may be answered; None for no answer

KNOWN = {
    role: tuple(names.split())
    for role, names in (
        ("text", f"{' '.join(NAMES['text'])} comment message body description review phrase paragraph question "
         "comentario mensaje cuerpo descripcion resena opinion enunciado parrafo pregunta"),
        ("label", "label gold_label sentiment class category mood polarity topic tag gold target y etiqueta "
         "sentimiento clase categoria polaridad tono tema valoracion etiqueta_real"),
        ("score", "score value intensity rating sentiment_score puntuacion valor intensidad nota"),
        ("document", "document doc_id document_id article_id article documento id_documento articulo"),
        ("part", "split part partition fold set subset particion conjunto"),
    )
}  # fmt: skip
PARTS = {
    **dict.fromkeys(("train", "training", "entrenamiento", "entreno"), "train"),
    **dict.fromkeys(("dev", "val", "valid", "validation", "validacion", "desarrollo"), "validation"),
    **dict.fromkeys(("test", "testing", "prueba", "pruebas", "eval", "evaluacion"), "test"),
}
MOST_LABELS = 30  # different values of a column that holds labels
_COMMA = re.compile(r"[+-]?\d{1,3}(\.\d{3})+,\d+|[+-]?\d+,\d+")


def column(role: str, names: Sequence[str], given: str | None, taken: Sequence[str] = ()) -> str | None:
    """The column of a role by its name: the one that was given, else the one with the surest name; None for none.

    BenchError with the nearest name for a column that is not there.
    """
    if given is not None:
        if given not in names:
            raise unknown(sentence("column"), given, names, where=f"--{role}")
        return given
    of = {plain(name): name for name in reversed(names) if name not in taken}
    return next((of[known] for known in KNOWN[role] if known in of), None)


def text_column(rows: Rows, names: Sequence[str], given: str | None, ask: Ask) -> str:
    """The column of the texts; by its values where no name says it: the one with the longest. BenchError for none."""
    if (found := column("text", names, given)) is not None:
        return found
    lengths = sorted(((_length(rows, name), name) for name in names), reverse=True)
    if lengths and lengths[0][0] >= 20 and (len(lengths) == 1 or lengths[0][0] >= 3 * lengths[1][0]):
        return lengths[0][1]
    return _asked(sentence("Which column holds the texts?"), names, ask, "--text")


def answer_column(rows: Rows, names: Sequence[str], text: str, label: str | None, score: str | None, ask: Ask) -> str:
    """The column of labels or scores; by its values where no name says it. BenchError for none or several."""
    if label is not None or score is not None:
        return column("label" if label is not None else "score", names, label or score) or ""
    for role in ("label", "score"):
        if (found := column(role, names, None, taken=[text])) is not None:
            return found
    few = [
        name
        for name in names
        if name != text
        and plain(name) not in (*NAMES["id"], *KNOWN["document"], *KNOWN["part"])
        and 2 <= len({str(row.get(name)) for row in rows}) <= min(MOST_LABELS, max(2, len(rows) // 4))
    ]
    if len(few) == 1:
        return few[0]
    others = [name for name in names if name != text]
    return _asked(sentence("Which column holds the labels?"), others, ask, "--label")


def number(value: Any) -> float | None:
    """A finite number as programs and spreadsheets write it, with a decimal point or comma: 0.5, "0,5", "1.234,5"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    text = str(value).strip().replace("\u2212", "-")
    if _COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def part_of(value: Any) -> str | None:
    """The split that a cell names; None for one that names none."""
    return PARTS.get(plain(str(value)))


def _length(rows: Rows, name: str) -> float:
    texts = [row[name] for row in rows if isinstance(row.get(name), str)]
    return sum(map(len, texts)) / len(rows) if rows else 0.0


def _asked(question: str, names: Sequence[str], ask: Ask, option: str) -> str:
    found = ask(question, names)
    if found is None:
        raise BenchError(
            question,
            where=option,
            hint=sentence("{option} NAME: {names}", option=option, names=", ".join(names)),
        )
    return found
