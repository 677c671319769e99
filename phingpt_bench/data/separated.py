"""CSV and its kin: the delimiter from the first line, quotes as they are meant."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

NAMED = {
    ",": sentence("a comma"), ";": sentence("a semicolon"), "\t": sentence("a tab"), "|": sentence("a vertical bar"),
}  # fmt: skip
DELIMITERS = tuple(NAMED)
_SEP = re.compile(r'\ufeff?"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own first line
_UNQUOTED = sentence("TSV: quotes are taken as they stand, since they do not enclose fields.")


class Separated(NamedTuple):
    """names: of the columns. rows: of as many cells. places: the line on which each begins. note: for people."""

    names: list[str]
    rows: list[list[str]]
    places: list[int]
    note: str = ""


def separated(path: str, text: str) -> Separated:
    """The rows of a CSV file. BenchError with the line for what is not such a file.

    Where a file with tabs or bars between its columns cannot be read with quotes around fields, and every line has as
    many cells as the first without them, quotes are characters like others.
    """
    skipped = _SEP.match(text)
    if skipped:
        text = text[skipped.end() :]
    head = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = skipped[1] if skipped else max(DELIMITERS, key=head.count)  # the first among equals
    first = 1 if skipped else 0
    try:
        return _read(path, text, delimiter, first, csv.QUOTE_MINIMAL)
    except BenchError:
        if delimiter not in "\t|" or '"' not in text:
            raise
        try:
            return _read(path, text, delimiter, first, csv.QUOTE_NONE)._replace(note=_UNQUOTED)
        except BenchError:
            pass
        raise


LONGEST_FIELD = 2**31 - 1  # characters; a C long, which has 32 bits on Windows


def _read(path: str, text: str, delimiter: str, skipped: int, quoting: int) -> Separated:
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, quoting=quoting  # type: ignore[arg-type]
    )  # fmt: skip
    names: list[str] | None = None
    rows: list[list[str]] = []
    places: list[int] = []
    before = 0
    try:
        for row in reader:
            at, before = before + 1 + skipped, reader.line_num
            if not row:
                continue
            if names is None:
                names = [name.strip() for name in row]
                if twice := sorted({name for name in names if names.count(name) > 1}):
                    raise BenchError(
                        "column '{twice}' occurs twice in the header", where=f"{path}:{at}", twice=twice[0]
                    )
                continue
            if len(row) != len(names):
                raise BenchError(
                    "{columns} columns, the header has {header}",
                    where=f"{path}:{at}",
                    hint="a field with {delimiter}, a quote or a line break in it needs double quotes around it",
                    delimiter=NAMED.get(delimiter, f"'{delimiter}'"),
                    columns=len(row),
                    header=len(names),
                )
            rows.append(row)
            places.append(at)
    except csv.Error as err:
        raise BenchError("not readable as CSV ({reason})", where=f"{path}:{before + 1 + skipped}", reason=err) from None
    return Separated(names or [], rows, places)
