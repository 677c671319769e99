"""The user's options for reading answers, checked: codes, names of types, marks of reasoning, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.column_names import between_commas
from phingpt_bench.rescore.target import Target
from phingpt_bench.scoring.codes import codes_of
from phingpt_bench.scoring.reading import Rules

REPEATS = ("first", "majority")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The user's options for reading answers.

    codes, type_aliases: as written, "0=negative,1=neutral". repeats: which of several answers to a row counts, None
    where nothing was said.
    """

    codes: str | None = None
    type_aliases: str | None = None
    reasoning_marks: Sequence[Sequence[str]] = field(default_factory=tuple)
    nested: bool = False
    repeats: str | None = None

    def rules(self, target: Target) -> Rules:
        """The rules of reading answers to a target. BenchError for an option that does not fit it."""
        if self.codes is not None and target.kind != "labels":
            raise BenchError("--codes is for labels, and the answers here are entities or numbers")
        if target.kind != "spans" and (self.type_aliases is not None or self.nested):
            option = "--nested" if self.nested else "--type-aliases"
            raise BenchError("{option} is for entities, and the answers here are labels or numbers", option=option)
        if self.repeats not in (None, *REPEATS):
            raise BenchError("--repeats is one of {names}", names=", ".join(REPEATS))
        codes = _pairs("--codes", self.codes, "0=negative,1=neutral,2=positive")
        aliases = _pairs("--type-aliases", self.type_aliases, "Person=PER,Company=ORG")
        if codes:
            codes_of(target.names, codes)  # says what does not fit
        for name, type_ in aliases:
            if type_ not in target.names:
                raise unknown(
                    sentence("entity type"),
                    type_,
                    target.names,
                    where=sentence("--type-aliases {name}={type}", name=name, type=type_),
                )
        marks = []
        for pair in self.reasoning_marks:
            start, end = pair
            if not end.strip():
                raise BenchError(
                    "--reasoning-marks needs the mark that ends the reasoning",
                    hint='--reasoning-marks START END; START may be empty: --reasoning-marks "" "</r>"',
                )
            marks.append((start.strip(), end.strip()))
        return Rules(
            reasoning_marks=tuple(marks), codes=tuple(codes), type_aliases=tuple(aliases), nested=self.nested
        )  # fmt: skip


def _pairs(option: str, listed: str | None, example: str) -> list[tuple[str, str]]:
    """The pairs of "a=b,c=d"."""
    if listed is None:
        return []
    pairs = []
    for item in between_commas(option, listed):
        left, sign, right = item.partition("=")
        if not (sign and left.strip() and right.strip()):
            raise BenchError(
                "{option}: '{item}' is not a pair",
                hint="for example {option} {example}",
                option=option,
                item=item,
                example=example,
            )
        pairs.append((left.strip(), right.strip()))
    return pairs
