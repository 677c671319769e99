"""lm-eval without what we do not need of it: its bars, its log lines, its look around the machine after every task."""

from __future__ import annotations

import contextlib
import functools
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from phingpt_bench.lmeval import manager

REQUESTS = ("loglikelihood", "generate_until")
Block = Callable[[], contextlib.AbstractContextManager[None]]


class Follower(Protocol):
    """Who wants to see the requests before the model is asked, and the answers after."""

    def begin(self, requests: Sequence[Any]) -> None: ...
    def finish(self, answers: Sequence[Any]) -> None: ...


@contextlib.contextmanager
def lean(model: Any, answering: Block, follower: Follower | None = None) -> Iterator[None]:
    """Within the block lm-eval is silent, and each batch of requests to `model` runs inside an `answering()` block.

    So the time of the model's answers can be told from that of rendering prompts and scoring. lm-eval also collects
    software versions by starting programs, 0.6 to 3 s a task, and looks for the model on the Hub, for parts of its
    results that our records do not use.
    """
    from lm_eval import evaluator
    from lm_eval.api import task

    bar, environment, commit = task.tqdm, evaluator.add_env_info, evaluator.get_git_commit_hash
    task.tqdm = functools.partial(bar, disable=True)
    evaluator.add_env_info = lambda results: None
    evaluator.get_git_commit_hash = lambda: None
    model.get_model_info = dict
    for kind in REQUESTS:
        setattr(model, kind, _inside(answering, getattr(model, kind), follower))
    datasets_log = logging.getLogger("datasets")
    level = datasets_log.level
    datasets_log.setLevel(logging.ERROR)
    try:
        with manager.quiet():
            yield
    finally:
        datasets_log.setLevel(level)
        task.tqdm, evaluator.add_env_info, evaluator.get_git_commit_hash = bar, environment, commit
        for kind in ("get_model_info", *REQUESTS):
            delattr(model, kind)


def _inside(block: Block, ask: Callable[..., Any], follower: Follower | None) -> Callable[..., Any]:
    def asked(requests: Any) -> Any:
        if follower is not None:
            follower.begin(requests)
        with block():
            answers = ask(requests, disable_tqdm=True)
        if follower is not None:
            follower.finish(answers)
        return answers

    return asked
