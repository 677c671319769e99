"""The parts of a row of training data: the prompt and the answer that it was rendered with, and the bare text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

ANSWERS = ("output", "target", "completion", "response", "answer", "label")
PROMPTS = ("prompt", "context", "query", "question", "instruction", "input")
TEXTS = ("input", "text", "sentence", "headline", "content")
TALKS = ("messages", "conversations", "conversation")
ROLES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}


class Parts(NamedTuple):
    """One row. after: the text after the answer, if the row has it."""

    prompt: str
    answer: str
    text: str | None = None
    system: str | None = None
    chat: bool = False
    after: str = ""


def whole_column(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The column that holds prompt and answer in every row, with the same after the answer in all of them.

    A prompt that names the labels holds the answer as well, and goes on differently after each; so does one that names
    them before the text. A column that is called a prompt is one.
    """
    for name in rows[0]:
        ends = {_behind_answer(row, name) for row in rows}
        if name not in PROMPTS and len(ends) == 1 and None not in ends:
            return name
    return None


def _behind_answer(row: Mapping[str, Any], name: str) -> str | None:
    """What comes after the answer in a column that holds the other texts of its row; None for any other column."""
    texts, answer = _texts(row)
    if answer is None or name not in texts or name == answer:
        return None
    at = texts[name].rfind(texts[answer])
    return texts[name][at + len(texts[answer]) :] if at > 0 and _holds(name, texts, {answer}) else None


def _texts(row: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """The columns of text, and which one of them is the answer."""
    texts = {name: value for name, value in row.items() if isinstance(value, str)}
    return texts, next((name for name in ANSWERS if texts.get(name)), None)


def parts_of(row: Mapping[str, Any], where: str, number: int, layout: str | None, whole: str | None) -> Parts:
    """The parts of a row. whole: the column with both prompt and answer, if there is one.

    BenchError at `where` and the row's number for a row that holds no prompt or no answer.
    """
    for name in TALKS:
        if isinstance(row.get(name), list):
            return _of_talk(row[name], f"{where}:{number}")
    texts, answer = _texts(row)
    if answer is None:
        raise BenchError("no column with an answer: {names}", where=f"{where}:{number}", names=", ".join(ANSWERS))
    others = {name: value for name, value in texts.items() if name != answer}
    if layout is not None:
        try:
            return Parts(layout.format_map(others), texts[answer], _bare(others))
        except (KeyError, IndexError, ValueError) as err:
            raise BenchError("the layout needs a column {name}", where=f"{where}:{number}", name=str(err)) from None
    if whole is not None:
        at = others[whole].rfind(texts[answer])
        behind = others[whole][at + len(texts[answer]) :]
        return Parts(others[whole][:at], texts[answer], _bare(others, whole), after=behind)
    prompt = next((name for name in others if _holds(name, others)), None)
    if prompt is None and others.get("instruction") and others.get("input"):
        raise BenchError(
            "the rows hold instruction and input, and not how they were put together",
            where=f"{where}:{number}",
            hint=sentence("give it as the training had it: --layout 'TEXT {instruction} TEXT {input} TEXT'"),
        )
    prompt = prompt or next((name for name in PROMPTS if others.get(name)), None)
    if prompt is None:
        raise BenchError("no column with a prompt: {names}", where=f"{where}:{number}", names=", ".join(PROMPTS))
    return Parts(others[prompt], texts[answer], _bare(others, prompt))


def _bare(texts: Mapping[str, str], apart: str | None = None) -> str | None:
    """The text of a row where a column holds it alone; apart: the column of the prompt."""
    return next((texts[name] for name in TEXTS if name != apart and texts.get(name)), None)


def _holds(name: str, texts: Mapping[str, str], apart: Collection[str] = ()) -> bool:
    """Whether a column holds the other texts of its row, of which there is one at least, apart from some."""
    rest = [value for other, value in texts.items() if other not in (name, *apart) and value]
    return bool(rest) and all(value in texts[name] for value in rest)


def _of_talk(talk: Sequence[Any], where: str) -> Parts:
    said: dict[str, str] = {}
    for message in talk:
        role = message.get("role", message.get("from")) if isinstance(message, Mapping) else None
        content = message.get("content", message.get("value")) if isinstance(message, Mapping) else None
        role = ROLES.get(str(role), str(role))
        if role not in ("system", "user", "assistant") or not isinstance(content, str) or role in said:
            raise BenchError(
                "one message each of user and assistant is expected, and a system message at most", where=where
            )
        said[role] = content
    if not {"user", "assistant"} <= said.keys():
        raise BenchError("the messages have no user or no assistant", where=where)
    return Parts(said["user"], said["assistant"], system=said.get("system"), chat=True)
