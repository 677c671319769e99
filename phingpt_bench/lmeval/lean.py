"""lm-eval's evaluation without its progress bars, its log lines and its scan of the machine after every task."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from phingpt_bench.compat import lm_eval_parts
from phingpt_bench.lmeval import manager

REQUESTS = ("loglikelihood", "generate_until")
Block = Callable[[], contextlib.AbstractContextManager[None]]


class Observer(Protocol):
    """Sees the requests before the model runs, and the answers afterwards."""

    def begin(self, requests: Sequence[Any]) -> None:
        """Take the requests (lm-eval's Instances) before the model runs."""

    def finish(self, answers: Sequence[Any]) -> None:
        """Take the answers to them, in their order."""


@contextlib.contextmanager
def lean(model: Any, answering: Block, observer: Observer | None = None) -> Iterator[None]:
    """Within the block lm-eval is silent, and each batch of requests to `model` runs inside an `answering()` block.

    So the time of the model's answers can be separated from that of rendering prompts and scoring. lm-eval also
    collects software versions by starting programs and looks for the model on the Hub, for parts of its results that
    our records do not use: neither is done here.
    """
    model.get_model_info = dict
    for kind in REQUESTS:
        setattr(model, kind, _inside(answering, getattr(model, kind), observer))
    try:
        with lm_eval_parts.no_progress_bars(), lm_eval_parts.no_environment_scan(), manager.quiet("datasets"):
            yield
    finally:
        for kind in ("get_model_info", *REQUESTS):
            delattr(model, kind)


def _inside(block: Block, ask: Callable[..., Any], observer: Observer | None) -> Callable[..., Any]:
    """A model's method `ask`, run inside a block, with the observer before and after it."""

    def asked(requests: Any) -> Any:
        if observer is not None:
            observer.begin(requests)
        with block():
            answers = ask(requests, disable_tqdm=True)
        if observer is not None:
            observer.finish(answers)
        return answers

    return asked
