"""python fork_server.py: runs commands in forks of one process that has torch imported already, and kills them.

A line of JSON on standard input is an attempt, a line on standard output its end. A fresh process would take longer to
import than a tiny model takes for a whole suite. `kill` is null, {"event": N} for the N-th change of a file below
`root` (made, opened for writing, renamed, deleted), or {"seconds": S}.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.link", "os.symlink"}


class Changes:
    """Counts the changes of files below a folder, and kills this process before the one that it is given."""

    def __init__(self, root: str, last: int | None):
        self.root, self.last, self.seen = root, last, 0

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open":
            changing = isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            changing = event in CHANGES
        if not changing or not isinstance(args[0], str | bytes | os.PathLike):
            return
        if os.path.realpath(os.fsdecode(args[0])).startswith(self.root):
            self.seen += 1
            if self.seen == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def attempt(asked: dict[str, Any]) -> int:
    """The commands of an attempt, in this process; the first exit code that is not 0."""
    from phingpt_bench.cli.main import main
    from phingpt_bench.core import at_work, workplace
    from phingpt_bench.evaluate import kept
    from phingpt_bench.models import embedded

    os.chdir(asked["cwd"])
    os.environ["PHINGPT_BENCH_CACHE"] = asked["cache"]
    output = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    kept.SMALL = 4  # documents of a portion, so that a kill can come between two
    workplace.OLD = 0.0  # seconds, as if a minute had passed since the kill
    at_work.PLACE = Path(asked["log"] + ".at-work")  # the board names neighbours, such as tests beside this one
    embedded._installed = lambda name, ending: Path(asked["gguf"])
    embedded.file_digest = lambda path, length: embedded.SMOLLM2.sha256  # as if it were the one that was tried
    kill = asked["kill"] or {}
    changes = Changes(asked["root"], kill.get("event"))
    sys.addaudithook(changes)
    status = 0
    for command in asked["commands"]:
        status = main(command)
        if status:
            break
    Path(asked["log"] + ".events").write_text(str(changes.seen))
    return status


def served(asked: dict[str, Any]) -> dict[str, Any]:
    """One attempt in a fork: its exit code, below 0 the signal that ended it, and its seconds."""
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 70
        try:
            status = attempt(asked)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    after = (asked["kill"] or {}).get("seconds")
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if after is not None and time.monotonic() - begun >= after:
            os.kill(child, signal.SIGKILL)
            after = None
        time.sleep(0.005)
    return {"status": os.waitstatus_to_exitcode(status), "seconds": time.monotonic() - begun}


def preload() -> None:
    """Import what the commands would import one by one. Nothing is computed: torch's threads do not survive a fork."""

    import phingpt_bench.api.work
    import phingpt_bench.engine.lm
    import phingpt_bench.evaluate.run
    import phingpt_bench.render.board.reproduced
    import phingpt_bench.train.trainer  # noqa: F401


if __name__ == "__main__":
    preload()
    for line in sys.stdin:
        print(json.dumps(served(json.loads(line))), flush=True)
