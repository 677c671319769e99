"""pb.score(): answers of any model, in a file or in memory, scored by our rule and by those of other benchmarks."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.api.shown import Shown
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence
from phingpt_bench.rescore.columns import OPTIONS
from phingpt_bench.rescore.options import Reading
from phingpt_bench.rescore.rescore import Request, rescore
from phingpt_bench.rescore.table import Table, table_of
from phingpt_bench.rescore.values import OURS, Report, Value
from phingpt_bench.text.blocks import Block

if TYPE_CHECKING:
    from typing import TypeAlias

    import pandas as pd

    Answers: TypeAlias = (
        "str | Path | Mapping[str, object] | Sequence[str] | Sequence[Mapping[str, object]] | pd.DataFrame"
    )


@dataclass(frozen=True, repr=False)
class Score(Shown):
    """Scores of some answers. `score["f1_weighted"]` is one with its interval; `report` has everything else."""

    report: Report
    """What `phingpt-bench rescore` shows: scores by scorer, details by label, what could not be read and why."""

    def __getitem__(self, metric: str) -> Value:
        """A score by our rule; KeyError for a metric that such answers do not have."""
        return self.values[metric]

    @property
    def values(self) -> Mapping[str, Value]:
        """The scores by our rule by metric; of the first scorer where ours was not asked for."""
        by_scorer = {scored.scorer: scored.values for scored in self.report.scored}
        return by_scorer.get(OURS, self.report.scored[0].values)

    def __repr__(self) -> str:
        return f"<Score of {self.report.n} rows>"

    def records(self) -> list[dict[str, object]]:
        """One row per score, of every scorer, then by label or entity type."""
        from phingpt_bench.rescore.export import FIELDS, records

        return [{name: record.get(name) for name in FIELDS} for record in records(self.report)]

    def blocks(self) -> Sequence[Block]:
        """The whole report."""
        from phingpt_bench.render.rescore_blocks import rescore_blocks

        return rescore_blocks(self.report)


def score(  # noqa: PLR0913  each is an option of the verb
    answers: Answers,
    *,
    task: str | None = None,
    labels: Collection[str] | None = None,
    entity_types: Collection[str] | None = None,
    gold: Sequence[object] | None = None,
    scorers: Collection[str] = (),
    columns: Mapping[str, str] | None = None,
    answer_format: str | None = None,
    answered_only: bool = False,
    duplicates: str = "error",
    encoding: str | None = None,
    codes: Mapping[str, str] | None = None,
    type_aliases: Mapping[str, str] | None = None,
    reasoning_marks: Sequence[tuple[str, str]] = (),
    nested: bool = False,
    repeats: str | None = None,
) -> Score:
    """Answers that a model has given already, scored as `phingpt-bench rescore` does. No model is loaded.

    Args:
        answers: the path of a file or of a run's folder; {row id: answer} for the rows of a task; rows with their
            columns (mappings or a DataFrame); or the answers alone, in the order of `gold`.
        task: a task, dataset or protocol, whose rows have the gold.
        labels: instead of `task`, the labels of answers that come with their own gold.
        entity_types: instead of `task`, the entity types of answers that come with their own gold.
        gold: the right answers, where `answers` are a list of texts.
        scorers: "phin" (ours, the default), another benchmark's, or "all".
        columns: the names of columns by role (answer, gold, id, text, document), where they are not guessed right;
            "none" for no such column.
        answer_format: how entities were asked for: "lines", "json" or "tags".
        answered_only: leave out rows of the task without an answer.
        duplicates: "error", or which of several rows with different answers counts: "first" or "last".
        encoding: of a file's text, UTF-8 where None is given.
        codes: labels that are written as codes, such as {"0": "negative"}.
        type_aliases: other names of entity types, such as {"Company": "ORG"}.
        reasoning_marks: (start, end) of reasoning, in addition to the known marks.
        nested: read entities that overlap, not only the longest.
        repeats: of several answers to a row, which counts: "first" or "majority".

    Raises:
        BenchError: for everything that is wrong with the answers or the options.
    """
    roles = dict(columns or {})
    for role in roles:
        if role not in OPTIONS:
            raise BenchError(
                "no role '{role}' of a column",
                where="columns",
                hint="roles: {options}",
                role=role,
                options=", ".join(OPTIONS),
            )
    report = rescore(
        Request(
            file=_source(answers, gold),
            task=task,
            labels=None if labels is None else _line(labels),
            entity_types=None if entity_types is None else _line(entity_types),
            scorers=(scorers,) if isinstance(scorers, str) else tuple(scorers),
            columns={role: roles.get(role) for role in OPTIONS},
            answer_format=answer_format,
            answered_only=answered_only,
            duplicates=duplicates,
            encoding=encoding,
            reading=Reading(
                codes=_pairs(codes),
                type_aliases=_pairs(type_aliases),
                reasoning_marks=reasoning_marks,
                nested=nested,
                repeats=repeats,
            ),
        )
    )
    return Score(report)


def _source(answers: Answers, gold: Sequence[object] | None) -> Path | Table:
    """The answers as a file or a table. BenchError if gold and answers do not fit together."""
    if isinstance(answers, str | Path):
        source: Path | Table = Path(answers)
    elif isinstance(answers, Mapping):
        source = table_of([{"id": key, "answer": answer} for key, answer in answers.items()])
    elif hasattr(answers, "to_dict"):  # a DataFrame, which we need not import for this
        source = table_of(answers.to_dict("records"))
    elif all(isinstance(answer, Mapping) for answer in answers):
        source = table_of([dict(answer) for answer in answers if isinstance(answer, Mapping)])
    elif gold is None:
        raise BenchError(
            "a list of answers needs the right ones in the same order",
            where="answers",
            hint=sentence("give gold=[...], or {row id: answer} for the rows of a task"),
        )
    elif len(gold) != len(answers):
        raise BenchError("{answers} answers and {gold} right ones", where="gold", answers=len(answers), gold=len(gold))
    else:
        pairs = zip(answers, gold, strict=True)
        return table_of([{"answer": answer, "gold": right} for answer, right in pairs])
    if gold is not None:
        raise BenchError("only a list of texts takes its gold apart", where="gold", hint="name the column of the gold")
    return source


def _line(names: Collection[str]) -> str:
    """Names as the options of the command line take them: with commas, quoted where one holds a comma."""
    if isinstance(names, str):
        return names
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(names)
    return file.getvalue()


def _pairs(pairs: Mapping[str, str] | None) -> str | None:
    return None if pairs is None else _line([f"{name}={value}" for name, value in pairs.items()])
