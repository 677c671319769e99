"""The Python API, which `import phingpt_bench as pb` offers as pb.tasks(), pb.board(...) and so on.

Each function means what the verb of the command line means. It returns typed values that a notebook shows as a table,
`print` as text, and `to_frame()` as a pandas DataFrame. Bad input raises `BenchError`. Nothing is printed.
"""

from phingpt_bench.api.boards import Leaderboard, board
from phingpt_bench.api.comparing import Comparisons, compare
from phingpt_bench.api.results import Results, load_results
from phingpt_bench.api.scoring import Score, score
from phingpt_bench.api.task_infos import TaskInfo, Tasks, tasks
from phingpt_bench.api.work import Plan, Trained, evaluate, plan, train
from phingpt_bench.core.errors import BenchError

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
