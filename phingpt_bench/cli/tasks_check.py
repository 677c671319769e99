"""`tasks stamp` and `tasks validate`: numbers for a new passport, the lock of the prompts, checks of task files."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.cli.tokenizers import tokenizer
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import share
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.numbers import things


def stamp(file: Path | None, data: str | None, templates: bool) -> int:
    """Print the counted part of a passport; with `templates`, write the lock of a folder's prompts."""
    if templates:
        from phingpt_bench.lmeval.templates import LOCK, write_lock

        folder = file or share("tasks")
        if not folder.is_dir():
            raise BenchError(sentence("--templates wants a folder of task files"), where=str(folder))
        print(f"{folder / LOCK}: {things(write_lock(folder), 'task')}")
        return 0
    if file is None:
        raise BenchError(
            sentence("the passport is missing"), hint=sentence("phingpt-bench tasks stamp my_tasks/passports/mine.yaml")
        )
    from phingpt_bench.data import stamp as stamps

    print(stamps.as_yaml(stamps.stamp(file, data)), end="")
    return 0


def validate(path: Path | None, names: list[str], model: str | None) -> int:
    """Print one line per check; returns 0, or 2 if one failed."""
    from phingpt_bench.lmeval.validate import validate as checked

    counts = {True: 0, False: 0, None: 0}
    known, reason = tokenizer(model)
    if known is None:
        print(f"tokens are not checked: {reason}")
    for check in checked(path, names, known):
        counts[check.ok] += 1
        word = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        print(f"{word}  {check.task}  {check.name}: {check.detail}", flush=True)
    failed = f"{counts[False]} failed" if counts[False] else "none failed"
    print(f"{things(sum(counts.values()), 'check')}: {failed}, {counts[None]} not checked")
    return 2 if counts[False] else 0
