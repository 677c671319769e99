"""The baseline for entities: a linear-chain CRF over token features."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np

from phingpt_bench.floors.learnt import LearntLM
from phingpt_bench.lmeval.documents import Doc
from phingpt_bench.scoring import ner
from phingpt_bench.scoring.answered import gold_spans
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.formats import answer_format
from phingpt_bench.scoring.metrics import METRICS

# A token is a run of letters and digits, or one other character that is not white space: fine enough that no entity of
# our datasets begins or ends within a token.
TOKEN = re.compile(r"[^\W_]+|[^\w\s]|_")


class CrfLM(LearntLM):
    """A linear-chain CRF (crfsuite, L-BFGS) over the usual token features, answering in the task's own format.

    c1 and c2, the weights of the L1 and L2 penalties, are chosen by the strict entity F1.
    """

    GRID = tuple(product((0.01, 0.1), (0.01, 0.1)))
    ITERATIONS = 100

    def trial(self, task: Any, train: Sequence[Doc], validation: Sequence[Doc]) -> Callable[[Any], float]:
        """Entity F1, computed as for answers."""

        def score(setting: tuple[float, float]) -> float:
            model = self.fitted(task, train, setting)
            counts = [_counts(doc, found_by(model, doc["text"])) for doc in validation]
            # NaN without gold and predicted entities: all settings are then equal
            return float(np.nan_to_num(METRICS["entity_f1"].function(np.asarray(counts).sum(0))))

        return score

    def named(self, setting: tuple[float, float]) -> dict[str, float]:
        """c1 and c2."""
        return {"c1": setting[0], "c2": setting[1]}

    def fitted(self, task: Any, docs: Sequence[Doc], setting: tuple[float, float]) -> Any:
        """The CRF for a pair of penalties."""
        import sklearn_crfsuite

        c1, c2 = setting
        model = sklearn_crfsuite.CRF(
            algorithm="lbfgs", c1=c1, c2=c2, max_iterations=self.ITERATIONS, all_possible_transitions=True
        )
        return model.fit([features(d["text"]) for d in docs], [tags(d["text"], gold_spans(d)) for d in docs])

    def answer(self, task: Any, doc: Doc) -> str:
        """The predicted entities, in the document's answer format."""
        found = found_by(self.models[task.config.task], doc["text"])
        return answer_format(doc["format"]).write(doc["text"], found, doc["labels"])


def found_by(model: Any, text: str) -> list[Span]:
    """The entities that a fitted CRF predicts."""
    return list(spans(text, model.predict_single(features(text)) if TOKEN.search(text) else []))


def _counts(doc: Doc, found: Sequence[Span]) -> list[list[int]]:
    return ner.strict_counts(gold_spans(doc), Parsed(sorted(found), []), doc["labels"])


def tags(text: str, entities: Iterable[Span]) -> list[str]:
    """One BIO tag per token; a token belongs to the entity that it overlaps."""
    result = []
    entities, before = sorted(entities), None
    for token in TOKEN.finditer(text):
        inside = next((span for span in entities if span.start < token.end() and token.start() < span.end), None)
        result.append("O" if inside is None else f"{'I' if inside == before else 'B'}-{inside.type}")
        before = inside
    return result


def spans(text: str, predicted: Iterable[str]) -> Iterator[Span]:
    """The entities of BIO tags; an I- tag without an open entity of its type starts a new one."""
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


def features(text: str) -> list[dict[str, object]]:
    """The features of each token: word, affixes, shape and casing, of the token and two neighbours on each side."""
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
        row: dict[str, object] = {"bias": True, **mine}
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
    """Capitals as X, other letters as x, digits as 9, the rest unchanged."""
    return "".join("X" if c.isupper() else "x" if c.isalpha() else "9" if c.isdigit() else c for c in word)
