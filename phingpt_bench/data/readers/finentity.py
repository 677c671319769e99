"""FinEntity: sentiment towards each entity of a news text (Tang et al. 2023), with the entity given or to be found."""

from __future__ import annotations

from phingpt_bench.data.cuts import cut_copies, cut_validation
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.given_span import expand
from phingpt_bench.data.rows import Row, Rows
from phingpt_bench.data.sources import read_rows, source_of


def finentity(origin: Origin, path: str | None) -> dict[str, Rows]:
    """One row per annotation: {"text", "entity", "label"}; only annotations without a place in the text are dropped."""
    return {split: expand(rows) for split, rows in _splits(origin, path, overlaps=True).items()}


def finentity_spans(origin: Origin, path: str | None) -> dict[str, Rows]:
    """One row per text: {"text", "entities"}; the type of an entity is its sentiment, and no two entities overlap."""
    return _splits(origin, path, overlaps=False)


def _splits(origin: Origin, path: str | None, *, overlaps: bool) -> dict[str, Rows]:
    rows = []
    for raw in read_rows(source_of(origin, {"train": "train.parquet"}), "train", path):
        placed = filter(None, (place(raw["content"], annotation) for annotation in raw["annotations"]))
        entities = sorted(placed, key=lambda entity: entity["start"])
        rows.append({"text": raw["content"], "entities": entities if overlaps else disjoint(entities)})
    rest, test = cut_copies(rows)
    train, validation = cut_validation(rest)
    return {"train": train, "validation": validation, "test": test}


def place(text: str, annotation: Row) -> Row | None:
    """The annotation as {"start", "end", "type"} such that the text there is the annotation's `value`.

    If the source's offsets are wrong, the occurrence of `value` that begins nearest to them is taken (the earlier of
    two equally near ones); None if `value` is not in the text.
    """
    value, start = annotation["value"], annotation["start"]
    if not value or text[start : annotation["end"]] != value:
        found = [at for at in range(len(text)) if value and text.startswith(value, at)]
        if not found:
            return None
        start = min(found, key=lambda at: abs(at - annotation["start"]))
    return {"start": start, "end": start + len(value), "type": annotation["label"].lower()}


def disjoint(entities: Rows) -> Rows:
    """The entities without overlap, in text order: the longer of two is kept, or the first of equally long ones."""
    kept: Rows = []
    for entity in sorted(entities, key=lambda entity: entity["start"] - entity["end"]):
        if all(entity["end"] <= other["start"] or other["end"] <= entity["start"] for other in kept):
            kept.append(entity)
    return sorted(kept, key=lambda entity: entity["start"])
