"""Text on standard output, whatever letters its encoding knows."""

from __future__ import annotations

import codecs
import sys
import unicodedata


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
