"""Rows of JSON with annotations: spans by offset, tokens with tags, exports of Doccano, Label Studio and Prodigy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.data.bio import from_bio
from phingpt_bench.data.own.example import Example, Found, entity
from phingpt_bench.data.own.tokens import TAG
from phingpt_bench.data.rows import Entity

Row = Mapping[str, Any]
LISTS = ("entities", "spans", "entidades", "label", "labels", "etiquetas", "annotations")  # that may hold entities
TAGS = ("tags", "ner_tags", "labels", "bio_tags", "etiquetas")
TEXTS = ("text", "texto", "sentence", "data", "content", "contenido")
START, END = ("start", "start_offset", "begin", "inicio"), ("end", "end_offset", "stop", "fin")
TYPE = ("type", "label", "entity_type", "entity_group", "entity", "tipo", "etiqueta")
SURFACE = ("text", "surface", "word", "texto")


def annotated(rows: Sequence[Row], places: Sequence[str]) -> Found | None:
    """The examples of rows that an annotation tool or a program wrote; None for plain columns."""
    for fits, one, kind, form in _FORMS:
        if any(fits(row) for row in rows[:50]):
            made = [_made(one, form, row, place) for row, place in zip(rows, places, strict=True)]
            examples = [example for example in made if example is not None]
            if kind == "" and examples:
                kind = "spans" if any(example.entities is not None for example in examples) else "labels"
            notes: list[str] = []
            if rejected := len(made) - len(examples):
                notes.append(
                    sentence_n(
                        "{n} row that was rejected, skipped or not annotated is left out",
                        "{n} rows that were rejected, skipped or not annotated are left out",
                        rejected,
                    )
                )
            return Found(examples=examples, kind=kind or "labels", form=form, notes=notes)
    return None


def _made(one: Callable[[Row, str], Example | None], form: str, row: Row, place: str) -> Example | None:
    """The example of a row; BenchError for one that is not like the row by which the form was found."""
    try:
        return one(row, place)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        raise BenchError("not readable in the form of the file: {form}", where=place, form=form) from None


def _first(row: Row, names: Sequence[str]) -> Any:
    return next((row[name] for name in names if name in row), None)


def _is_span(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 3 and isinstance(value[0], int) and isinstance(value[1], int)
    return isinstance(value, dict) and isinstance(_first(value, START), int) and isinstance(_first(value, END), int)


def _list(row: Row) -> list[Any] | None:
    """The list of entities of a row; an empty one counts where no other list is there."""
    lists = [row[name] for name in LISTS if isinstance(row.get(name), list)]
    full = [held for held in lists if held and all(map(_is_span, held))]
    return full[0] if full else next((held for held in lists if not held), None)


def _spans(text: str, items: Sequence[Any], place: str) -> list[Entity]:
    found = []
    for item in items:
        if isinstance(item, list) and len(item) == 3:
            start, end, type_ = item
            found.append(entity(text, start, end, type_, place))
        elif isinstance(item, dict):
            start, end, type_ = (_first(item, names) for names in (START, END, TYPE))
            found.append(entity(text, start, end, type_, place, _first(item, SURFACE)))
        else:
            raise BenchError("an entity is [start, end, type], or an object with these", where=place)
    return found


def _text(row: Row, place: str) -> str:
    text = _first(row, TEXTS)
    if not isinstance(text, str):
        raise BenchError("a row without a text", where=place, hint="one of these: {names}", names=", ".join(TEXTS))
    return text


def _document(row: Row) -> str | None:
    held = _first(row, ("document", "document_id", "doc_id", "article_id", "documento"))
    return None if held is None else str(held)


def _of_spans(row: Row, place: str) -> Example:
    text = _text(row, place)
    items = _list(row)
    if items is None:  # a list that holds something else is said, not taken for a text without entities
        items = next((row[name] for name in LISTS if isinstance(row.get(name), list)), [])
    return Example(text=text, entities=_spans(text, items, place), place=place, document=_document(row))


def _is_tokens(row: Row) -> bool:
    return isinstance(row.get("tokens"), list) and isinstance(_first(row, TAGS), list)


def _of_tokens(row: Row, place: str) -> Example:
    tokens, tags = row["tokens"], _first(row, TAGS)
    if len(tokens) != len(tags):
        raise BenchError("{n} tokens and {k} tags", where=place, n=len(tokens), k=len(tags))
    for tag in tags:
        if not isinstance(tag, str) or not TAG.fullmatch(tag):
            raise BenchError(
                "'{tag}' is not a tag",
                where=place,
                hint="tags are O, B-TYPE, I-TYPE, E-TYPE, S-TYPE; numbers have to be written out",
                tag=tag,
            )
    made = from_bio([str(token) for token in tokens], tags)
    assert isinstance(made["entities"], list)
    return Example(text=str(made["text"]), entities=made["entities"], place=place, document=_document(row))


def _is_prodigy(row: Row) -> bool:
    return row.get("answer") in ("accept", "reject", "ignore") or "_input_hash" in row


def _of_prodigy(row: Row, place: str) -> Example | None:
    if row.get("answer", "accept") != "accept":
        return None
    text = _text(row, place)
    if "spans" in row:
        return Example(text=text, entities=_spans(text, row["spans"] or [], place), place=place)
    chosen = row.get("accept") if "options" in row else row.get("label")
    return Example(text=text, label=_single(chosen, place), place=place)


def _is_label_studio(row: Row) -> bool:
    return isinstance(row.get("data"), dict) and any(
        isinstance(row.get(k), list) for k in ("annotations", "completions")
    )


def _of_label_studio(row: Row, place: str) -> Example | None:
    made = [one for one in _first(row, ("annotations", "completions")) if not one.get("was_cancelled")]
    if not made:
        return None
    texts = [value for value in row["data"].values() if isinstance(value, str)]
    text = _first(row["data"], TEXTS) or max(texts, key=len, default="")
    results = made[0].get("result") or []  # of several annotators the first
    choices = [choice for one in results for choice in one.get("value", {}).get("choices", ())]
    if choices:
        return Example(text=text, label=_single(choices, place), place=place)
    entities = [
        entity(text, value["start"], value["end"], type_, place)
        for one in results
        if isinstance(value := one.get("value"), dict) and isinstance(value.get("labels"), list)
        for type_ in value["labels"][:1]
    ]
    return Example(text=text, entities=entities, place=place)


def _is_label_studio_short(row: Row) -> bool:
    """Label Studio's JSON-MIN: entities are objects with a list of labels."""
    held = row.get("label")
    return isinstance(held, list) and any(isinstance(one, dict) and "labels" in one for one in held)


def _of_label_studio_short(row: Row, place: str) -> Example:
    text = _text(row, place)
    held = row.get("label") or []
    return Example(
        text=text, place=place,
        entities=[entity(text, one["start"], one["end"], one["labels"][0], place, one.get("text")) for one in held],
    )  # fmt: skip


def _is_doccano_labels(row: Row) -> bool:
    held = row.get("label", row.get("labels"))
    return isinstance(held, list) and bool(held) and all(isinstance(one, str) for one in held) and "tokens" not in row


def _of_doccano_labels(row: Row, place: str) -> Example:
    return Example(text=_text(row, place), label=_single(row.get("label", row.get("labels")), place), place=place)


def _single(held: Any, place: str) -> str | None:
    """The one label of a row; None for none. BenchError for several."""
    if isinstance(held, list):
        if len(held) > 1:
            raise BenchError(
                "{n} labels for one text: {names}",
                where=place,
                hint="a task has one label for each text; make one task for each question",
                n=len(held),
                names=", ".join(map(str, held)),
            )
        held = held[0] if held else None
    return None if held is None else str(held).strip() or None


_FORMS: tuple[tuple[Callable[[Row], bool], Callable[[Row, str], Example | None], str, str], ...] = (
    (_is_label_studio, _of_label_studio, "", sentence("an export of Label Studio")),
    (_is_label_studio_short, _of_label_studio_short, "spans", sentence("an export of Label Studio (JSON-MIN)")),
    (_is_prodigy, _of_prodigy, "", sentence("an export of Prodigy")),
    (_is_tokens, _of_tokens, "spans", sentence("tokens with tags, a text in each row")),
    (lambda row: bool(_list(row)), _of_spans, "spans", sentence("entities by offset, a text in each row")),
    (_is_doccano_labels, _of_doccano_labels, "labels", sentence("an export of Doccano")),
)
