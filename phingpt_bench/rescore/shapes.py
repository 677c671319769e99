"""The shapes of unreadable answers, and the options that would read them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from phingpt_bench.core.sentences import sentence
from phingpt_bench.rescore.target import Target
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.codes import CODE
from phingpt_bench.scoring.reading import CUT_OFF, TOO_LONG, Rules
from phingpt_bench.scoring.type_names import type_reader

SHOWN = 3
WIDTH = 40  # characters of an example
LOOKED_AT = 2_000  # characters of an answer
_HEAD = re.compile(r"\A\s*(<[^<>/\s][^<>]{0,30}>|\[[A-Z][A-Z_ ]{1,20}\])")
_TYPED = re.compile(r"(?:\A|[\n;,{\[])\s*[-*•\"']*([^\W\d_][\w -]{1,28}?)[\"'*]*\s*:")
_TAGGED = re.compile(r"<(?!/)([^\W\d_][\w-]{0,28})>")
_TYPE_FIELD = re.compile(
    r"[\"'](?:type|label|entity_group|entity|tag|category)[\"']\s*:\s*[\"']([^\"']{1,28})[\"']", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """words: what such answers are. count: of them. example: one of them. option: what would read them, or ""."""

    words: str
    count: int
    example: str
    option: str = ""


def shapes(answers: Sequence[str], rows: Sequence[Answered], target: Target, rules: Rules) -> list[Shape]:
    """The commonest shapes of the answers that cannot be read, at most SHOWN; none where half of them or more can.

    answers, rows: those of the file, without rows that have no answer.
    """
    lost = [(answer[:LOOKED_AT], row) for answer, row in zip(answers, rows, strict=True) if unread(row)]
    if 2 * len(lost) <= len(rows):
        return []
    found: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for answer, row in lost:
        words = _words(answer, row, target, rules)
        found[words] += 1
        kept = examples.setdefault(words, [])
        if len(kept) < 50:
            kept.append(answer)
    return [
        Shape(
            words=words,
            count=count,
            example=" ".join(examples[words][0].split())[:WIDTH],
            option=_option(words, examples[words], target, rules),
        )
        for words, count in found.most_common(SHOWN)
    ]


def unread(row: Answered) -> bool:
    """Whether nothing was read in an answer; of entities, whether there is no more than pieces without a type."""
    if row.parsed is None or not row.invalid:
        return row.invalid
    return not row.parsed.spans and not any(problem.type for problem in row.parsed.problems)


def _words(answer: str, row: Answered, target: Target, rules: Rules) -> str:
    bare = answer.strip()
    if row.reason in (CUT_OFF, TOO_LONG):
        return f"{row.reason}"
    if not bare:
        return sentence("empty")
    if head := _HEAD.match(bare):
        return sentence("text behind {mark}", mark=head[1])
    if target.kind == "labels":
        return _of_label(bare, row)
    if target.kind == "spans":
        return _of_entities(bare, target, rules)
    return row.reason or sentence("other")


def _of_label(bare: str, row: Answered) -> str:
    if re.search("label", bare, re.IGNORECASE) and CODE.fullmatch(bare):
        return sentence("LABEL_n")
    if CODE.fullmatch(bare):
        return sentence("numbers") if any(char.isdigit() for char in bare) else sentence("letters of options")
    if row.reason != "no label":
        return row.reason or sentence("other")
    if bare.startswith(("[", "{")):
        return sentence("JSON without a label")
    return sentence("other words") if len(bare.split()) < 4 else sentence("sentences without a label")


def _of_entities(bare: str, target: Target, rules: Rules) -> str:
    if _type_names([bare], target, rules):
        return sentence("entities of other types")
    if bare.startswith(("[", "{", "(")):
        return sentence("JSON without types")
    if re.search(r"(?:\A|\s)(?:[BIES]-\w+|\w+[-_][BIES])(?=\s|\Z)", bare):
        return sentence("tags, not one for each word")
    return sentence("names without types") if len(bare) < 80 and not bare.endswith(".") else sentence("sentences")


def _type_names(answers: Iterable[str], target: Target, rules: Rules) -> list[str]:
    """The words in place of an entity's type, the commonest first."""
    read_type = type_reader(target.names, rules.type_aliases)
    found: Counter[str] = Counter()
    for answer in answers:
        names = _TYPE_FIELD.findall(answer) or _TAGGED.findall(answer) or _TYPED.findall(answer)
        names = [re.sub(r"\A[BIES][-_]", "", name.strip()) for name in names[:20]]
        found.update(name for name in names if name and len(name.split()) < 3 and read_type(name) is None)
    return [name for name, _ in found.most_common(4)]


def _option(words: str, examples: Sequence[str], target: Target, rules: Rules) -> str:
    """The option that fits a shape, with the values that the examples show; "" where none does."""
    names = target.names
    if words in ("numbers", "LABEL_n", "letters of options"):
        codes = sorted(
            {re.sub(r"\A[\W_]*?(-?\w+(?:[.]\d+)?)[\W_]*\Z", r"\1", example.strip()) for example in examples}
        )[:4]
        return "--codes " + ",".join(f"{code}={name}" for code, name in zip(codes, _cycled(names), strict=False))
    if words == "other words":
        words_said = list(dict.fromkeys(example.strip(" .\"'*").casefold() for example in examples))[:3]
        return "--codes " + ",".join(f"{word}={name}" for word, name in zip(words_said, _cycled(names), strict=False))
    if words == "entities of other types":
        types = _type_names(examples, target, rules)
        return "--type-aliases " + ",".join(
            f"{name}={type_}" for name, type_ in zip(types, _cycled(names), strict=False)
        )
    if head := re.fullmatch(r"text behind (.+)", words):
        end = f"{head[1][0]}/{head[1][1:]}"
        return f"--reasoning-marks '{head[1]}' '{end}'" if any(end in example for example in examples) else ""
    return ""


def _cycled(names: Sequence[str]) -> list[str]:
    return [*names, *[names[-1]] * 4]
