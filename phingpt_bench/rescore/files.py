"""The bytes of a file of answers, unpacked, and their text."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import regular
from phingpt_bench.core.sentences import sentence

SUFFIXES = {
    ".csv": "csv", ".tsv": "csv", ".jsonl": "json", ".ndjson": "json", ".json": "json", ".parquet": "parquet",
    ".pq": "parquet", ".eval": "inspect",
}  # fmt: skip
MOST = 1 << 31  # bytes, unpacked
_GZIP = b"\x1f\x8b"


def read_bytes(path: Path) -> tuple[bytes, str]:
    """(the bytes of a file, unpacked where it is gzip; the ending of its name in lower case, without ".gz").

    BenchError when it is missing, a folder, not readable, a damaged archive, or empty.
    """
    try:
        data = path.read_bytes() if path.is_dir() else regular(path, MOST).read_bytes()
    except IsADirectoryError:
        names = sorted(file.name for file in path.iterdir() if _ending(file) in SUFFIXES)
        listed = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
        held = sentence("it holds {names}", names=listed) if names else None
        raise BenchError("is a folder, not a file of answers", where=str(path), hint=held) from None
    except OSError as err:
        raise BenchError("not readable ({reason})", where=str(path), reason=err.strerror or err) from None
    if data.startswith(_GZIP):
        try:
            with gzip.open(io.BytesIO(data)) as packed:
                data = packed.read(MOST + 1)
            if len(data) > MOST:
                raise BenchError("unpacks to more than {n} bytes", where=str(path), n=f"{MOST:,}")
        except (OSError, EOFError, zlib.error) as err:
            raise BenchError(
                "not readable as gzip ({reason})", where=str(path), hint="it may be cut off", reason=err
            ) from None
    if not data.strip():
        raise BenchError("the file is empty", where=str(path))
    return data, _ending(path)


def _ending(path: Path) -> str:
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def decoded(path: Path, data: bytes, encoding: str | None) -> str:
    """The text of a file. BenchError with the place for what is not in that encoding (UTF-8 where None is given)."""
    if encoding is not None:
        return _given(path, data, encoding)
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if data.startswith(mark):
            raise BenchError("is UTF-16, not UTF-8", where=str(path), hint="--encoding utf-16 reads it")
    if (at := data.find(b"\0")) >= 0:
        raise BenchError(
            "is not text: a zero byte at offset {at:,}",
            where=str(path),
            hint="answers come as CSV, JSON lines, JSON or parquet (by the name .parquet), or as .eval of Inspect",
            at=at,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        at = err.start + (len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0)
        line = data.count(b"\n", 0, at) + 1
        raise BenchError(
            "not UTF-8: byte 0x{byte:02x} at offset {at:,}",
            where=f"{path}:{line}",
            hint=sentence("{hint}; or save it as UTF-8", hint=_offer(data)),
            byte=data[at],
            at=at,
        ) from None


def _given(path: Path, data: bytes, encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
        io.TextIOWrapper(io.BytesIO(), codec.name)  # LookupError for what is no encoding of text, such as hex
    except LookupError:
        raise BenchError(
            "unknown encoding '{encoding}' (--encoding)",
            hint="for example utf-8, cp1252, latin-1, utf-16, gb18030",
            encoding=encoding,
        ) from None
    try:
        return data.decode(codec.name).removeprefix("\ufeff")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        raise BenchError(
            "not {name}: byte 0x{byte:02x} at offset {start:,}",
            where=f"{path}:{line}",
            hint="without --encoding the file is read as UTF-8",
            name=codec.name,
            byte=data[err.start],
            start=err.start,
        ) from None


def _offer(data: bytes) -> str:
    """The encoding that would read the file: Excel and Windows write cp1252 instead of UTF-8."""
    try:
        shown = data.decode("cp1252")
    except UnicodeDecodeError:
        return "--encoding NAME reads another encoding (latin-1, gb18030, shift_jis ...)"
    odd = next(char for char in shown if ord(char) > 127)
    at = shown.index(odd)
    sample = " ".join(shown[max(0, at - 12) : at + 12].split())
    return f"--encoding cp1252 reads it as '... {sample} ...', where Excel or Windows wrote it"
