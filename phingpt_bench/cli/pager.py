"""Long texts in the user's pager, as git shows them: on a terminal, where they fill more than a screen."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess

VARIABLE = "PHINGPT_BENCH_PAGER"
LESS = "FRX"  # leave where one screen is enough, let colours through, keep the text on the screen: as git does


def pager() -> list[str] | None:
    """The command of $PHINGPT_BENCH_PAGER, of $PAGER, or less; None without one, for "cat", "" and a dumb terminal."""
    named = os.environ.get(VARIABLE, os.environ.get("PAGER", "less"))
    try:
        command = shlex.split(named)
    except ValueError:  # a quote without its end
        return None
    if not command or command[0] == "cat" or os.environ.get("TERM") == "dumb" or shutil.which(command[0]) is None:
        return None
    return command


def page(text: str, command: list[str]) -> None:
    """Show the text in a pager and wait for its end; one that is left before the end of the text is no error."""
    environment = {**os.environ, "LESS": os.environ.get("LESS", LESS), "LESSCHARSET": "utf-8"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(text.encode("utf-8", "replace"))
            process.stdin.close()
        while process.poll() is None:
            with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is the pager's: it ends a search there
                process.wait()
