"""`tasks stamp` and `tasks validate`: numbers for a new passport, the lock of the prompts, checks of task files."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.cli.output import line, write_out
from phingpt_bench.cli.tokenizers import tokenizer
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.text.clean import shortened
from phingpt_bench.text.language import say, say_n, spoken

LONGEST = 2_000  # characters of what a check says


def stamp(file: Path | None, *, templates: bool) -> int:
    """Print the counted part of a passport; with `templates`, write the lock of a folder's prompts."""
    if templates:
        from phingpt_bench.lmeval.templates import LOCK, write_lock

        folder = file or share("tasks")
        if not folder.is_dir():
            raise BenchError("--templates wants a folder of task files", where=str(folder))
        tasks = say_n("{n:,} task", "{n:,} tasks", write_lock(folder))
        line(f"{folder / LOCK}: {tasks}")
        return 0
    if file is None:
        raise BenchError("the passport is missing", hint="phingpt-bench tasks stamp my_tasks/passports/mine.yaml")
    from phingpt_bench.data import stamp as stamps

    write_out(stamps.as_yaml(stamps.stamp(file)))
    return 0


def validate(path: Path | None, names: list[str], model: str | None, *, trusted: bool) -> int:
    """Print one line per check; returns 0, or 2 if one failed."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.lmeval.validate import validate as checked

    silence_libraries()
    counts = {True: 0, False: 0, None: 0}
    known, reason = tokenizer(model)
    if known is None:
        line(say("tokens are not checked: {reason}", reason=reason))
    for check in checked(path, names, known, trusted=trusted):
        counts[check.ok] += 1
        word = {True: say("ok"), False: say("FAIL"), None: "--"}[check.ok]
        line(shortened(f"{word:<4}  {spoken(check.task)}  {spoken(check.name)}: {spoken(check.detail)}", LONGEST))
    total = say_n("{n:,} check", "{n:,} checks", sum(counts.values()))
    failed = say("{n} failed", n=counts[False]) if counts[False] else say("none failed")
    line(say("{checks}: {failed}, {n} not checked", checks=total, failed=failed, n=counts[None]))
    return 2 if counts[False] else 0
