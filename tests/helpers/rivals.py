"""What the tests of other benchmarks' rules share."""

from __future__ import annotations

from typing import Any

from phingpt_bench.rivals import SCORERS


def of_kind(kind: str) -> list[str]:
    """The scorers of one kind of answers."""
    return [name for name, scorer in SCORERS.items() if scorer.kind == kind]


def doc(marked: str) -> dict[str, Any]:
    """A doc from a text with [TYPE words] marks."""
    text, entities = "", list[dict[str, Any]]()
    for i, part in enumerate(marked.replace("]", "[").split("[")):
        if i % 2:
            type_, part = part.split(" ", 1)
            entities.append({"start": len(text), "end": len(text) + len(part), "type": type_})
        text += part
    return {"text": text, "entities": entities}
