"""The text of a user's file: in UTF-8, in UTF-16 with its mark, or in cp1252, which Excel in Western Europe writes."""

from __future__ import annotations

import codecs
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import MOST, regular
from phingpt_bench.core.sentences import sentence

FALLBACK = "cp1252"


def text_of(file: Path, encoding: str | None = None) -> tuple[str, list[str]]:
    """(the text with plain line breaks, what was found out about its encoding).

    encoding: as the user gave it; None: UTF-8, else cp1252, which is said. BenchError for a file that is missing,
    binary, or not in the encoding that was given.
    """
    data = regular(file, MOST).read_bytes()
    notes: list[str] = []
    if encoding is None:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        elif b"\0" in data[:4096]:
            hint = sentence("save a workbook as CSV first") if data.startswith(b"PK") else None
            raise BenchError("is not text", where=str(file), hint=hint)
        else:
            encoding = "utf-8-sig"
            try:
                data.decode(encoding)
            except UnicodeDecodeError as err:
                _check_mixed(file, data, err.start)
                encoding = FALLBACK
                notes.append(sentence("read as {encoding}, since it is not UTF-8", encoding=FALLBACK))
    try:
        text = data.decode(encoding)
    except LookupError:
        raise BenchError("unknown encoding '{encoding}'", where="--encoding", encoding=encoding) from None
    except UnicodeDecodeError as err:
        raise BenchError(
            "not {name}: byte 0x{byte:02x} at offset {start:,}",
            where=str(file),
            hint="name its encoding with --encoding: cp1252, latin-1, utf-16 ...",
            name=encoding,
            byte=data[err.start],
            start=err.start,
        ) from None
    if not text.strip():
        raise BenchError("the file is empty", where=str(file))
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _check_mixed(file: Path, data: bytes, at: int) -> None:
    """BenchError where other lines are UTF-8 beyond ASCII: as cp1252 their letters would be garbled."""
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        number = data.count(b"\n", 0, at) + 1
        raise BenchError(
            "some lines are UTF-8, and this one is not",
            where=f"{file}:{number}",
            hint="save the file in one encoding, or name that of all its lines with --encoding",
        )
