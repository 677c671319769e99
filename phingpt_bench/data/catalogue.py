"""The datasets the tasks read: rows in one shape, splits by an explicit rule, contents pinned by a digest.

Rows of a labels dataset: {"id", "text", "label"}; of a spans dataset: {"id", "text", "entities": [{"start", "end",
"type"}]} with character offsets, in text order. `id` is the SHA-256 prefix of the text (with "-2", "-3" ... for
repeated texts), so it says which row without showing it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.fingerprint import digest

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset under one split rule. `rows` and `digests` are what each split must hold, checked at every load."""

    name: str
    title: str
    protocol: str  # protocol id without shots and prompt, e.g. "fpb/fingpt-25-seed42/v1"
    kind: str  # "labels" or "spans"
    labels: tuple[str, ...]
    licence: str
    split_rule: str
    load: Callable[[str | None], dict[str, Rows]]  # explicit path or None -> raw splits
    rows: dict[str, int]
    digests: dict[str, str]


def names() -> list[str]:
    """Every dataset of the catalogue."""
    return sorted(_registry())


def dataset(name: str) -> Dataset:
    """The catalogue's entry; BenchError with the nearest name otherwise."""
    registry = _registry()
    if name not in registry:
        raise unknown("dataset", name, registry)
    return registry[name]


def load(name: str, path: str | None = None) -> dict[str, Rows]:
    """All splits of a dataset, ids added, contents checked against the digest of the catalogue.

    path: a folder of the user's own, laid out like the mirror's folder of this dataset (see data/sources.py).
    BenchError when rows are missing, added, changed or in another order: such rows would be another protocol.
    """
    entry = dataset(name)
    try:
        raw = entry.load(path)
    except (KeyError, IndexError, ValueError, TypeError) as err:
        raise BenchError(
            f"dataset {name} has other columns or codes than its source ({type(err).__name__}: {err})",
            hint="take the dataset from its source again",
        ) from None
    splits = {split: with_ids(rows) for split, rows in raw.items()}
    for split, rows in splits.items():
        found = digest([[row["id"], row.get("label", row.get("entities"))] for row in rows])
        if (len(rows), found) != (entry.rows[split], entry.digests[split]):
            raise BenchError(
                f"{name} {split}: {len(rows)} rows with digest {found}, expected {entry.rows[split]} with "
                f"{entry.digests[split]}: not the rows of protocol {entry.protocol}",
                hint="take the dataset from its source again; scores on other rows are not comparable",
            )
    return splits


def with_ids(rows: Rows) -> Rows:
    """The rows with `id` first. Rows of the embedded corpus bring one of their own, by which its editors know them."""
    seen: Counter[str] = Counter()
    result = []
    for row in rows:
        key = hashlib.sha256(row["text"].encode()).hexdigest()[:12]
        seen[key] += 1
        result.append({"id": key if seen[key] == 1 else f"{key}-{seen[key]}", **row})
    return result


def cut_validation(rows: Rows, percent: int = 10) -> tuple[Rows, Rows]:
    """(train, validation): a row is validation when its text's hash modulo 100 is below `percent`.

    The rule reads only the row itself, so it does not depend on order or on other rows, and copies of a text stay on
    one side.
    """

    def held_out(row: dict[str, Any]) -> bool:
        return int(hashlib.sha256(b"validation:" + row["text"].encode()).hexdigest()[:8], 16) % 100 < percent

    return [row for row in rows if not held_out(row)], [row for row in rows if held_out(row)]


def _registry() -> dict[str, Dataset]:
    from phingpt_bench.data import embedded, ner, sentiment

    return {entry.name: entry for module in (sentiment, ner, embedded) for entry in module.DATASETS}
