"""Records as CSV for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from phingpt_bench.text.clean import clean
from phingpt_bench.text.numbers import rounded

_NO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def csv_text(fields: Sequence[str], records: Iterable[Mapping[str, object]]) -> str:
    """A header of the fields and a line a record; what a record lacks is empty, other keys are left out."""
    file = io.StringIO()
    writer = csv.DictWriter(file, fields, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({name: csv_cell(value) for name, value in record.items()})
    return file.getvalue()


def csv_cell(value: object) -> object:
    """A value for a spreadsheet: numbers `rounded`, unknown empty, true and false in lower case, text on one line.

    A text that a spreadsheet would take for a formula (CWE-1236) gets an apostrophe in front, unless it is a number;
    also where its first character is the wide form of such a sign, or one without width.
    """
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return rounded(value)
    text = clean(value)
    try:
        float(text)
    except ValueError:
        seen = unicodedata.normalize("NFKC", _NO_WIDTH.sub("", text)).lstrip()
        return f"'{text}" if seen.startswith(("=", "+", "-", "@")) else text
    return text
