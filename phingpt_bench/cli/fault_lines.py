"""Errors as people read them: in their language, and a line instead of a traceback where system, memory or GPU fail."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from phingpt_bench.compat import torch_parts
from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, spoken

WINDOWS_PATH = 260  # characters that Windows takes, unless long paths are enabled
LONGEST, MOST = 2_000, 100  # characters of a line of an error, and lines


def fault_of_the_machine(err: Exception) -> BenchError | None:
    """The error for a file that the system refuses, or for memory that ran out; None for a bug."""
    if isinstance(err, OSError) and err.filename is not None:
        name = os.fsdecode(err.filename) if isinstance(err.filename, str | bytes | os.PathLike) else str(err.filename)
        if sys.platform == "win32" and len(str(Path(name).absolute())) >= WINDOWS_PATH:
            return BenchError(
                "a path of {n} characters is too long for Windows",
                where=name,
                hint="take a shorter folder (--results DIR), or let Windows have long paths",
                n=len(str(Path(name).absolute())),
            )
        return BenchError(err.strerror or str(err), where=name, hint="check that file or folder, or name another")
    if isinstance(err, OSError) and err.errno == errno.ENOSPC:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered has nowhere to go
        return BenchError("no space left where the output goes", hint="write it somewhere else")
    if memory := torch_parts.memory_that_ran_out(err):
        return BenchError(
            sentence("out of GPU memory") if memory == "GPU" else sentence("out of main memory"),
            hint="a smaller batch_size in the suite (--batch-size), or tokens_per_batch and max_tokens in the recipe",
        )
    if fault := torch_parts.gpu_error(err):
        if fault == "kernels":
            return BenchError(
                "this build of torch has no kernels for the GPU",
                hint="'{command}' names the build that has them; or use --device cpu",
                command="phingpt-bench doctor",
            )
        return BenchError(
            "the GPU reports an error: {text}",
            hint="'{command}' tests the device; or use --device cpu",
            text=first_line(err),
            command="phingpt-bench doctor --selftest",
        )
    return None


def reported(err: BenchError) -> str:
    """The error as people read it, in the language in force: short and harmless, whatever a file name contains."""
    from phingpt_bench.text.clean import screened, shortened

    text = spoken(err.message) if err.where is None else f"{spoken(err.where)}: {spoken(err.message)}"
    lines = [say("error: {text}", text=text)]
    if err.hint:
        lines.append(say("hint: {text}", text=spoken(err.hint)))
    shown = [shortened(screened(line), LONGEST) for text in lines for line in text.split("\n")]
    more = [say("... and {n} more lines", n=f"{len(shown) - MOST:,}")] if len(shown) > MOST else []
    return "\n".join([*shown[:MOST], *more])
