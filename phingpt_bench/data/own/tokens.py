"""Files with a token and its tag on each line (CoNLL 2003, BIO, IOB1, BIOES, BILOU), blank lines between sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.own.example import Example, Found

SUFFIXES = (".conll", ".conll2003", ".conllu", ".bio", ".bioes", ".bilou", ".iob", ".iob2", ".iobes")
TAG = re.compile(r"O|[BIESLUM][-_]\S+")
DOCUMENT = "-DOCSTART-"


def is_tagged(text: str) -> bool:
    """Whether the first lines that are not blank have at least two columns, the last of them a tag."""
    lines = [line for line in text.split("\n")[:200] if line.strip() and not line.startswith(("#", DOCUMENT))]
    return bool(lines) and all(len(line.split()) > 1 and TAG.fullmatch(line.split()[-1]) for line in lines)


def tagged(path: str, text: str) -> Found:
    """The sentences of a file of tokens: the first column is the token, the last its tag.

    Columns stand between tabs where a line has one, else between blanks. `-DOCSTART-` begins a document, a comment
    ("# ...") is skipped. BenchError with the line of a token without a tag, or with one that is none.
    """
    examples: list[Example] = []
    documents = 0
    for start, rows in _sentences(text):
        if rows[0][0] == DOCUMENT:
            documents += 1
            continue
        tags = []
        for at, columns in enumerate(rows, start):
            if len(columns) < 2:
                raise BenchError(
                    "a token without a tag",
                    where=f"{path}:{at}",
                    hint="a line has a token, a blank or a tab, and its tag: O for a token of no entity",
                )
            if not TAG.fullmatch(columns[-1]):
                raise BenchError(
                    "'{tag}' is not a tag",
                    where=f"{path}:{at}",
                    hint="tags are O, B-TYPE, I-TYPE, E-TYPE, S-TYPE, in the last column",
                    tag=columns[-1],
                )
            tags.append(columns[-1])
        row = from_bio([columns[0] for columns in rows], tags)
        text_, entities = row["text"], row["entities"]
        assert isinstance(text_, str) and isinstance(entities, list)
        document = f"{documents}" if documents else None
        examples.append(Example(text=text_, entities=entities, place=f"{path}:{start}", document=document))
    form = sentence("tokens with tags, the token in the first column, the tag in the last")
    return Found(examples=examples, kind="spans", form=form)


def _sentences(text: str) -> Iterator[tuple[int, list[list[str]]]]:
    """(line of the first token, its columns and those of the tokens after it) for each sentence."""
    rows: list[list[str]] = []
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        bare = line.strip()
        if bare and not (line.startswith("# ") and len(bare.split()) != 2) and not bare.startswith(DOCUMENT):
            start = start if rows else number
            rows.append([part.strip() for part in bare.split("\t")] if "\t" in bare else bare.split())
            continue
        if bare.startswith("# "):
            continue
        if rows:
            yield start, rows
            rows = []
        if bare.startswith(DOCUMENT):
            yield number, [[DOCUMENT]]
