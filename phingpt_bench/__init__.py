"""phingpt-bench: base versus QLoRA on financial sentiment and NER, a plug-in of lm-evaluation-harness.

`import phingpt_bench as pb` has the functions of phingpt_bench.api: pb.tasks(), pb.load_results(), pb.board(),
pb.compare(), pb.score(), pb.plan(), pb.evaluate(), pb.train(). They are loaded when they are first used.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phingpt_bench.api import (
        BenchError,
        Comparisons,
        Leaderboard,
        Plan,
        Results,
        Score,
        TaskInfo,
        Tasks,
        Trained,
        board,
        compare,
        evaluate,
        load_results,
        plan,
        score,
        tasks,
        train,
    )

__version__ = "0.1.0"
__all__ = [
    "BenchError",
    "Comparisons",
    "Leaderboard",
    "Plan",
    "Results",
    "Score",
    "TaskInfo",
    "Tasks",
    "Trained",
    "board",
    "compare",
    "evaluate",
    "load_results",
    "plan",
    "score",
    "tasks",
    "train",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("phingpt_bench.api"), name)
    raise AttributeError(f"module 'phingpt_bench' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """The rooms board, evaluate and train have the names of functions: the names mean the functions.

    Importing a module of a room would set the package's attribute to the room. `from phingpt_bench.board.rows import
    build` does not need that attribute.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name not in __all__ or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
