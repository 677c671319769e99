"""The text of a user's file: in UTF-8, in UTF-16 with its mark, or in cp1252, which Excel in Western Europe writes."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import MOST, regular
from phingpt_bench.core.sentences import sentence

FALLBACK = "cp1252"
OTHERS = ("cp850", "mac_roman")  # as DOS and old Macs write: their letters are signs in cp1252
LETTERS = "áéíóúüñàèìòùâêîôûäëïöçÁÉÍÓÚÜÑÀÈÌÒÙÂÊÎÔÛÄËÏÖÇãõß"
# a byte beyond ASCII between two letters, but for the quotation marks and dashes of cp1252
_INSIDE = re.compile(rb"(?<=[a-zA-Z])[\x80-\x90\x98-\xff](?=[a-zA-Z])")
_WORD = re.compile(rb"[a-zA-Z\x80-\xff]+")


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
                _check_garbled(file, data)
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


def _check_garbled(file: Path, data: bytes) -> None:
    """BenchError where letters of another code page would be signs: "Telef¢nica" is "Telefónica" in that of DOS."""
    found = _INSIDE.findall(data)
    if sum(_western(one, FALLBACK) for one in found) * 2 > len(found) or not found:
        return
    for encoding in OTHERS:
        if sum(_western(one, encoding) for one in found) >= 0.9 * len(found):
            wrong = next(
                word for word in _WORD.findall(data) if any(not _western(x, FALLBACK) for x in _INSIDE.findall(word))
            )
            raise BenchError(
                "is not UTF-8, and read as {fallback} it has '{wrong}'",
                where=str(file),
                hint="as {encoding} that is '{right}': --encoding {encoding}; or --encoding {fallback} if it is right",
                fallback=FALLBACK,
                wrong=wrong.decode(FALLBACK, "replace"),
                encoding=encoding,
                right=wrong.decode(encoding),
            )


def _western(byte: bytes, encoding: str) -> bool:
    """Whether a byte is an accented letter of Western Europe, alone, not one of its rare ligatures."""
    return byte.decode(encoding, "replace") in LETTERS


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
