"""Where a dataset's files come from: explicit path, mirror folder, Hugging Face cache, Hub at a pinned revision.

No dataset scripts and no `trust_remote_code` anywhere: a Hub repository that needs them (the original Financial
PhraseBank) is read through its data file instead.
"""

from __future__ import annotations

import csv
import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.core.files import regular
from phingpt_bench.core.paths import expanded, named_folder, task_folders
from phingpt_bench.core.sentences import sentence
from phingpt_bench.core.within import value_within
from phingpt_bench.data.network import offline_if_unreachable
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.rows import Row, Rows

MIRROR_VARIABLE = "PHINGPT_BENCH_DATA"
DATA = "data"  # the folder of a user's tasks that is laid out like a mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One dataset as published. `files` maps our split names to paths below `folder` in a mirror.

    The suffix of a file gives its format: .parquet, .csv (with a header line; every value is text) or .jsonl. A folder
    given as an absolute path, or with "~", is used without a mirror. hub_id is None if the dataset is not on the Hub.
    """

    folder: str
    files: dict[str, str]
    hub_id: str | None = None
    hub_splits: dict[str, str] = field(default_factory=dict)  # our split name -> the Hub's
    revision: str | None = None  # Hub commit; if None, the digests of the rows pin the content
    hub_zip: tuple[str, str] | None = None  # (zip in the Hub repository, member) for a repository with a script


Take = Callable[[Source, str, Rows], None]
_FILLING: ContextVar[Take | None] = ContextVar("filling", default=None)
_ASKED: ContextVar[str | None] = ContextVar("asked", default=None)


def mirror() -> Path | None:
    """The mirror folder named by $PHINGPT_BENCH_DATA, or None; BenchError if the folder does not exist."""
    return named_folder(MIRROR_VARIABLE, "the data mirror", "one sub-folder per dataset")


def source_of(origin: Origin, files: dict[str, str], **hub: Any) -> Source:
    """The source that a passport's origin names. hub: `hub_splits` or `hub_zip` of Source."""
    return Source(folder=origin.folder, files=files, hub_id=origin.hub, revision=origin.revision, **hub)


def place(source: Source, split: str, path: str | None = None) -> str:
    """The place from which `read_rows` would take the split, for a message: a file, or the Hub dataset."""
    for root in _roots(source, path):
        if (root / source.files[split]).is_file():
            return str(root / source.files[split])
    return f"Hub {source.hub_id} ({source.hub_splits.get(split, split)})"


def read_rows(source: Source, split: str, path: str | None = None) -> list[Row]:
    """The raw rows of one split, in file order.

    path: a folder laid out like the mirror's `source.folder`; it takes precedence over every other place.
    BenchError with every place that was tried if the split is in none of them.
    """
    if split not in source.files:
        raise BenchError(
            "{source} has no split '{split}'",
            hint="splits: {names}",
            source=_name(source),
            split=split,
            names=", ".join(source.files),
        )
    looked = []
    for root in _roots(source, path):
        file = root / source.files[split]
        if file.is_file():
            return read_file(file)
        looked.append(str(file))
        if path:
            raise BenchError("no such data file", where=str(file), hint="the folder must be laid out like the mirror's")
    folder = f"{source.folder}/{source.files[split]}"
    if source.hub_id is None:
        raise BenchError(
            "dataset {source} ({split}) is not in a mirror, and it is not on the Hub",
            where="; ".join(looked) or None,
            hint="set {variable} to a folder that holds {folder}",
            source=_name(source),
            split=split,
            variable=MIRROR_VARIABLE,
            folder=folder,
        )
    # its client logs each retry, which would hide the one line that says what is wrong
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        with offline_if_unreachable():
            found = _hub_zip(source) if source.hub_zip else _hub(source, split)
    # the Hub client raises many kinds of network and cache errors: each means "not available from there"
    except Exception as err:
        looked.append(f"Hub {source.hub_id} ({type(err).__name__})")
    else:
        if filled := _FILLING.get():
            filled(source, split, found)
        return found
    raise BenchError(
        "dataset {hub_id} ({split}) is neither in a mirror, nor in the Hugging Face cache, nor on the Hub",
        where="; ".join(looked),
        hint="set {variable} to a folder that holds {folder}; "
        "with a network, phingpt-bench data pull {name} fetches it",
        hub_id=source.hub_id,
        split=split,
        variable=MIRROR_VARIABLE,
        folder=folder,
        name=_ASKED.get() or source.folder,
    )


def asked_for(dataset: str) -> AbstractContextManager[None]:
    """Within the block rows are read for a dataset of the catalogue, by whose name an error says how to fetch it."""
    return value_within(_ASKED, dataset)


def filling(take: Take) -> AbstractContextManager[None]:
    """Within the block `take(source, split, rows)` gets the rows of every split that comes from the Hub."""
    return value_within(_FILLING, take)


def _name(source: Source) -> str:
    return source.hub_id or source.folder


def _roots(source: Source, path: str | None) -> list[Path]:
    if path:
        return [Path(path)]
    own = expanded(source.folder)
    if own.is_absolute():
        return [own]
    beside = [folder / DATA for folder in task_folders()[1:]]
    return [folder / own for folder in [mirror(), *beside] if folder]


def read_file(file: Path) -> list[Row]:
    """The rows of a .parquet, .csv or .jsonl file; BenchError for another suffix and for an unreadable file."""
    formats = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    if file.suffix not in formats:
        raise BenchError("data files end in {names}", where=str(file), names=", ".join(formats))
    return formats[file.suffix](regular(file))


def _csv(file: Path) -> list[dict[str, object]]:
    """Rows of a file in UTF-8 with a header line; every value is text. A cell that a row lacks is None."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            names = list(reader.fieldnames or ())
            if len(names) == 1 and (other := next((mark for mark in ";\t|" if mark in names[0]), None)):
                raise BenchError(
                    "its cells are separated by '{mark}', not by commas",
                    where=f"{file}:1", hint=_anew(file), mark="\\t" if other == "\t" else other,
                )  # fmt: skip
            rows = []
            for row in reader:
                if None in row:
                    raise BenchError("more cells than the header has names", where=f"{file}:{reader.line_num}")
                rows.append(row)
    except (csv.Error, UnicodeDecodeError, OSError) as err:
        raise BenchError(
            "not readable as CSV in UTF-8 ({reason})", where=str(file), hint=_anew(file), reason=err
        ) from None
    return rows


def _anew(file: Path) -> str:
    """What to do with a file of a spreadsheet program."""
    return sentence("'phingpt-bench init task {file}' reads such a file and writes a task with its rows", file=file)


def _jsonl(file: Path) -> list[dict[str, object]]:
    """One JSON object per line, in UTF-8; blank lines are skipped."""
    rows = []
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    rows.append(json.loads(line))
                    if not isinstance(rows[-1], dict):
                        raise BenchError("not a JSON object", where=f"{file}:{number}")
    except json.JSONDecodeError as err:
        raise BenchError("not readable as JSON ({reason})", where=f"{file}:{number}", reason=err.msg) from None
    except (UnicodeDecodeError, OSError) as err:
        raise BenchError("not readable as JSON lines in UTF-8 ({reason})", where=str(file), reason=err) from None
    return rows


def _parquet(file: Path) -> list[dict[str, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        rows: list[dict[str, object]] = pyarrow.parquet.read_table(file).to_pylist()
    except (pyarrow.ArrowInvalid, OSError) as err:
        raise BenchError("not readable as parquet ({reason})", where=str(file), reason=first_line(err)) from None
    return rows


def _hub(source: Source, split: str) -> list[dict[str, object]]:
    import datasets

    # load_dataset uses the Hugging Face cache if the Hub is not reachable
    table = datasets.load_dataset(source.hub_id, split=source.hub_splits.get(split, split), revision=source.revision)
    rows: list[dict[str, object]] = table.to_list()
    return rows


def _hub_zip(source: Source) -> list[dict[str, object]]:
    """Sentences of a PhraseBank-like text member: Latin-1, `sentence@label`, split at the last "@"."""
    import zipfile

    import huggingface_hub

    assert source.hub_zip is not None and source.hub_id is not None
    archive, member = source.hub_zip
    file = huggingface_hub.hf_hub_download(source.hub_id, archive, repo_type="dataset", revision=source.revision)
    with zipfile.ZipFile(file) as zipped:
        lines = zipped.read(member).decode("latin-1").split("\n")
    pairs = [line.rstrip("\r").rsplit("@", 1) for line in lines if line.strip()]
    return [{"sentence": sentence, "label": label} for sentence, label in pairs]
