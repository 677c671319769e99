"""The page of an explanation: what `why --format html` writes, one sentence followed from its text to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench import __version__
from phingpt_bench.floors import lexicon
from phingpt_bench.page.document import document
from phingpt_bench.page.packing import pack
from phingpt_bench.page.spoken import in_each_language, script_words
from phingpt_bench.results.dataset import passport_of
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import current
from phingpt_bench.why.export import public
from phingpt_bench.why.summary import LEAST
from phingpt_bench.why.values import Why

CHUNK = 250  # rows that are unpacked together
STYLES = ("base.css", "page.css", "table.css", "rows.css", "why.css", "print.css")


def html(why: Why, *, with_text: bool = False, live: bool = False) -> str:
    """One HTML file, newline at the end; it opens in the language in force, and can be switched to the others.

    with_text: with the texts of the rows, which most licences forbid to redistribute; without them words are numbers.
    live: the page may ask the program that serves it; not for a file.
    """
    value = public(why, with_text=with_text)
    rows = value.pop("rows")
    index = {
        "ids": [row["id"] for row in rows],
        "gold": [row.get("gold") for row in rows],
        "answers": [[side.get("answer") for side in row["sides"]] for row in rows],
        "wrong": [[_wrong(why, row, side) for side in row["sides"]] for row in rows],
        "texts": [row["text"] for row in rows] if with_text else None,
    }
    blobs = {"index": pack(index)}
    for start in range(0, len(rows), CHUNK):
        blobs[f"rows-{start // CHUNK}"] = pack([_slim(row) for row in rows[start : start + CHUNK]])
    data = {
        "version": __version__,
        "languages": script_words(),
        **value,
        "systems": list(map(clean, why.systems)),
        "choice": in_each_language(why.choice),
        "n": len(rows),
        "chunk": CHUNK,
        "least": LEAST,
        "with_text": with_text,
        "texts": _licences(why.protocol) if with_text else [],
        "lexicon": why.kind == "labels" and lexicon.knows(why.labels),
        "live": live,
    }
    return document(
        data, blobs, language=current(), entry="why.js", styles=STYLES, verb=f"why RUN --task {why.task}",
        asks=live,
    )  # fmt: skip


def _wrong(why: Why, row: dict[str, Any], side: dict[str, Any]) -> bool:
    """Whether an answer is not right: another label, or any miss of an entity."""
    if why.kind == "labels" or not (row["spans"] or side["spans"] or side["misses"]):
        return bool(row.get("gold") != side.get("answer"))
    return any(miss["kind"] != "duplicate" for miss in side["misses"])


def _slim(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what the index holds, and without what the scores of its labels give."""
    kept = {name: value for name, value in row.items() if name not in ("id", "gold", "text")}
    for side in kept["sides"]:
        side.pop("answer", None)
        for target in side["targets"]:
            changes = target.pop("changes")
            if not side["scores"]:
                target["changes"] = _rounded(changes)
    return kept


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _licences(protocol: str) -> list[dict[str, str]]:
    passport = passport_of(protocol)
    return [] if passport is None else [{"title": passport.title, "licence": passport.licence}]
