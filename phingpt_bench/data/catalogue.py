"""The datasets of the tasks: rows in one shape, splits by an explicit rule, contents pinned by digests.

Each is described by a passport (data/passport.py) and read by a reader (data/readers). Rows of a labels dataset:
{"id", "text", "label"}; of a spans dataset: {"id", "text", "entities": [{"start", "end", "type"}]} with character
offsets, in text order; of a scores dataset: {"id", "text", "score"}. `id` is the SHA-256 prefix of the text (with "-2",
"-3" ... for repeated texts), so it identifies the row without its text.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core import config
from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.paths import task_folders
from phingpt_bench.core.sentences import sentence
from phingpt_bench.data.passport import Passport
from phingpt_bench.data.readers import BUILT_ON, DATASETS, reader
from phingpt_bench.data.rows import Rows, Splits
from phingpt_bench.data.sources import asked_for

PASSPORTS = "passports"  # the folder next to the task files
COUNTED = ("rows", "ids", "digests", "counts")  # the part of a passport that `tasks stamp` prints


def names() -> list[str]:
    """Every dataset of the catalogue."""
    return sorted(_files())


def dataset(name: str) -> Passport:
    """The passport of a dataset; BenchError with the nearest name, or with file and line of a mistake in it."""
    files = _files()
    if name not in files:
        raise unknown(sentence("dataset"), name, files)
    return _passport(files[name], files[name].stat().st_mtime_ns)


def readable() -> tuple[dict[str, Passport], dict[str, BenchError]]:
    """(passports, errors of unreadable ones), both by dataset: one broken file must not hide the others."""
    passports: dict[str, Passport] = {}
    errors: dict[str, BenchError] = {}
    for name in names():
        try:
            passports[name] = dataset(name)
        except BenchError as err:
            errors[name] = err
    return passports, errors


@dataclass(frozen=True, slots=True)
class Rights:
    """What a board shows about a protocol's rows: languages, licence of the data, and `Passport.documents`."""

    languages: tuple[str, ...]
    licence: str
    documents: int | None = None


def rights() -> dict[str, Rights]:
    """Languages, licence and documents by protocol, for all passports. An unreadable passport is skipped."""
    return {
        passport.protocol: Rights(tuple(languages_of(passport.language)), passport.licence, passport.documents)
        for passport in readable()[0].values()
    }


def languages_of(text: str) -> list[str]:
    """The codes in a passport's `language`: the demonstration corpus is "en and es"."""
    return [word.lower() for word in re.findall(r"\w+", text) if word != "and"]


def read_passport(file: Path) -> Passport:
    """The passport in a file, all its fields checked; BenchError with file and line of each mistake."""
    try:
        passport = config.load(file, Passport)
    except BenchError as err:
        twice = any(f"key '{key}' is given twice" in err.message for key in COUNTED)
        hint = (
            sentence("stamped twice? delete the older block ({names})", names=", ".join(COUNTED)) if twice else err.hint
        )
        raise BenchError(err.message, where=err.where, hint=hint) from None
    if passport.name != file.stem:
        raise BenchError(
            "its name is '{name}', and its file is {file}", where=str(file), name=passport.name, file=file.name
        )
    return passport


def load(name: str, path: str | None = None) -> Splits:
    """All splits of a dataset, ids added, contents checked against the digests of the passport.

    path: a user's folder, laid out like the mirror's folder of this dataset (see data/sources.py).
    BenchError if rows are missing, added, changed or in another order: such rows would be another protocol.
    """
    passport = dataset(name)
    splits = read(passport, path)
    for split, rows in splits.items():
        found = len(rows), content_digest(rows)
        expected = passport.rows.get(split), passport.digests.get(split)
        if found != expected:
            raise BenchError(
                "{name} {split}: {rows} rows with digest {digest}, expected {wanted} with "
                "{wanted_digest}: not the rows of protocol {protocol}",
                hint="get the dataset from its source again; scores on other rows are not comparable",
                name=name,
                split=split,
                rows=found[0],
                digest=found[1],
                wanted=expected[0],
                wanted_digest=expected[1],
                protocol=passport.protocol,
            )
    return splits


def read(passport: Passport, path: str | None = None) -> Splits:
    """The splits as the passport's reader gives them, ids added, contents not checked."""
    options = _options(passport)
    read_by = reader(passport.reader)
    needed = [
        name
        for name, taken in list(inspect.signature(read_by).parameters.items())[2:]  # after the origin and the path
        if taken.default is taken.empty and taken.kind is taken.KEYWORD_ONLY
    ]
    for name in needed:
        if name not in options:
            raise BenchError(
                "the option '{option}' of the reader '{reader}' is missing",
                where=sentence("options of {folder}", folder=passport.name),
                option=name,
                reader=passport.reader,
            )
    try:
        with asked_for(passport.name):
            raw = read_by(passport.origin, path, **options)
    except (KeyError, IndexError, ValueError, TypeError) as err:
        raise BenchError(
            "dataset {name} has other columns or codes than its source ({type}: {reason})",
            hint="get the dataset from its source again",
            name=passport.name,
            type=type(err).__name__,
            reason=err,
        ) from None
    return {split: with_ids(rows) for split, rows in raw.items()}


def _options(passport: Passport) -> dict[str, object]:
    """The options of a reader, with names of datasets and readers resolved. BenchError for an unknown one."""
    options = dict(passport.options)
    for name in options.keys() & DATASETS.get(passport.reader, ()):
        if options[name] == passport.name:
            raise BenchError("dataset {name} is made from itself (option '{option}')", name=passport.name, option=name)
        options[name] = load(str(options[name]))
    for name in options.keys() & BUILT_ON.get(passport.reader, ()):
        options[name] = reader(str(options[name]))
    return options


def content_digest(rows: Rows) -> str:
    """The digest of the rows' ids and gold answers, in order."""
    return digest([[row["id"], row.get("label", row.get("entities", row.get("score")))] for row in rows])


def ids_digest(ids: Iterable[str]) -> str:
    """The SHA-256 of the ids of rows, one per line."""
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def with_ids(rows: Rows) -> Rows:
    """The rows with `id` first. Rows of the embedded corpus keep their own id, which its files use."""
    seen: Counter[str] = Counter()
    result = []
    for row in rows:
        key = hashlib.sha256(row["text"].encode("utf-8", "surrogatepass")).hexdigest()[:12]
        seen[key] += 1
        result.append({"id": key if seen[key] == 1 else f"{key}-{seen[key]}", **row})
    return result


def _files() -> dict[str, Path]:
    """Passport files by dataset name; a user's passport replaces a shipped one of the same name."""
    return {file.stem: file for folder in task_folders() for file in (folder / PASSPORTS).glob("*.yaml")}


@functools.lru_cache(maxsize=256)
def _passport(file: Path, _changed: int) -> Passport:
    return read_passport(file)
