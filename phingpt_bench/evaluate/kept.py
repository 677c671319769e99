"""Stores the answers of a loaded model while a run is in progress, so that a killed run can resume.

A task is asked in portions of a fixed number of documents, always the same ones: the documents of one batch influence
the last digits of an answer, so a resumed run has, bit for bit, the answers of an uninterrupted one. A portion is a
line of a file that is deleted when the run is written; a kill loses only the portion in progress.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.jsonio import append_line, kept_lines
from phingpt_bench.cost.meters import Meter
from phingpt_bench.lmeval.lean import Observer

# documents of a portion: the slowest committed cell answered 64 in 50 s. A GPU is slowed down by small portions
SMALL, LARGE, ON_GPU = 64, 16, 512
LARGE_MODEL = 1_000_000_000  # parameters from which a CPU takes seconds a document
FOLDER = "answers"  # below the results; git ignores it, as answers of models may hold dataset text


def portion_of(parameters: int | None, device: str) -> int:
    """The number of documents per portion, which depends only on model and device."""
    if device != "cpu":
        return ON_GPU
    return LARGE if parameters is not None and parameters >= LARGE_MODEL else SMALL


@dataclass(frozen=True, slots=True)
class Portion:
    """Answers in the order of their requests, and what the model counted meanwhile."""

    answers: list[Any]
    seconds: float
    tokens_in: int | None
    tokens_out: int | None
    truncated: int
    cut_answers: int
    skipped: int


class Kept:
    """The answers of one run. used: number of portions that an earlier run had stored."""

    def __init__(self, path: Path, identity: object, documents: int):
        """identity: what else decides the answers, as JSON. documents: number per portion."""
        self.path, self.documents, self.used = path, documents, 0
        self._identity = digest(identity, 32)
        self._known = dict(_read(path))

    def asking(self, lm: Any, ask: Callable[..., Any], meter: Meter, observer: Observer | None) -> Callable[..., Any]:
        """Wraps a model's method `ask`: stored answers are reused, the rest is asked portion by portion."""

        def asked(requests: Sequence[Any], **options: Any) -> list[Any]:
            answers: list[Any] = []
            for portion in portions(requests, self.documents):
                key = digest([self._identity, [list(request.args) for request in portion]], 32)
                known = self._known.get(key)
                if observer is not None:
                    observer.begin(portion)
                if known is None:
                    before = _counted(lm, meter)
                    found = list(ask(portion, **options))
                    self._put(key, found, before, _counted(lm, meter))
                else:
                    self.used += 1
                    found = known.answers
                    _restore(lm, meter, known)
                if observer is not None:
                    observer.finish(found)
                answers += found
            return answers

        return asked

    def done(self) -> None:
        """Deletes the file, after the run is written."""
        self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: other runs are still being made
            self.path.parent.rmdir()

    def _put(self, key: str, answers: list[Any], before: list[float], after: list[float]) -> None:
        spent, *counts = (b - a for a, b in zip(before, after, strict=True))
        append_line(
            self.path,
            {
                "key": key, "answers": [_plain(answer) for answer in answers], "seconds": round(spent, 4),
                "counts": [int(count) for count in counts],
            },
        )  # fmt: skip


def portions(requests: Sequence[Any], documents: int) -> Iterator[list[Any]]:
    """The requests in order, in groups of so many documents; those of one document stay together."""
    groups = [list(group) for _, group in groupby(requests, key=lambda request: (request.task_name, request.doc_id))]
    for at in range(0, len(groups), documents):
        yield [request for group in groups[at : at + documents] for request in group]


def _counted(lm: Any, meter: Meter) -> list[float]:
    meter.book()
    return [
        meter.seconds.get("evaluate", 0.0), meter.tokens_in or 0, meter.tokens_out or 0,
        getattr(lm, "truncated", 0), getattr(lm, "cut_answers", 0), getattr(lm, "skipped", 0),
    ]  # fmt: skip


def _restore(lm: Any, meter: Meter, known: Portion) -> None:
    """Book the cost of a stored portion, so that the ledger of a resumed run covers all of the work."""
    meter.seconds["evaluate"] = meter.seconds.get("evaluate", 0.0) + known.seconds
    meter.joules = None  # they were those of another process
    meter.count(tokens_in=known.tokens_in or None, tokens_out=known.tokens_out or None)
    lm.truncated += known.truncated
    lm.cut_answers += known.cut_answers
    lm.skipped += known.skipped


def _plain(answer: Any) -> Any:
    """An answer as JSON values; a log-likelihood is text, since JSON has no infinity."""
    if isinstance(answer, str):
        return answer
    likelihood, greedy = answer
    return [repr(float(likelihood)), bool(greedy)]


def _read(path: Path) -> Iterator[tuple[str, Portion]]:
    """The portions of a file, without incomplete and invalid lines."""
    for line in kept_lines(path):
        try:
            answers = [own if isinstance(own, str) else (float(own[0]), bool(own[1])) for own in line["answers"]]
            yield str(line["key"]), Portion(answers, float(line["seconds"]), *map(int, line["counts"]))
        except (ValueError, KeyError, TypeError, IndexError):
            continue
