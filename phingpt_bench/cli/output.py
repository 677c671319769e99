"""Text in a file, or on standard output, whatever letters its encoding knows."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from pathlib import Path

from phingpt_bench.core.jsonio import write_text


def deliver(text: str, file: Path | None) -> None:
    """Text to the file of `--output`, named on standard error, else to standard output. BenchError as `write_text`."""
    if file is None:
        write_out(text)
        return
    write_text(file, text)
    print(f"wrote {file}", file=sys.stderr)


def write_out(text: str) -> None:
    """Text on standard output; a letter that its encoding lacks loses its accent, or else becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"

    def letter(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        lacking = error.object[error.start : error.end]
        plain = unicodedata.normalize("NFD", lacking).encode("ascii", "ignore").decode()
        return plain or "?" * len(lacking), error.end

    codecs.register_error("phingpt-bench-plain", letter)
    sys.stdout.write(text.encode(encoding, "phingpt-bench-plain").decode(encoding))
