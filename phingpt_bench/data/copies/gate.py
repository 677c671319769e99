"""The gate: which test rows of some datasets are copies of training rows, given as texts or as a file of hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from phingpt_bench.data.copies import kinds
from phingpt_bench.data.copies.hashes import RowHashes
from phingpt_bench.data.copies.index import Index, Target

Rows = Sequence[Mapping[str, Any]]
Found = dict[str, dict[str, str]]  # dataset -> id of a test row -> the kind of its closest copy, one of kinds.KINDS

ORIGINAL = "original"  # the field with the original of a translated row
_ORIGINALS = "\0original"  # suffix of a dataset's name: its test rows by their originals


class Gate:
    """Built once for the datasets of a command, used for each training.

    A translated row of the catalogue has its "original". If a training text is a copy of a test row's original, or a
    training row's original is a copy of a test row, the test row counts as "translated".
    """

    def __init__(self, datasets: Mapping[str, Mapping[str, Rows]]) -> None:
        """datasets: rows by split for each name; "test" is needed, and rows have ids."""
        self._ids: dict[str, list[str]] = {}
        self._tests: dict[str, Rows] = {}
        targets = []
        for name, splits in datasets.items():
            rows = [row for split in splits.values() for row in split]
            self._tests[name] = splits["test"]
            self._ids[name] = [row["id"] for row in splits["test"]]
            targets.append(Target(name, [row["text"] for row in splits["test"]], [row["text"] for row in rows]))
            if any(row.get(ORIGINAL) for row in splits["test"]):
                originals = [row.get(ORIGINAL) or "" for row in splits["test"]]
                targets.append(Target(name + _ORIGINALS, originals, [row.get(ORIGINAL) or "" for row in rows]))
        self._index = Index(targets)

    def search(self, training: Iterable[Mapping[str, Any]]) -> Found:
        """The copies of training rows, each a mapping with "text" and perhaps "original", among all test rows."""
        originals: dict[str, None] = {}

        def texts() -> Iterable[str]:
            for row in training:
                if original := row.get(ORIGINAL):
                    originals[original] = None
                yield row["text"]

        closest: dict[tuple[str, int], int] = {}
        for (target, row), match in self._index.search(texts()).items():
            name, translated = target.removesuffix(_ORIGINALS), target.endswith(_ORIGINALS)
            _note(closest, (name, row), kinds.TRANSLATED if translated else match.kind)
        for target, row in self._index.search(originals):
            if not target.endswith(_ORIGINALS):  # otherwise both are translations, and their texts were compared
                _note(closest, (target, row), kinds.TRANSLATED)
        return self._named_rows(closest)

    def declared(self, hashes: RowHashes) -> Found:
        """The copies of the rows of a file of hashes (data/copies/hashes.py), of the kinds that hashes can find."""
        closest: dict[tuple[str, int], int] = {}
        for name, tests in self._tests.items():
            for row, kind in enumerate(hashes.kinds([test["text"] for test in tests])):
                _note(closest, (name, row), kind)
            for row, kind in enumerate(hashes.kinds([test.get(ORIGINAL) or "" for test in tests])):
                _note(closest, (name, row), kinds.TRANSLATED if kind != kinds.NONE else kinds.NONE)
        return self._named_rows(closest)

    def _named_rows(self, closest: Mapping[tuple[str, int], int]) -> Found:
        found: Found = {name: {} for name in self._ids}
        for (name, row), kind in sorted(closest.items()):
            found[name][self._ids[name][row]] = kinds.KINDS[kind]
        return found


def _note(closest: dict[tuple[str, int], int], place: tuple[str, int], kind: int) -> None:
    if kind < closest.get(place, kinds.NONE):
        closest[place] = kind
