"""The functions that the task YAMLs name: dataset loading, per-document results, corpus metrics.

lm-eval resolves `!function phingpt_bench.harness.hooks.X` by import, with its plain `lm_eval` command too. For each
metric M there is also M_stderr: lm-eval gives custom aggregations no standard error, but a second metric of that name
overwrites its "N/A" and is printed as the +- column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.ner import TYPES
from phingpt_bench.data.sentiment import LABELS
from phingpt_bench.scoring import classification, ner, spans
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.intervals import bootstrap_stderr


def load(dataset: str | None = None, path: str | None = None, **_model_args: Any) -> Any:
    """A `datasets.DatasetDict` with splits train, validation and test of a catalogue dataset.

    path: an explicit folder that wins over mirror and Hub. lm-eval also passes its model arguments here, whatever
    they are called: they are ignored.
    """
    import datasets

    if dataset is None:
        raise BenchError("the task names no dataset", hint="set dataset_kwargs: {dataset: NAME} in its YAML")
    kind = catalogue.dataset(dataset).kind
    splits = catalogue.load(dataset, path)
    if kind == "spans":
        splits = {name: [_with_answer(row) for row in rows] for name, rows in splits.items()}
    return datasets.DatasetDict({name: datasets.Dataset.from_list(rows) for name, rows in splits.items()})


def gold_spans(doc: dict[str, Any]) -> list[spans.Span]:
    """The annotated spans of a document of a spans task."""
    return [spans.Span(e["start"], e["end"], e["type"]) for e in doc["entities"]]


def _with_answer(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "answer": spans.format_entities(row["text"], gold_spans(row))}


def read_label(doc: dict[str, Any], likelihoods: Sequence[float]) -> tuple[int, int]:
    """(gold, predicted) index into LABELS. Predicted is -1 (INVALID) when a log-likelihood is not finite.

    likelihoods: one per label, in the order of the YAML's doc_to_choice. An exact tie goes to the first, as in lm-eval.
    """
    pred = int(np.argmax(likelihoods)) if np.isfinite(likelihoods).all() else -1
    return LABELS.index(doc["label"]), pred


def read_spans(doc: dict[str, Any], answer: str) -> tuple[list[list[int]], spans.Parsed]:
    """([true positives, predicted, gold] per type, parsed answer) of one generated answer."""
    parsed = spans.parse_entities(answer, doc["text"], TYPES)
    return ner.strict_counts(gold_spans(doc), parsed, TYPES), parsed


def label_results(doc: dict[str, Any], results: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """lm-eval `process_results` of the label tasks: the (gold, predicted) pair, once for each metric."""
    return _for_each_metric("labels", read_label(doc, [likelihood for likelihood, _is_greedy in results]))


def span_results(doc: dict[str, Any], results: Sequence[str]) -> dict[str, Any]:
    """lm-eval `process_results` of the NER tasks: the counts of the row, once for each metric."""
    return _for_each_metric("spans", read_spans(doc, results[0])[0])


def _for_each_metric(kind: str, item: Any) -> dict[str, Any]:
    return {name + end: item for name, metric in METRICS.items() if metric.kind == kind for end in ("", "_stderr")}


def __getattr__(name: str) -> Callable[[Sequence[Any]], float]:
    """A metric's corpus aggregation (`hooks.f1_macro`) or its bootstrap standard error (`hooks.f1_macro_stderr`)."""
    metric = METRICS.get(name.removesuffix("_stderr"))
    if metric is None:
        raise AttributeError(name)

    def aggregation(items: Sequence[Any]) -> float:
        if metric.kind == "labels":
            gold, pred = np.asarray(items).T
            rows = classification.row_confusion(gold, pred, len(LABELS))
        else:
            rows = np.asarray(items)
        if name.endswith("_stderr"):
            return bootstrap_stderr(rows, metric.function)
        return float(metric.function(rows.sum(0)))

    aggregation.__name__ = name  # lm-eval writes it into its results file
    return aggregation
