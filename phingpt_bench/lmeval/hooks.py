"""The functions that the task YAMLs name: dataset loading, per-document results, corpus metrics.

lm-eval resolves `!function phingpt_bench.lmeval.hooks.X` by import, with its plain `lm_eval` command too. For each
metric M there is also M_stderr: lm-eval gives custom aggregations no standard error, but a second metric of that name
overwrites its "N/A" and is printed as the +- column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.outcomes import Kind, Outcomes
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data import catalogue
from phingpt_bench.data.examples import examples
from phingpt_bench.data.rows import Row
from phingpt_bench.scoring import answered, classification
from phingpt_bench.scoring.answered import Answered
from phingpt_bench.scoring.formats import answer_format
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.reading import PLAIN, Rules
from phingpt_bench.scoring.statistics import STATISTICS, by_question
from phingpt_bench.stats.score_interval import bootstrap_stderr

COMPACT = ("confusion", "written", "questions")  # one-hot statistics: an item holds the indices instead


def load(
    dataset: str | None = None,
    path: str | None = None,
    format: str = "lines",
    answers: Sequence[str] = (),
    thinking_end: str | None = None,
    **_model_args: Any,
) -> Any:
    """A `datasets.DatasetDict` with the splits of a catalogue dataset, and "fewshot", the examples for k-shot prompts.

    path: an explicit folder that wins over mirror and Hub. format: how entities are written (scoring/formats.py).
    answers: how the labels are written, in their order, where a prompt has other words for them. thinking_end: the mark
    that ends a thought, where it is none of the known ones.
    lm-eval also passes its model arguments here, whatever they are called: they are ignored.
    Rows get what scoring needs to know of their task: "labels", and "gold" (index) or "answer" and "format".
    """
    import datasets

    if dataset is None:
        raise BenchError("the task names no dataset", hint=sentence("set dataset_kwargs: {dataset: NAME} in its YAML"))
    passport = catalogue.dataset(dataset)
    splits = catalogue.load(dataset, path)
    if shots := examples(splits.get("train", []), splits["test"], passport.labels):
        splits["fewshot"] = shots
    names = list(passport.labels)
    more: dict[str, object] = {"answers": list(answers)} if answers else {}
    more |= {"thinking_end": thinking_end} if thinking_end else {}

    def known(row: Row) -> Row:
        row = {**row, **more}
        if passport.kind == "labels":
            return {**row, "labels": names, "gold": names.index(row["label"])}
        if passport.kind == "scores":
            return {**row, "answer": f"{row['score']:.2f}"}
        answer = answer_format(format).write(row["text"], answered.gold_spans(row), names)
        return {**row, "labels": names, "answer": answer, "format": format}

    return datasets.DatasetDict(
        {split: datasets.Dataset.from_list([known(row) for row in rows]) for split, rows in splits.items()}
    )


def read(doc: Row, results: Sequence[Any]) -> tuple[Kind, Answered]:
    """(kind, answer as it was read and scored) of one document, from what lm-eval hands to `process_results`.

    Results of compared labels are (log-likelihood, whether greedy) pairs, written answers are texts.
    """
    if "score" in doc:
        return "scores", answered.written_score(doc, results[0], rules_of(doc))
    if "entities" in doc:
        return "spans", answered.written_spans(doc, doc["labels"], results[0], doc["format"], rules_of(doc))
    if isinstance(results[0], str):
        return "labels", answered.written_label(doc, doc["labels"], results[0], rules_of(doc))
    return "labels", answered.chosen_label(doc, doc["labels"], [likelihood for likelihood, _is_greedy in results])


def rules_of(doc: Row) -> Rules:
    """How the answers to a document are read: with its prompt's words for the labels, and its mark of a thought."""
    if "answers" not in doc and "thinking_end" not in doc:
        return PLAIN
    pairs = zip(doc.get("answers") or (), doc.get("labels") or (), strict=False)
    marks = (("", doc["thinking_end"]),) if doc.get("thinking_end") else ()
    return Rules(codes=tuple((said, label) for said, label in pairs if said != label), reasoning_marks=marks)


def results(doc: Row, results: Sequence[Any]) -> Row:
    """lm-eval's `process_results` of all tasks: for each metric that the answer allows, the row's counts for it."""
    kind, row = read(doc, results)
    alone = answered.outcomes_of(kind, doc.get("labels", ()), [doc["id"]], [row])
    mine = {name: metric.statistic for name, metric in METRICS.items() if metric.kind == kind}
    counts = {statistic: _item(statistic, alone) for statistic in dict.fromkeys(mine.values())}
    found = {name: item for name, statistic in mine.items() if (item := counts[statistic]) is not None}
    return {name + end: item for name, item in found.items() for end in ("", "_stderr")}


def _item(statistic: str, alone: Outcomes) -> list[Any] | None:
    rows = STATISTICS[statistic](alone)
    if rows is None:
        return None
    if statistic in COMPACT:
        return [alone.gold[0], alone.pred[0], len(alone.labels), *alone.groups]
    counts: list[Any] = rows[0].tolist()
    return counts


def _rows(statistic: str, items: Sequence[Any]) -> np.ndarray:
    if statistic not in COMPACT:
        return np.asarray(items)
    gold, pred, k, *groups = zip(*items, strict=True)
    rows = classification.row_confusion(gold, pred, k[0])
    return by_question(rows, groups[0]) if statistic == "questions" else rows


def __getattr__(name: str) -> Callable[[Sequence[Any]], float]:
    """A metric's corpus aggregation (`hooks.f1_macro`) or its bootstrap standard error (`hooks.f1_macro_stderr`)."""
    metric = METRICS.get(name.removesuffix("_stderr"))
    if metric is None:
        raise AttributeError(name)

    def aggregation(items: Sequence[Any]) -> float:
        rows = _rows(metric.statistic, items)
        if name.endswith("_stderr"):
            return bootstrap_stderr(rows, metric.function)
        return float(metric.function(rows.sum(0)))

    aggregation.__name__ = name  # lm-eval writes it into its results file
    return aggregation
