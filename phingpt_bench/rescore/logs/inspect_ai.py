"""Logs of Inspect (UK AI Security Institute): JSON, and .eval, which is a zip archive of JSON."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import MOST
from phingpt_bench.core.jsonio import JsonObject
from phingpt_bench.rescore.answer_text import text_of

Row = JsonObject
ZIP = b"PK\x03\x04"
# what reading an archive raises: RuntimeError for one with a password, a nesting without end, an unknown compression
DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, OSError, EOFError, struct.error)
_ZSTANDARD = 93  # the compression of newer logs, which zipfile knows from Python 3.14 on


def of_object(value: Row) -> tuple[list[Row], str] | None:
    """The samples of a log in JSON."""
    samples = value.get("samples")
    if not isinstance(samples, list) or not samples or not ({"eval", "status", "plan"} & value.keys()):
        return None
    if not all(isinstance(sample, dict) and "output" in sample and "input" in sample for sample in samples):
        return None
    return rows_of(samples)


def of_archive(path: str, data: bytes) -> tuple[list[Row], str]:
    """The samples of an .eval. BenchError if it is damaged or holds none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_size(archive, path)
            if any(name.startswith("xl/") for name in archive.namelist()):
                raise BenchError("is a workbook of Excel", where=path, hint="save it as 'CSV UTF-8'")
            samples = [
                json.loads(_content(archive, entry, data))
                for entry in archive.infolist()
                if entry.filename.startswith("samples/") and entry.filename.endswith(".json")
            ]
    except DAMAGED as err:
        raise BenchError(
            "not readable as an .eval log of Inspect ({reason})",
            where=path,
            hint="'inspect log convert FILE --to json --output-dir DIR' writes it as JSON",
            reason=err,
        ) from None
    if not samples or not all(isinstance(sample, dict) for sample in samples):
        raise BenchError("this log of Inspect holds no samples", where=path, hint="log them: --log-samples")
    samples.sort(key=lambda sample: (str(sample.get("epoch")), _order(sample.get("id"))))
    return rows_of(samples)


def check_size(archive: zipfile.ZipFile, path: str) -> None:
    """BenchError for an archive that unpacks to more than is read of one file; no entry is read beyond its size."""
    size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST:
        raise BenchError("unpacks to {size:,} bytes, and at most {most:,} are read", where=path, size=size, most=MOST)


def rows_of(samples: list[Row]) -> tuple[list[Row], str]:
    """One row a sample id; the answers of several epochs in a list, in their order."""
    answers: dict[str, list[Any]] = {}
    rows: dict[str, Row] = {}
    for sample in samples:
        key = str(sample.get("id"))
        attached = sample.get("attachments") or {}
        answers.setdefault(key, []).append(_answer(sample.get("output") or {}, attached))
        if key in rows:
            continue
        target = sample.get("target")
        rows[key] = {
            **{name: value for name, value in (sample.get("metadata") or {}).items() if name not in ("answer", "gold")},
            "id": sample.get("id"),
            "text": _input(sample.get("input"), attached),
            "target": target[0] if isinstance(target, list) and len(target) == 1 else target,
        }
    for key, row in rows.items():
        row["answer"] = answers[key] if len(answers[key]) > 1 else answers[key][0]
    return list(rows.values()), "Log of Inspect: answers as the model gave them ('output'), gold from 'target'."


def _answer(output: Row, attached: Row) -> str:
    if output.get("choices"):
        return _resolved(text_of({"choices": output["choices"]}), attached)
    return _resolved(text_of(output.get("completion")), attached)


def _input(given: Any, attached: Row) -> Any:
    """The text of a sample: its input, or what the user says in it."""
    if isinstance(given, list):
        said = [message for message in given if isinstance(message, dict) and message.get("role") == "user"]
        given = text_of(said[-1].get("content")) if said else None
    return _resolved(given, attached) if isinstance(given, str) else given


def _resolved(text: str, attached: Row) -> str:
    """Long texts are stored elsewhere in a sample: "attachment://<digest>"."""
    if text.startswith("attachment://"):
        return str(attached.get(text.removeprefix("attachment://"), text))
    return text


def _order(key: Any) -> tuple[int, int, str]:
    return (0, key, "") if isinstance(key, int) else (1, 0, str(key))


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, data: bytes) -> bytes:
    if entry.compress_type != _ZSTANDARD:
        return archive.read(entry)
    import pyarrow as pa

    at = entry.header_offset
    name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
    begin = at + 30 + name + extra
    packed = pa.BufferReader(data[begin : begin + entry.compress_size])
    return bytes(pa.CompressedInputStream(packed, "zstd").read(entry.file_size))
