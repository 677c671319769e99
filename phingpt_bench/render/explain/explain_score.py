"""How a score comes from its counts, in words and numbers, so that a person can work it out with a calculator."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from phingpt_bench.render.explain.explain_lines import INDENT, Line, below
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.blocks import Grid, folding
from phingpt_bench.text.language import say


def working(metric: str, total: np.ndarray, labels: Sequence[str]) -> list[Line]:
    """The lines from summed counts to the score; the last line ends in "= score".

    total: of the metric's statistic, in the shape of one row. labels: of the task, or its entity types. KeyError for a
    metric without lines of its own.
    """
    total = np.asarray(total)
    score = float(METRICS[metric].function(total))
    return LINES[metric](total, labels, say("undefined") if np.isnan(score) else f"{score:.4f}")


def _table(*heads: str, rows: Sequence[Sequence[object]]) -> Grid:
    """Counts in columns, their names to the left."""
    columns = folding(*heads, right=range(1, len(heads)))
    return Grid(columns, [[str(cell) for cell in row] for row in rows], indent=INDENT)


def _confusion(total: np.ndarray, labels: Sequence[str]) -> Grid:
    counts = [[name, *row] for name, row in zip(labels, total.tolist(), strict=True)]
    return _table(say("gold \\ answered"), *labels, "INVALID", rows=counts)


def _accuracy(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    hits, n = int(np.diagonal(total).sum()), int(total.sum())
    return [_confusion(total, labels), say("Accuracy is right answers over all rows:"), f"{hits} / {n} = {score}"]


def _invalid(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    invalid, n = int(total[:, -1].sum()), int(total.sum())
    text = say("Answers that could not be read over all rows:")
    return [_confusion(total, labels), text, f"{invalid} / {n} = {score}"]


def _f1_macro(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    each, lines = _f1_of_labels(total, labels, total.sum(1))
    mean = f"({' + '.join(f'{value:.4f}' for value in each)}) / {len(each)} = {score}"
    return [_confusion(total, labels), *lines, say("The macro F1 is their plain mean:"), mean]


def _f1_weighted(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    return [_confusion(total, labels), *_weighted(total, labels, total.sum(1), score)]


def _f1_valid(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    text = say("Rows whose answer could not be read are left out:")
    return [_confusion(total, labels), text, *_weighted(total, labels, total[:, :-1].sum(1), score)]


def _f1_of_labels(total: np.ndarray, labels: Sequence[str], gold: np.ndarray) -> tuple[list[float], list[Line]]:
    """The F1 of each label, and the lines that it comes from. gold: how many rows of each label count."""
    each = []
    lines: list[Line] = [say("F1 of a label is 2 x right / (gold + answered):")]
    counts = zip(labels, np.diagonal(total).tolist(), gold.tolist(), total.sum(0).tolist(), strict=False)
    for name, hit, here, there in counts:
        each.append(2 * hit / (here + there) if here + there else 0.0)
        lines.append(below(f"{name}: 2 x {hit} / ({here} + {there}) = {each[-1]:.4f}"))
    return each, lines


def _weighted(total: np.ndarray, labels: Sequence[str], gold: np.ndarray, score: str) -> list[Line]:
    each, lines = _f1_of_labels(total, labels, gold)
    parts = " + ".join(f"{value:.4f} x {weight}" for value, weight in zip(each, gold.tolist(), strict=True))
    text = say("The weighted F1 is their mean, each weighted by the gold rows of its label:")
    return [*lines, text, f"({parts}) / {int(gold.sum())} = {score}"]


def _mcc(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    gold, answered, n, hits = total.sum(1), total.sum(0), int(total.sum()), int(np.diagonal(total).sum())
    both = int((gold * answered[:-1]).sum())
    here, there = int((gold**2).sum()), int((answered**2).sum())
    return [
        _confusion(total, labels),
        say("MCC (R_K of Gorodkin 2004), with sums over the labels and INVALID:"),
        below(say("right answers {hits}, rows {n}, sum of gold x answered {both},", hits=hits, n=n, both=both)),
        below(say("sum of gold squared {here}, sum of answered squared {there};", here=here, there=there)),
        f"({hits} x {n} - {both}) / sqrt(({n}^2 - {there}) x ({n}^2 - {here})) = {score}",
    ]


def _questions(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    lines: list[Line] = [
        say("The weighted F1 of each question (right answers / rows beside it), and their plain mean:")
    ]
    each = []
    for question, counts in enumerate(total, 1):
        if n := int(counts.sum()):
            each.append(float(METRICS["f1_weighted"].function(counts)))
            hits = int(np.diagonal(counts).sum())
            line = say("question {k}: {f1:.4f} ({hits} / {n})", k=question, f1=each[-1], hits=hits, n=n)
            lines.append(below(line))
    return [*lines, f"({' + '.join(f'{value:.4f}' for value in each)}) / {len(each)} = {score}"]


def _by_type(total: np.ndarray, labels: Sequence[str]) -> Grid:
    names = [*labels, say("(unknown type)")]
    shown = [
        [name, *counts] for name, counts in zip(names, total.tolist(), strict=True) if name in labels or any(counts)
    ]
    return _table(say("type"), say("right ones"), say("predicted"), say("gold"), rows=shown)


def _entity_f1_macro(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    each = []
    text = say("F1 of a type is 2 x right / (predicted + gold); the macro F1 is the mean of those that occur:")
    lines: list[Line] = [_by_type(total, labels), text]
    for name, (hit, there, here) in zip(labels, total.tolist(), strict=False):
        if here + there:
            each.append(2 * hit / (there + here))
            lines.append(below(f"{name}: 2 x {hit} / ({there} + {here}) = {each[-1]:.4f}"))
    return [*lines, f"({' + '.join(f'{value:.4f}' for value in each)}) / {max(1, len(each))} = {score}"]


def _spans(total: np.ndarray, labels: Sequence[str], what: str, sum_: str) -> list[Line]:
    text = say("An entity is right where start, end and type are; over all types together,")
    return [_by_type(total, labels), text, what, sum_]


def _entity_f1(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    right, predicted, gold = map(int, total.sum(0))
    sum_ = f"2 x {right} / ({predicted} + {gold}) = {score}"
    return _spans(total, labels, say("F1 is 2 x right / (predicted + gold):"), sum_)


def _entity_precision(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    right, predicted, _gold = map(int, total.sum(0))
    return _spans(total, labels, say("precision is right / predicted:"), f"{right} / {predicted} = {score}")


def _entity_recall(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    right, _predicted, gold = map(int, total.sum(0))
    return _spans(total, labels, say("recall is right / gold:"), f"{right} / {gold} = {score}")


def _partial(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    exact, overlapping, predicted, gold = map(int, total)
    return [
        say("An entity whose place is right counts 1, one that overlaps a gold entity one half:"),
        f"2 x ({exact} + {overlapping} / 2) / ({predicted} + {gold}) = {score}",
    ]


def _typed(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    right, predicted, gold = map(int, total[0])
    return [
        say("An entity is right where it overlaps a gold entity of its type; F1 is 2 x right / (predicted + gold):"),
        f"2 x {right} / ({predicted} + {gold}) = {score}",
    ]


def _flips(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    return _ratio(say("Answers at the opposite pole over rows whose gold label is at a pole:"), total, score)


def _brier(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    text = say("The sum over rows of the squared errors of the label probabilities, over the rows:")
    return _ratio(text, total, score)


def _ratio(what: str, total: np.ndarray, score: str) -> list[Line]:
    over, under = total.tolist()
    return [what, f"{over:.10g} / {under:.10g} = {score}"]


def _bins(total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    shown = [
        [f"{i / len(total):.2f}-{(i + 1) / len(total):.2f}", f"{count:.0f}", f"{right:.0f}", f"{sure:.2f}"]
        for i, (count, right, sure) in enumerate(total.tolist())
        if count
    ]
    off = " + ".join(f"{abs(right - sure):.2f}" for count, right, sure in total.tolist() if count)
    return [
        _table(say("confidence"), say("rows"), say("right ones"), say("sum of confidences"), rows=shown),
        say("ECE is the sum of |right ones - sum of confidences| over the bins, over the rows:"),
        f"({off}) / {total[:, 0].sum():.0f} = {score}",
    ]


def _errors(metric: str, total: np.ndarray, labels: Sequence[str], score: str) -> list[Line]:
    n, gold, squares, squared, absolute, products, predicted = total.tolist()
    lines: dict[str, list[Line]] = {
        "mse": [say("The mean of the squared errors:"), f"{squared:.6f} / {n:.0f} = {score}"],
        "mae": [say("The mean of the absolute errors:"), f"{absolute:.6f} / {n:.0f} = {score}"],
        "r2": [
            say("1 - squared errors / squared deviations of the gold scores from their mean:"),
            f"1 - {squared:.6f} / ({squares:.6f} - {gold:.6f}^2 / {n:.0f}) = {score}",
        ],
        "cosine": [
            say("The sum of gold x predicted over the root of the product of the sums of squares:"),
            f"{products:.6f} / sqrt({squares:.6f} x {predicted:.6f}) = {score}",
        ],
    }
    return lines[metric]


LINES: dict[str, Callable[[np.ndarray, Sequence[str], str], list[Line]]] = {
    "f1_by_question": _questions, "acc": _accuracy, "f1_weighted": _f1_weighted, "f1_macro": _f1_macro, "mcc": _mcc,
    "flip_rate": _flips, "brier": _brier, "ece": _bins, "f1_valid": _f1_valid, "invalid_rate": _invalid,
    "entity_f1": _entity_f1, "entity_precision": _entity_precision, "entity_recall": _entity_recall,
    "entity_f1_macro": _entity_f1_macro, "entity_f1_partial": _partial, "entity_f1_type": _typed,
    **{name: functools.partial(_errors, name) for name in ("r2", "mse", "mae", "cosine")},
}  # fmt: skip
"""From a metric's summed counts, the labels and the score as text to its lines."""
