"""The text of an answer inside a list or an object, as pipelines, chats and APIs return it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from phingpt_bench.scoring.json_pieces import LIST_KEYS

# in an answer that is a text, what distinguishes a wrapping from JSON that the model wrote
_WRAPPED = re.compile(
    r"\A\s*[\[{].{0,4000}?[\"'](?:generated_text|choices|message|completions|candidates)[\"']\s*:", re.DOTALL
)
_LONGEST_LITERAL = 1_000_000
_DEPTH = 8
# keys of the text in a wrapping, the most reliable first; "text" and "content" only without other keys
_KEYS = (
    "generated_text", "output_text", "completion", "completions", "choices", "message", "messages", "candidates",
    "outputs", "response", "body", "output", "prediction", "answer", "result",
)  # fmt: skip
_PLAIN_KEYS = ("content", "parts", "text")
# with one of these an object names something, and is not a wrapping of a text
_STRUCTURE = frozenset(
    ("label", "labels", "type", "entity_group", "entity", "word", "score", "start", "tag", *LIST_KEYS)
)
_REASONING = frozenset(("reasoning", "thinking", "reasoning_content", "redacted_thinking"))


def text_of(value: Any) -> str:
    """The text of an answer in any wrapping; "" for none.

    Text is itself, or what is in it where it is a pipeline's or an interface's answer printed as JSON or by Python.
    Of chat messages the last of the assistant counts, of choices the first, of parts of content all but the
    reasoning. A list of one is what it holds. Any other list or object is the JSON that it is, for the readers of
    labels and entities.
    """
    if isinstance(value, str):
        return _unwrapped(value)
    if value is None or value != value:  # pandas writes a missing value as nan
        return ""
    inner = _inner(value, 0)
    return inner if inner is not None else json.dumps(_scores(value), ensure_ascii=False, default=str)


def _unwrapped(text: str) -> str:
    if not _WRAPPED.match(text) or len(text) > _LONGEST_LITERAL:
        return text
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        inner = _inner(value, 0)
        return text if inner is None else inner
    return text


def _inner(value: Any, depth: int) -> str | None:
    """The text that a value wraps; None if it wraps none."""
    if isinstance(value, str):
        return value
    if depth > _DEPTH:
        return None
    if isinstance(value, list):
        return _of_list(value, depth)
    if isinstance(value, Mapping):
        return _of_object(value, depth)
    return None


def _of_list(value: list[Any], depth: int) -> str | None:
    if value and all(isinstance(item, Mapping) and "role" in item for item in value):
        said = [item for item in value if item["role"] in ("assistant", "model", "ai")] or value[-1:]
        return _inner(said[-1].get("content"), depth + 1)
    if value and all(isinstance(item, Mapping) and _is_part(item) for item in value):
        texts = [item.get("text") for item in value if item.get("type") not in _REASONING and not item.get("thought")]
        return "".join(text for text in texts if isinstance(text, str))
    return _inner(value[0], depth + 1) if len(value) == 1 else None


def _is_part(item: Mapping[str, Any]) -> bool:
    """Whether it is {"type": "text", "text": "..."} or similar."""
    kind = item.get("type")
    return kind in ("text", "output_text") or kind in _REASONING or item.keys() == {"text"}


def _of_object(value: Mapping[str, Any], depth: int) -> str | None:
    if "role" in value and "content" in value:
        return _inner(value["content"], depth + 1)
    for key in _KEYS:
        held = value.get(key)
        if held is None or (
            key in ("prediction", "answer", "result", "response", "output") and _STRUCTURE & value.keys()
        ):
            continue
        if isinstance(held, list) and held and key in ("choices", "completions", "candidates", "outputs"):
            held = held[0]
        elif isinstance(held, list) and key == "output":  # an interface's list of reasoning and messages
            held = [item for item in held if not (isinstance(item, Mapping) and item.get("type") in _REASONING)]
        found = _inner(held, depth + 1)
        if found is not None:
            return found
    if _STRUCTURE & value.keys() - {"type"} and not _is_part(value):
        return None
    for key in _PLAIN_KEYS:
        if key in value and (key != "text" or "type" not in value or _is_part(value)):
            return _inner(value[key], depth + 1)
    return None


def _scores(value: Any) -> Any:
    """{"labels": [...], "scores": [...]}, the output of a zero-shot classifier, as a list of label and score."""
    if isinstance(value, Mapping):
        labels, scores = value.get("labels"), value.get("scores")
        if isinstance(labels, list) and isinstance(scores, list) and len(labels) == len(scores):
            return [{"label": label, "score": score} for label, score in zip(labels, scores, strict=True)]
    return value
