"""Labels that are written as codes: 0, 1 and 2, -1, 0 and 1, LABEL_2, "pos"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence

_NUMBER = re.compile(r"[-+−]?(?:\d+(?:\.\d*)?|\.\d+)")
# the form of an answer that is a code and not a name: a number, "LABEL_2", "class 1", one letter of a list of options
CODE = re.compile(r"[\W_]*(?:(?:label|class)[\s_-]?)?[-+−]?\d+(?:[.,]\d+)?[\W_]*|[\W_]*[a-h][\W_]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Codes:
    """numbers: the label (an index) of each number. words: the label (a name) of each other code."""

    numbers: dict[float, int] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def number(written: object) -> float | None:
    """The number of a label or code ("2", "-1", "1.0", 1.0); None for anything else."""
    text = str(written).strip()
    return float(text.replace("−", "-")) if _NUMBER.fullmatch(text) else None


def codes_of(labels: Sequence[str], pairs: Iterable[tuple[str, str]] = ()) -> Codes:
    """The codes of a set of labels: the given pairs (code, label), and labels that are numbers themselves.

    A whole number from 0 stands for "LABEL_n" too, the name that transformers gives a class without one.
    BenchError for a code of an unknown label, and for one that stands for two.
    """
    found = Codes()
    named = {label: at for at, label in enumerate(labels)}
    for code, label in [*((label, label) for label in labels if number(label) is not None), *pairs]:
        if label not in named:
            raise unknown(sentence("label"), label, labels, where=sentence("code '{code}'", code=code))
        value = number(code)
        if value is None:
            if found.words.setdefault(code, label) != label:
                raise BenchError(
                    "code '{code}' is given for both '{one}' and '{other}'",
                    code=code,
                    one=found.words[code],
                    other=label,
                )
            continue
        if found.numbers.setdefault(value, named[label]) != named[label]:
            raise BenchError(
                "code '{code}' is given for both '{one}' and '{other}'",
                code=code,
                one=labels[found.numbers[value]],
                other=label,
            )
        if value >= 0 and value == int(value) and code != label:
            found.words.setdefault(f"LABEL_{int(value)}", label)
    return found
