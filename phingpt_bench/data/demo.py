"""The demonstration corpus: invented financial news in English and Spanish, read from the text files in `corpus/`.

SYNTHETIC: written for phingpt-bench, with invented companies; a demonstration, not a benchmark; never mix them with
real results. Format, conventions and counts: docs/demo-corpus.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.rows import Row

LABELS = ("negative", "neutral", "positive")
TYPES = ("PER", "ORG", "LOC")
CORPUS = Path(__file__).resolve().parent / "corpus"
LANGUAGES = ("en", "es")
SPLITS = ("train", "validation", "test")
# kind -> (prefix of the ids, the columns of a line)
_KINDS = {
    "sentiment": ("sent", ("id", "split", "label", "sentence")),
    "ner": ("ner", ("id", "split", "sentence")),
}
_ENTITY = re.compile(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")
_SLOT = re.compile(r"\{([^{}]*)\}")

Companies = dict[tuple[str, str], list[str]]


def load_demo(kind: str) -> dict[str, list[dict[str, object]]]:
    """The rows of the demonstration corpus by split ("train", "validation", "test"), in the order of the files.

    kind "sentiment": {"id", "lang", "text", "label"}; kind "ner": {"id", "lang", "text", "entities"}, where entities
    are {"start", "end", "type"} in characters of `text`, sorted and not overlapping. `lang` is "en" or "es".
    The same rows at every call, without network. BenchError for another kind, and with file and line for a bad line.
    """
    return read_corpus(kind, CORPUS)


def read_corpus(kind: str, folder: Path) -> dict[str, list[dict[str, object]]]:
    """`load_demo` for a corpus in any folder with the same layout.

    BenchError naming file and line for: a wrong number of columns, a malformed or repeated id, an unknown split, label,
    entity type or slot, broken markup, a sentence that occurs twice; naming the file when it is missing or not UTF-8.
    A split without rows is an empty list.
    """
    if kind not in _KINDS:
        raise unknown(sentence("kind of demonstration data"), kind, _KINDS)
    prefix, columns = _KINDS[kind]
    companies = read_companies(folder / "companies.tsv") if kind == "sentiment" else {}
    splits: dict[str, list[dict[str, object]]] = {split: [] for split in SPLITS}
    seen: dict[str, str] = {}  # id or text -> its place
    for lang in LANGUAGES:
        for where, fields in _lines(folder / f"{kind}-{lang}.tsv", columns):
            row_id, split, text = fields[0], fields[1], fields[-1]
            if not re.fullmatch(rf"{prefix}-{lang}-\d{{4}}", row_id):
                raise BenchError(
                    "malformed id '{row_id}'",
                    where=where,
                    hint="ids here look like {prefix}-{lang}-0001",
                    row_id=row_id,
                    prefix=prefix,
                    lang=lang,
                )
            if split not in SPLITS:
                raise unknown(sentence("split"), split, SPLITS, where=where)
            row: Row = {"id": row_id, "lang": lang}
            if kind == "sentiment":
                if fields[2] not in LABELS:
                    raise unknown(sentence("label"), fields[2], LABELS, where=where)
                row["text"] = fill(text, row_id, companies.get((split, lang), []), where)
                row["label"] = fields[2]
            else:
                row["text"], row["entities"] = parse_markup(text, where)
            for what, key in (("id", row_id), ("sentence", row["text"])):
                if key in seen:
                    raise BenchError("{what} occurs already at {seen}", where=where, what=what, seen=seen[key])
                seen[key] = where
            splits[split].append(row)
    return splits


def read_companies(path: Path) -> Companies:
    """Names by (split, language), in file order. BenchError for a name that occurs twice, in one split or in two."""
    companies: Companies = {}
    seen: dict[str, str] = {}
    for where, (split, lang, name) in _lines(path, ("split", "language", "name")):
        if split not in SPLITS:
            raise unknown(sentence("split"), split, SPLITS, where=where)
        if lang not in LANGUAGES:
            raise unknown(sentence("language"), lang, LANGUAGES, where=where)
        if name in seen:
            raise BenchError("company '{name}' occurs already at {seen}", where=where, name=name, seen=seen[name])
        seen[name] = where
        companies.setdefault((split, lang), []).append(name)
    return companies


def fill(frame: str, row_id: str, names: list[str], where: str) -> str:
    """The frame with its slots {c} and {d} replaced by two different names.

    The choice only depends on the row's id and the list, so editing one sentence does not change the others.
    BenchError for another slot, a stray brace, or fewer names than the frame has slots.
    """
    slots = sorted(set(_SLOT.findall(frame)))
    if wrong := [slot for slot in slots if slot not in ("c", "d")]:
        raise BenchError(
            "unknown slot '{slot}'", where=where, hint=sentence("the slots are {c} and {d}"), slot=f"{{{wrong[0]}}}"
        )
    if re.search(r"[{}]", _SLOT.sub("", frame)):
        raise BenchError("an unmatched brace", where=where, hint=sentence("the slots are {c} and {d}"))
    if len(slots) > len(names):
        raise BenchError(
            "{slots} company slots, {names} companies of this split and language",
            where=where,
            hint="add names to companies.tsv",
            slots=len(slots),
            names=len(names),
        )
    free, chosen = list(names), {}
    for slot in slots:
        draw = int(hashlib.sha256(f"{row_id}:{slot}".encode()).hexdigest()[:8], 16)
        chosen[slot] = free.pop(draw % len(free))
    return _SLOT.sub(lambda match: chosen[match[1]], frame)


def parse_markup(line: str, where: str) -> tuple[str, list[dict[str, object]]]:
    """The text and the entities of a sentence with markup: "[Anna Leeworth|PER] moved to [Leeds|LOC]".

    Offsets count characters of the text without markup; a sentence without markup has no entities. The signs [ ] and |
    cannot occur in a text. BenchError for an empty surface, one with blanks at its ends, an unknown type, or a
    bracket or bar outside an entity.
    """
    text, entities, at = "", [], 0
    for match in _ENTITY.finditer(line):
        surface, kind = match.groups()
        if not surface or surface != surface.strip():
            raise BenchError("entity '{match}' is empty or begins or ends with a blank", where=where, match=match[0])
        if kind not in TYPES:
            raise unknown(sentence("entity type"), kind, TYPES, where=where)
        text += line[at : match.start()]
        entities.append({"start": len(text), "end": len(text) + len(surface), "type": kind})
        text += surface
        at = match.end()
    text += line[at:]
    if stray := re.search(r"[\[\]|]", text):
        raise BenchError(
            "'{sign}' outside an entity", where=where, hint="entities look like [Leeds|LOC]", sign=stray[0]
        )
    return text, entities


def _lines(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """("file:line", fields) of each line that is neither blank nor a comment (#)."""
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        raise BenchError("the demonstration corpus is not readable ({reason})", where=str(path), reason=err) from None
    for number, line in enumerate(content.split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields, where = line.split("\t"), f"{path}:{number}"
        if len(fields) != len(columns) or not all(field.strip() for field in fields):
            raise BenchError(
                "{n} columns, of which {filled} filled",
                where=where,
                hint="a line is {columns}",
                n=len(fields),
                filled=sum(map(bool, map(str.strip, fields))),
                columns=" <tab> ".join(columns),
            )
        if line != line.rstrip() or any(field != field.strip() for field in fields):
            raise BenchError("blanks at the end of a column", where=where)
        yield where, fields
