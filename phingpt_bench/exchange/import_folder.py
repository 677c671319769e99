"""The results of other programs in a folder as run records, and what could not become one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from phingpt_bench.core.errors import BenchError, meant_path
from phingpt_bench.core.jsonio import read_json
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.exchange import lmeval_import, log_import
from phingpt_bench.exchange.imported import Found, Skipped
from phingpt_bench.exchange.lmeval_folder import results_file
from phingpt_bench.lmeval.taskfiles import TaskFiles, read_tasks
from phingpt_bench.rescore.logs import as_written


def found_below(place: Path, task: str | None, suite: str) -> Iterator[Found | Skipped]:
    """What the files in and below a folder (or one file) hold, ordered by path; other files are skipped silently.

    task: which task the rows of a log of Inspect or HELM belong to; of lm-eval's results it names the one to take.
    BenchError if there is no such place, and for a `task` that is not known.
    """
    if not place.exists():
        raise BenchError("no such folder or file", where=str(place), hint=meant_path(place))
    files = read_tasks()
    if task is not None:
        log_import.written_form(task, files)
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        if path.suffix in (".json", ".eval") and path.is_file():
            yield from _of_file(path, task, files, suite)


def _of_file(path: Path, task: str | None, files: TaskFiles, suite: str) -> Iterator[Found | Skipped]:
    try:
        with as_written(str(path)):
            results = results_file(path) if path.suffix == ".json" else None
            log = log_import.log_of(path) if results is None else None
    except BenchError as err:
        yield Skipped(what=str(path), why=err.message)
        return
    if results is not None:
        for name in results.tasks:
            if task in (None, name):
                try:
                    with as_written(str(path)):
                        found = lmeval_import.found_in(results, name, files, suite)
                    yield found
                except BenchError as err:
                    yield Skipped(what=f"{path}, {name}", why=_line(err, path))
    elif log is not None:
        try:
            with as_written(str(path)):
                found = log_import.found_in(path, log, task, files, suite)
            yield found
        except BenchError as err:
            yield Skipped(what=str(path), why=_line(err, path))
    elif path.suffix == ".json" and path.name == "results.json" and _scores_alone(path):
        yield Skipped(
            what=str(path), why=sentence("scores without rows (as unsloth writes them): nothing could be tested")
        )


def _scores_alone(path: Path) -> bool:
    content = read_json(path)
    return isinstance(content, dict) and isinstance(content.get("results"), dict)


def _line(err: BenchError, path: Path) -> str:
    text = sentence("{message} ({hint})", message=err.message, hint=err.hint) if err.hint else err.message
    return joined((err.where, text), ": ") if err.where and err.where != str(path) else text
