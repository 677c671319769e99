"""Where an adapter comes from: a folder, or a Hub id with revision and sub-folder; its name and the base it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from phingpt_bench.core.errors import BenchError, first_line, meant_path
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.models import embedded
from phingpt_bench.models.adapter_files import CONFIG, adapters_within, check_files, read_config
from phingpt_bench.models.base_files import files_of, local_revision

HUB_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+?)(?P<sub>(/[\w.-]+)*)(@(?P<revision>[\w./-]+))?")
# folder names that say nothing: the folder around is named as well
PLAIN_NAMES = re.compile(r"checkpoint-\d+|final|last|best|adapters?|lora|output|default|model|\d+", re.IGNORECASE)
QUANTISED = re.compile(r"(?P<full>unsloth/.+?)(?P<dynamic>-unsloth)?-bnb-4bit")
WANTED = ("adapter_*", "card.json", "*token*", "*.jinja", "vocab*", "merges.txt", "*/adapter_*")


def located(path: Path) -> Path:
    """The folder of an adapter: as given with ~ expanded, otherwise that of a Hub id.

    The files of an id are taken from the cache or fetched: "org/name", "org/name/sub-folder", each with "@revision".
    BenchError if it is neither a folder nor such an id, or cannot be fetched.
    """
    folder = expanded(path)
    text = str(path)
    match = HUB_ID.fullmatch(text)
    if folder.exists() or match is None or text.startswith((".", "~")):
        return folder
    from huggingface_hub import snapshot_download

    sub = match["sub"].strip("/")
    try:
        whole = snapshot_download(match["id"], revision=match["revision"], allow_patterns=list(WANTED))
    # not cached and out of reach, no such repository or revision, not allowed: the Hub's client has a class for each
    except (OSError, ValueError) as err:
        raise BenchError(
            "neither a folder nor a repository of the Hub that is cached or in reach ({reason})",
            where=text,
            hint=meant_path(text)
            or sentence("check the name, or fetch it where there is a network: hf download {match}", match=match["id"]),
            reason=first_line(err),
        ) from None
    return Path(whole, sub)


def several(path: Path) -> list[Path]:
    """The adapters of a path: itself, or those in its sub-folders if it holds none.

    BenchError for the checkpoints of one training, of which one has to be named, and for a folder without an adapter.
    """
    folder = located(path)
    within = adapters_within(folder) if folder.is_dir() and not (folder / CONFIG).is_file() else []
    if not within or any(one.name.startswith("checkpoint-") for one in within):
        check_files(folder)
        return [folder]
    return within


def default_name(path: Path, folder: Path) -> str:
    """What an adapter without a card is called: its folder, with the one around it where that says nothing alone.

    path: as it was given. A repository of the Hub is called by its own name, not by the commit in the cache.
    """
    match = HUB_ID.fullmatch(str(path))
    if match is not None and "snapshots" in folder.parts:
        parts = [match["id"].rpartition("/")[2], *match["sub"].strip("/").split("/")]
        return "-".join(part for part in parts if part)
    whole = folder.resolve()
    if PLAIN_NAMES.fullmatch(whole.name) and whole.parent.name:
        return f"{whole.parent.name}-{whole.name}"
    return whole.name


@dataclass(frozen=True, slots=True)
class NamedBase:
    """The base that an adapter names. note: what to say if another one is used instead."""

    model: str
    note: str | None = None


def named_base(folder: Path) -> NamedBase:
    """The base of adapter_config.json, as this program loads it.

    A repository of unsloth's that holds a model in NF4 with double quantisation means the model itself, which is
    quantised so here, unless it is cached; one in which some layers are kept whole ("-unsloth-bnb-4bit") is loaded as
    it is. BenchError if no base is named, or it is a folder of another machine.
    """
    name = read_config(folder).get("base_model_name_or_path")
    if not isinstance(name, str) or not name:
        raise BenchError(
            "names no base (base_model_name_or_path)", where=str(folder / CONFIG), hint="give it with --base MODEL"
        )
    if name in embedded.MODELS:
        return NamedBase(name)
    if expanded(name).is_dir():
        return NamedBase(str(expanded(name)))
    if match := QUANTISED.fullmatch(name):
        if match["dynamic"] or _cached(name):
            what = ", with some layers kept whole" if match["dynamic"] else " in NF4 with double quantisation"
            return NamedBase(name, f"{name} is quantised already{what}: it is loaded as it is")
        return NamedBase(
            match["full"], f"{name} is {match['full']} in NF4 with double quantisation: that is loaded in its place"
        )
    if HUB_ID.fullmatch(name) is None:
        raise BenchError(
            "its base is a folder that is not here: {name}",
            where=str(folder / CONFIG),
            hint=_give_base(name),
            name=name,
        )
    return NamedBase(name)


def _give_base(name: str) -> Sentence:
    """What to do where the base `name` is not here."""
    copy = embedded.copy_of(name)
    if copy is None:
        return sentence("give the base with --base MODEL")
    return sentence(
        "give the base with --base MODEL; --base {embedded} is the embedded copy with {quantised} weights",
        embedded=copy.name,
        quantised=copy.quantised,
    )


def _cached(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def names_same(name: str, model: str) -> bool:
    """Whether a base that a configuration names is `model` of a suite, as far as names tell."""
    match = QUANTISED.fullmatch(name)
    names = {name, *([match["full"]] if match else [])}
    return model in names or Path(model).name.lower() in {Path(one).name.lower() for one in names}


def other_base(folder: Path, model: str) -> str | None:
    """The base that an adapter's configuration names, where that is not `model`, by name or weights; None where it is.

    Of a path its last part: the others are of the machine that trained it.
    """
    named = read_config(folder).get("base_model_name_or_path")
    if not isinstance(named, str) or not named or names_same(named, model):
        return None
    own, there = embedded.MODELS.get(model), expanded(named)
    if own is not None and own.hub_id.lower() == named.lower():
        return None
    if (
        there.is_dir()
        and Path(model).is_dir()
        and local_revision(files_of(str(there))) == local_revision(files_of(model))
    ):
        return None
    return named if HUB_ID.fullmatch(named) else Path(named).name
