"""Files of row hashes: the training data of a model without texts (the format is in docs/contamination.md)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.files import regular
from phingpt_bench.data.copies import kinds
from phingpt_bench.data.copies.fold import fold
from phingpt_bench.data.copies.signatures import BITS, alike, signatures

HEAD = "# phingpt-bench row hashes 1"
_SALT = "# salt: "
_LINE = re.compile(r"([0-9a-f]{64})(?:\t([A-Za-z0-9+/]+=*))?")
_PORTION = 4096


@dataclass(frozen=True, slots=True)
class RowHashes:
    """hashes: SHA-256 of salt and folded text. near: the signatures of the rows with one, (rows, BITS / 64)."""

    salt: str
    hashes: frozenset[str]
    near: NDArray[np.uint64]

    def kinds(self, texts: Sequence[str]) -> list[int]:
        """NORMALISED, NEAR or NONE for each text: hashes do not distinguish exact copies from folded ones."""
        folded = [fold(text) for text in texts]
        found = [
            kinds.NORMALISED if text and row_hash(text, self.salt) in self.hashes else kinds.NONE for text in folded
        ]
        if len(self.near):
            for at in alike(signatures(folded), self.near):
                found[at] = min(found[at], kinds.NEAR)
        return found


def row_hash(folded: str, salt: str = "") -> str:
    """The SHA-256 of a salt followed by a folded text, in hex."""
    return hashlib.sha256((salt + folded).encode("utf-8", "surrogatepass")).hexdigest()


def lines(texts: Iterable[str], *, salt: str = "", near: bool = False) -> Iterator[str]:
    """The lines of a file, in the order of the hashes, so that the order of the texts stays hidden.

    salt: put before each text. near: add signatures, so that changed copies can be found too. Texts that fold to
    nothing are skipped. BenchError for a salt of several lines.
    """
    if len(salt.splitlines()) > 1:
        raise BenchError("the salt of row hashes must be one line")
    yield HEAD
    if salt:
        yield _SALT + salt
    folded = sorted({fold(text) for text in texts} - {""}, key=lambda text: row_hash(text, salt))
    for start in range(0, len(folded), _PORTION):
        portion = folded[start : start + _PORTION]
        made = signatures(portion) if near else None
        for at, text in enumerate(portion):
            signature = "" if made is None else "\t" + base64.b64encode(made[at].astype("<u8").tobytes()).decode()
            yield row_hash(text, salt) + signature


def read(file: Path) -> RowHashes:
    """The hashes in a file; BenchError with file and line if it is not a file of row hashes."""
    salt, hashes, near = "", set(), []
    try:
        with regular(file).open(encoding="utf-8") as text:
            if text.readline().rstrip("\n") != HEAD:
                raise BenchError(
                    "not a file of row hashes", where=str(file), hint="its first line is '{head}'", head=HEAD
                )
            for number, line in enumerate(text, 2):
                line = line.rstrip("\r\n")
                if line.startswith(_SALT):
                    salt = line.removeprefix(_SALT)
                elif line and not line.startswith("#"):
                    digest, signature = _parsed(line, f"{file}:{number}")
                    hashes.add(digest)
                    near += [] if signature is None else [signature]
    except (OSError, UnicodeDecodeError) as err:
        raise BenchError("cannot read the row hashes ({reason})", where=str(file), reason=err) from None
    every = np.frombuffer(b"".join(near), dtype="<u8").astype(np.uint64).reshape(-1, BITS // 64)
    return RowHashes(salt, frozenset(hashes), every)


def _parsed(line: str, where: str) -> tuple[str, bytes | None]:
    found = _LINE.fullmatch(line)
    try:
        signature = base64.b64decode(found[2], validate=True) if found and found[2] else None
    except binascii.Error:
        found, signature = None, None
    if found is None or (signature is not None and len(signature) != BITS // 8):
        raise BenchError(
            "not a row hash: 64 hexadecimal digits in lower case, optionally with a tab and a signature", where=where
        )
    return found[1], signature
