"""Floor models that learn: TF-IDF with logistic regression for labels, a linear-chain CRF for entities.

Their one setting is chosen on the validation split, from a fixed grid, by models fitted on the training split; the
model that answers is then fitted on both, which are the rows that the shipped recipes train on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from phingpt_bench.core.errors import BenchError
from phingpt_bench.harness import hooks, manager
from phingpt_bench.harness.baselines import Doc, FloorLM
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.spans import Span, format_entities

LOWEST = -100.0  # log-probability in place of minus infinity, which would be read as INVALID
# A token is a run of letters and digits, or one other character that is no white space: so fine that no entity of our
# datasets begins or ends within a token.
TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")


class TfidfLM(FloorLM):
    """Word 1-2-grams and character 2-5-grams within words, TF-IDF, balanced logistic regression.

    C is the first of GRID with the highest weighted F1 on the validation split (`chosen` holds it by task).
    """

    GRID = (1.0, 3.0, 10.0, 30.0, 100.0)

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self._models: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import f1_score
        from sklearn.pipeline import make_pipeline, make_union

        def columns(docs: Sequence[Doc]) -> tuple[list[str], list[int]]:
            return [doc["text"] for doc in docs], [manager.gold_index(task, doc) for doc in docs]

        def vectors() -> Any:
            return make_union(
                TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
                TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
            )

        def regression(c: float) -> Any:
            return LogisticRegression(C=c, class_weight="balanced", max_iter=2000)

        train, validation = _splits(task)
        (texts, labels), (held_out, right) = columns(train), columns(validation)
        features = vectors()
        x_train, x_validation = features.fit_transform(texts), features.transform(held_out)
        scores = {}
        for c in self.GRID:
            predicted = regression(c).fit(x_train, labels).predict(x_validation)
            scores[c] = float(f1_score(right, predicted, average="weighted", zero_division=0))
        c = max(scores, key=lambda c: scores[c])  # the first of the best
        self.chosen[task.config.task] = {"C": c, "validation": scores[c]}
        model = make_pipeline(vectors(), regression(c))
        self._models[task.config.task] = model.fit(texts + held_out, labels + right)

    def label_scores(self, task: Any, doc: Doc) -> Sequence[float]:
        model = self._models[task.config.task]
        scores = np.full(len(task.doc_to_choice(doc)), LOWEST)  # a label without training rows keeps the lowest
        scores[model.classes_] = np.maximum(model.predict_log_proba([doc["text"]])[0], LOWEST)
        return scores.tolist()


class CrfLM(FloorLM):
    """A linear-chain CRF (crfsuite, L-BFGS) over the usual token features, answering in the task's own format.

    c1 and c2, the weights of the L1 and L2 penalties, are the first pair of GRID with the highest entity F1 on the
    validation split, scored as answers are (`chosen` holds them by task).
    """

    GRID = tuple(product((0.01, 0.1), (0.01, 0.1)))
    ITERATIONS = 100

    def __init__(self) -> None:
        super().__init__()
        self.chosen: dict[str, dict[str, float]] = {}
        self._models: dict[str, Any] = {}

    def learn(self, task: Any) -> None:
        import sklearn_crfsuite

        def fitted(docs: Sequence[Doc], c1: float, c2: float) -> Any:
            model = sklearn_crfsuite.CRF(
                algorithm="lbfgs", c1=c1, c2=c2, max_iterations=self.ITERATIONS, all_possible_transitions=True
            )
            return model.fit([features(d["text"]) for d in docs], [tags(d["text"], hooks.gold_spans(d)) for d in docs])

        train, validation = _splits(task)
        scores = {}
        for setting in self.GRID:
            model = fitted(train, *setting)
            counts = [hooks.read_spans(doc, _answer(model, doc["text"]))[0] for doc in validation]
            # nan where nothing is gold and nothing found: no setting is better than another then
            scores[setting] = float(np.nan_to_num(METRICS["entity_f1"].function(np.asarray(counts).sum(0))))
        c1, c2 = max(scores, key=lambda setting: scores[setting])  # the first of the best
        self.chosen[task.config.task] = {"c1": c1, "c2": c2, "validation": scores[c1, c2]}
        self._models[task.config.task] = fitted(train + validation, c1, c2)

    def answer(self, task: Any, doc: Doc) -> str:
        return _answer(self._models[task.config.task], doc["text"])


def _splits(task: Any) -> tuple[list[Doc], list[Doc]]:
    train, validation = list(task.training_docs() or ()), list(task.validation_docs() or ())
    if not train or not validation:
        raise BenchError(f"task '{task.config.task}' needs training and validation rows for a learnt floor model")
    return train, validation


def _answer(model: Any, text: str) -> str:
    """The entities that a CRF finds, in the task's answer format."""
    predicted = model.predict_single(features(text)) if TOKEN.search(text) else []
    return format_entities(text, spans(text, predicted))


def tags(text: str, entities: Iterable[Span]) -> list[str]:
    """A BIO tag per token; a token belongs to the entity that it overlaps."""
    result = []
    entities, before = sorted(entities), None
    for token in TOKEN.finditer(text):
        inside = next((span for span in entities if span.start < token.end() and token.start() < span.end), None)
        result.append("O" if inside is None else f"{'I' if inside == before else 'B'}-{inside.type}")
        before = inside
    return result


def spans(text: str, predicted: Iterable[str]) -> Iterator[Span]:
    """The entities of BIO tags; an I- tag that continues nothing, or another type, opens one."""
    open_: Span | None = None
    for token, tag in zip(TOKEN.finditer(text), predicted, strict=True):
        prefix, _, kind = tag.partition("-")
        if open_ is not None and prefix == "I" and kind == open_.type:
            open_ = open_._replace(end=token.end())
            continue
        if open_ is not None:
            yield open_
        open_ = None if prefix == "O" else Span(token.start(), token.end(), kind)
    if open_ is not None:
        yield open_


def features(text: str) -> list[dict[str, Any]]:
    """The features of each token: the word, its affixes, shape and casing, and those of two neighbours on each side."""
    tokens = list(TOKEN.finditer(text))
    own = []
    for token in tokens:
        word = token.group()
        own.append(
            {
                "word": word,
                "lower": word.lower(),
                "shape": _shape(word),
                "short": re.sub(r"(.)\1+", r"\1", _shape(word)),
                "upper": word.isupper(),
                "title": word.istitle(),
                "digit": word.isdigit(),
                "glued": token.start() > 0 and not text[token.start() - 1].isspace(),
                **{f"prefix{n}": word[:n].lower() for n in (1, 2, 3, 4) if len(word) >= n},
                **{f"suffix{n}": word[-n:].lower() for n in (1, 2, 3, 4) if len(word) >= n},
            }
        )
    result = []
    for at, mine in enumerate(own):
        row: dict[str, Any] = {"bias": True, **mine}
        for offset in (-2, -1, 1, 2):
            if 0 <= at + offset < len(own):
                row |= {f"{offset:+}:{name}": own[at + offset][name] for name in ("lower", "short", "title", "upper")}
            elif abs(offset) == 1:
                row["first" if offset < 0 else "last"] = True
        for first, second in ((-1, 0), (0, 1)):
            if at + first >= 0 and at + second < len(own):
                row[f"pair{first}"] = f"{own[at + first]['lower']} {own[at + second]['lower']}"
        result.append(row)
    return result


def _shape(word: str) -> str:
    """Capitals as X, other letters as x, digits as 9, the rest as it is."""
    return "".join("X" if c.isupper() else "x" if c.isalpha() else "9" if c.isdigit() else c for c in word)
