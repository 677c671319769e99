"""Reasoning taken out of an answer: what a model thought before it answered does not count, whatever it names.

The rule. For each kind of mark in MARKS (without regard to case) and each pair that the user gives:

1. The text after the last end mark is the answer, also if that mark has no start. If there is no text, it is the text
   outside of the marks ("positive <think>since sales rose</think>").
2. After a start mark that is not closed, everything is reasoning. If there is no text before it either, the reasoning
   was cut off and there is no answer.
3. Harmony (gpt-oss): the answer is the text after the last mark of the channel "final". Without special tokens that
   mark is the word "assistantfinal", and an answer that begins with "analysis", directly followed by a letter, is
   reasoning.

Then the special tokens of a turn go: those before the answer, and the first that ends it with everything after it. Of
<answer>...</answer> and the like (WRAPPERS) the inside of the last is the answer.

All of it is linear in the length of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from phingpt_bench.scoring.occurrences import seen

# regular expressions of a start and an end mark; compared without case
MARKS: tuple[tuple[str, str], ...] = (
    (r"<think(?:\s[^<>]{0,200})?>", r"</think>"),  # DeepSeek-R1, Qwen, GLM, SmolLM3, Hunyuan ...
    (r"<thinking(?:\s[^<>]{0,200})?>", r"</thinking>"),
    (r"<thoughts?>", r"</thoughts?>"),  # EXAONE
    (r"<reason(?:ing)?(?:\s[^<>]{0,200})?>", r"</reason(?:ing)?>"),  # Reka
    (r"<reflection>", r"</reflection>"),
    (r"<analysis>", r"</analysis>"),
    (r"<scratchpad>", r"</scratchpad>"),  # Hermes
    (r"<seed:think>", r"</seed:think>"),
    (r"\[THINK\]", r"\[/THINK\]"),  # Magistral
    (r"◁think▷", r"◁/think▷"),  # Kimi
    (r"<\|begin_of_thought\|>", r"<\|end_of_thought\|>"),
    (r"<\|start_thinking\|>", r"<\|end_thinking\|>"),  # Command A
    (r"<\|inner_prefix\|>", r"<\|inner_suffix\|>"),  # Apertus
    (r"<unused94>", r"<unused95>"),  # MedGemma
    (r'<details type="reasoning"[^<>]{0,200}>', r"</details>"),  # Open WebUI
    (r"Here is my thought process:", r"Here is my response:"),  # Granite
)
WRAPPERS = ("answer", "final_answer", "final", "response", "output", "result", "solution")

_HARMONY_FINAL = re.compile(
    r"(?:<\|channel\|>\s*)?\bfinal\b\s*(?:<\|constrain\|>[^<>|]{0,40}|json\s*)?<\|message\|>|assistantfinal",
    re.IGNORECASE,
)
_HARMONY_ANALYSIS = re.compile(
    r"\s*(?:<\|start\|>)?(?:assistant)?(?:<\|channel\|>\s*(?:analysis|commentary)\b|analysis(?=[^\W_]))", re.IGNORECASE
)
# one of these must occur in an answer that has reasoning, special tokens or a wrapper
_HINT = re.compile(r"</?[a-z|｜]|\[/?(?:THINK|INST|s)\]|◁|assistantfinal|analysis|Here is my ", re.IGNORECASE)
_OPENING = re.compile(
    r"\s*(?:<s>|<bos>|<\|begin_of_text\|>|<\|start\|>assistant|<\|im_start\|>(?:assistant)?|<\|assistant\|>"
    r"|<\|start_header_id\|>assistant<\|end_header_id\|>|<start_of_turn>model|<\|start_response\|>|\[/INST\]"
    r"|<\|begin_of_solution\|>|<\|begin_of_box\|>|<[｜|]Assistant[｜|]>)",
    re.IGNORECASE,
)
_END_OF_TURN = re.compile(
    r"</s>|\[/s\]|<eos>|<pad>|<end_of_turn>|<[｜|]end▁of▁sentence[｜|]>|<\|(?:im_end|im_start|eot_id|eom_id|end_of_text|endoftext"
    r"|end|return|start|call|end_response|end_of_turn_token|end_of_solution|end_of_box|assistant_end|user)\|>",
    re.IGNORECASE,
)
_WRAPPER = re.compile(rf"<(/?)({'|'.join(WRAPPERS)})>", re.IGNORECASE)


class Part(NamedTuple):
    """The answer proper. cut_off: nothing is left of it, as the reasoning had no end."""

    text: str
    cut_off: bool


def answer_part(answer: str, own: Collection[tuple[str, str]] = (), keep: Collection[str] = ()) -> Part:
    """`answer` without reasoning, special tokens and wrappers, by the rule above; itself where it has none.

    own: the user's start and end marks, as written; a start may be "". keep: names of wrappers that are to stay, as
    entity types have them (without case).
    """
    if not own and not _HINT.search(answer):
        if answer.isascii() or not _HINT.search(seen(answer)):
            return Part(answer, False)
        answer = seen(answer)  # a mark with an invisible character in it
    text, cut_off = _harmony(answer)
    for start, end in (*_compiled(), *_own(tuple(own))):
        text, cut = _outside(text, start, end)
        cut_off |= cut
    text = _turn(text)
    return Part(_unwrapped(text, {name.casefold() for name in keep}), cut_off and not text.strip())


@lru_cache(maxsize=1)
def _compiled() -> list[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
    return [(re.compile(start, re.IGNORECASE), re.compile(end, re.IGNORECASE)) for start, end in MARKS]


@lru_cache(maxsize=16)
def _own(marks: tuple[tuple[str, str], ...]) -> list[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
    return [
        (re.compile(re.escape(start), re.IGNORECASE) if start else None, re.compile(re.escape(end), re.IGNORECASE))
        for start, end in marks
    ]


def _outside(text: str, start: re.Pattern[str] | None, end: re.Pattern[str]) -> tuple[str, bool]:
    """(rules 1 and 2 for one kind of mark, whether reasoning that is not closed was taken off)."""
    starts = [] if start is None else [match.span() for match in start.finditer(text)]
    ends = [match.span() for match in end.finditer(text)]
    if not starts and not ends:
        return text, False
    closed = ends[-1][1] if ends else 0
    unclosed = next((at for at, _ in starts if at >= closed), None)
    behind = text[closed:unclosed]
    if behind.strip() or not ends:
        return behind, unclosed is not None
    parts, at = [], 0
    for opening, closing in _blocks(starts, ends):
        parts.append(text[at:opening] if opening is not None else "")
        at = closing
    return "".join(parts), unclosed is not None


def _blocks(starts: list[tuple[int, int]], ends: list[tuple[int, int]]) -> list[tuple[int | None, int]]:
    """(where a block of reasoning begins, None if it has no start mark; where it ends), in order."""
    blocks: list[tuple[int | None, int]] = []
    at = before = 0
    for _, closing in ends:
        opening = None
        while at < len(starts) and starts[at][0] < closing:
            if opening is None and starts[at][0] >= before:
                opening = starts[at][0]
            at += 1
        blocks.append((opening, closing))
        before = closing
    return blocks


def _harmony(text: str) -> tuple[str, bool]:
    """(rule 3, whether there is reasoning without an answer)."""
    last = None
    for last in _HARMONY_FINAL.finditer(text):  # noqa: B007  # the last one counts
        pass
    if last is not None:
        return text[last.end() :], False
    return ("", True) if _HARMONY_ANALYSIS.match(text) else (text, False)


def _turn(text: str) -> str:
    """One turn of a conversation: without the special tokens before it, up to the first that ends it."""
    at = 0
    while opening := _OPENING.match(text, at):
        at = opening.end()
    for end in _END_OF_TURN.finditer(text, at):
        if text[at : end.start()].strip():
            return text[at : end.start()]
        at = end.end()
    return text[at:]


def _unwrapped(text: str, keep: set[str]) -> str:
    """The text inside the last wrapper, up to the end of the answer if it is not closed."""
    opened: dict[str, int] = {}
    inside: tuple[int, int] | None = None
    for match in _WRAPPER.finditer(text):
        name = match[2].casefold()
        if name in keep:
            continue
        if not match[1]:
            opened[name] = match.end()
        elif name in opened:
            inside = (opened.pop(name), match.start())
    if opened:
        begin = min(opened.values())
        if inside is None or begin > inside[1]:
            return text[begin:]
    return text if inside is None else text[inside[0] : inside[1]]
