"""A folder of brat: NAME.txt with NAME.ann next to it, whose lines "T1<tab>ORG 0 5<tab>Apple" are the entities."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import read_text
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.own.example import Example, Found, entity
from phingpt_bench.data.rows import Entity


def brat(folder: Path) -> Found:
    """A row for each line of the texts, with the entities on it; relations, events and notes are not read.

    An entity in several pieces is taken from its first to its last character, and lines that an entity goes across are
    one row. BenchError for a folder without .ann files, an .ann without its .txt, and offsets that do not fit.
    """
    files = sorted(folder.rglob("*.ann"))
    if not files:
        raise BenchError("no .ann file in this folder", where=str(folder), hint="a folder of data is one of brat")
    examples: list[Example] = []
    pieces = 0
    for file in files:
        source = file.with_suffix(".txt")
        if not source.is_file():
            raise BenchError("has no .txt next to it", where=str(file))
        text = read_text(source)
        entities, several = _entities(file, text)
        pieces += several
        examples += _rows(source, text, entities, str(file.relative_to(folder).with_suffix("")))
    notes: list[str] = []
    if pieces:
        notes.append(sentence("{n} entities in several pieces: taken from the first to the last", n=pieces))
    return Found(examples=examples, kind="spans", form=sentence("a folder of brat, a row for each line"), notes=notes)


def _entities(file: Path, text: str) -> tuple[list[Entity], int]:
    found, several = [], 0
    for number, line in enumerate(read_text(file).split("\n"), 1):
        if not line.startswith("T"):
            continue
        try:
            _, span, *_ = line.split("\t")
            type_, _, places = span.partition(" ")
            offsets = [int(offset) for part in places.split(";") for offset in part.split()]
        except ValueError:
            raise BenchError(
                "not an entity of brat", where=f"{file}:{number}", hint="such as T1<tab>ORG 0 5<tab>Apple"
            ) from None
        several += ";" in places
        start, end = (min(offsets), max(offsets)) if offsets else (0, 0)
        found.append(entity(text, start, end, type_, f"{file}:{number}"))
    return found, several


def _rows(source: Path, text: str, entities: list[Entity], document: str) -> list[Example]:
    rows: list[Example] = []
    begin, first = 0, 1
    for at, char in enumerate(text + "\n"):
        if char != "\n" or any(one["start"] < at < one["end"] for one in entities):
            continue
        line = text[begin:at]
        if line.strip():
            inside = [
                {**one, "start": one["start"] - begin, "end": one["end"] - begin}
                for one in entities
                if begin <= one["start"] and one["end"] <= at
            ]
            # a row is one line of text: a break inside an entity becomes a blank, which keeps its offsets
            place = f"{source}:{first}"
            rows.append(Example(text=line.replace("\n", " "), entities=inside, place=place, document=document))
        first += text.count("\n", begin, at + 1)
        begin = at + 1
    return rows
