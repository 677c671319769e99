"""The baselines of each kind of task; a new baseline is listed here."""

from __future__ import annotations

from collections.abc import Callable

from phingpt_bench.core.errors import BenchError
from phingpt_bench.floors.trivial import MajorityLM, RandomLM
from phingpt_bench.lmeval.documents import DocumentLM


def floor_models(kind: str, seed: int = 0) -> dict[str, Callable[[], DocumentLM]]:
    """The floor models of a task kind (labels, spans, scores) by name, as functions without arguments.

    Those with a lexicon know the labels of sentiment only (`lexicon.knows`).
    seed: for the baselines that draw at random.
    """
    from phingpt_bench.floors.classical import MeanLM, RidgeLM, TfidfLM
    from phingpt_bench.floors.crf import CrfLM
    from phingpt_bench.floors.ruled import LexiconLM, TfidfLexiconLM

    if kind == "labels":
        return {
            "majority": MajorityLM, "random": lambda: RandomLM(seed), "lexicon": LexiconLM, "tfidf-lr": TfidfLM,
            "tfidf-lexicon": TfidfLexiconLM,
        }  # fmt: skip
    if kind == "spans":
        return {"crf": CrfLM}
    if kind == "scores":
        return {"mean": MeanLM, "tfidf-ridge": RidgeLM}
    raise BenchError("no floor models for tasks of kind '{kind}'", hint="known kinds: labels, spans, scores", kind=kind)
