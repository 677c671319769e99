"""The runs that `compare A B` refers to: a system is one model in one setting, with its run of each task.

A system is named as on a board: by its adapter, its model, "base", or the name of one of its runs' folders. Its setting
follows an @: "5-shot", "chat", a quantisation, a dtype, "seed1", "limit20", the beginning of a digest, separated by
commas ("3-seeds" means all of them together).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from phingpt_bench.core.errors import BenchError, unknown
from phingpt_bench.core.protocol import variant_text
from phingpt_bench.core.records import NO_MODELS, RECORD
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run, read_run
from phingpt_bench.results.identity import model_key, shown_seed
from phingpt_bench.results.seeds import with_seeds_joined

SHORTEST = 4  # the least number of characters that identify a digest


class Variant(NamedTuple):
    """The prompt setting: few-shot examples, chat template, rows, prompt, thinking."""

    shots: int
    chat_template: bool
    limit: int | None
    prompt: str | None  # its digest; None: the task's own
    thinking: str | None


@dataclass(frozen=True, slots=True)
class System:
    """runs: by task. given: it was named by a folder or file, so it has one run."""

    runs: dict[str, Run]
    given: bool = False

    @property
    def first(self) -> Run:
        """Its first run."""
        return next(iter(self.runs.values()))

    @property
    def names(self) -> list[str]:
        """The names that it may have, the shortest one of a board first; several seeds have no folder of their own."""
        model = self.first.record.model
        tuned = [model.adapter, f"{model.name} + {model.adapter}"] if model.adapter else [model.name]
        bare = ["base"] if model.kind == "base" else []
        folders = [run.path.parent.name for run in self.runs.values() if not run.seeds]
        return list(dict.fromkeys([*tuned, *bare, *folders]))

    @property
    def variant(self) -> Variant:
        """Its prompt setting."""
        record = self.first.record
        how = record.protocol.setting
        return Variant(how.shots, how.chat_template, record.limit, how.prompt, how.thinking)

    @property
    def setting(self) -> list[str]:
        """The words that may follow the @."""
        model, (shots, chat, limit, digest, thinking) = self.first.record.model, self.variant
        prompt = self.first.record.protocol.prompt
        asked = [variant_text(shots, chat_template=False), "chat" if chat else None]
        asked += [prompt.name if prompt else None, digest, f"thinking-{thinking}" if thinking else None]
        variant = [] if model.kind in NO_MODELS else asked
        if (block := self.first.record.protocol.block) and not self.first.seeds:
            variant.append(f"block{block}")
        counts = sorted({len(run.seeds) for run in self.runs.values()})
        seeds = [f"{n}-seeds" for n in counts] if self.first.seeds else [f"seed{self.first.record.seed}"]
        recipe = None if model.adapter_digest else model.recipe_digest
        parts = (*variant, model.quantisation, model.compute_dtype, model.engine, model.engine_version, *seeds,
                 f"limit{limit}" if limit is not None else None, model.adapter_digest, recipe,
                 model.base_revision)  # fmt: skip
        return [part for part in parts if part]


def systems(runs: Sequence[Run]) -> list[System]:
    """The systems among runs, in order of appearance, followed by those that a board shows for several seeds.

    Runs that newer runs of the same training replace are left out, as on a board. A second run of one system on one
    task makes another system, so that a name that fits both is reported as ambiguous.
    """
    drawn = with_seeds_joined(runs)
    kept = {member.record.run_id for run in drawn for member in run.members}
    found: dict[tuple[Any, ...], list[dict[str, Run]]] = {}
    for run in (*(run for run in runs if run.record.run_id in kept), *(run for run in drawn if run.seeds)):
        protocol, record = run.record.protocol, run.record
        seed = shown_seed(record.model.kind, protocol.shots, record.seed, bool(run.seeds))
        asked = (protocol.setting, None if run.seeds else protocol.block, record.limit)
        alike = found.setdefault((model_key(run), *asked, *seed), [])
        free = next((by_task for by_task in alike if record.task not in by_task), None)
        if free is None:
            alike.append(free := {})
        free[record.task] = run
    return [System(by_task) for alike in found.values() for by_task in alike]


def resolve(a: str, b: str, runs: Sequence[Run], tasks: Collection[str] = ()) -> tuple[System, System]:
    """The systems of two names, run folders or run.json files.

    If a name fits several systems, those with the weights of the other name are preferred, in its setting if it names
    one, otherwise in the words of the other and of the task, over as many rows as the other, over whole splits, without
    a chat template, 0-shot; and all seeds together, as on a board. tasks: those with a run of one of them first.
    BenchError for an unknown name, and for one that still fits several, listing them.
    """
    known = systems(runs)
    fitting = [_of_tasks(_fitting(name, known), tasks) for name in (a, b)]
    for at in (0, 1):
        fitting[at] = _narrowed(fitting[at], _said(a, b, at), fitting[1 - at])
    for name, found in zip((a, b), fitting, strict=True):
        if len(found) > 1:
            choices = ", ".join(sorted(f"'{choice}'" for choice in called(found)))
            raise BenchError(
                "'{name}' may be one of {n}", hint="say which: {names}", name=name, n=len(found), names=choices
            )
    return fitting[0][0], fitting[1][0]


def pairs(a: System, b: System) -> list[tuple[Run, Run]]:
    """(reference, challenger) for each task that both have; BenchError if there is none.

    Two runs that were given by their folders are a pair whatever their tasks.
    """
    shared = sorted(a.runs.keys() & b.runs.keys())
    if not shared and a.given and b.given:
        return [(a.first, b.first)]
    if not shared:
        raise BenchError(
            "no task that both were run on",
            hint="A has {a}; B has {b}",
            a=", ".join(sorted(a.runs)),
            b=", ".join(sorted(b.runs)),
        )
    return [(a.runs[task], b.runs[task]) for task in shared]


def run_file(wanted: str) -> Path | None:
    """The run.json of a run's folder, or the file itself; None for another name."""
    path = Path(wanted)
    file = path if path.name == RECORD else path / RECORD
    return file if path.name == RECORD or file.is_file() else None


def called(found: Sequence[System]) -> list[str]:
    """A unique name for each of several systems: name@setting, as far as settings differ."""
    common = set.intersection(*(set(system.setting) for system in found))
    names = []
    for system in found:
        own = [part for part in system.setting if part not in common]
        names.append(system.names[0] + (f"@{','.join(own)}" if own else ""))
    if len(set(names)) < len(names):  # only their folders distinguish them
        names = [system.first.path.parent.as_posix() for system in found]
    return names


def _fitting(wanted: str, known: Sequence[System]) -> list[System]:
    if file := run_file(wanted):
        run = read_run(file)
        return [System({run.record.task: run}, given=True)]
    if Path(wanted).is_dir() and ("/" in wanted or not any(_is_called(wanted, system) for system in known)):
        raise BenchError("no run.json in this folder", where=wanted, hint="give the folder of one run, or a name")
    found = [system for system in known if _is_called(wanted, system)]
    if not found:
        name, _, setting = wanted.rpartition("@")
        named = [system for system in known if name and _is_called(name, system)]
        found = [system for system in named if all(_is_in(part, system) for part in _parts(setting))]
        if named and not found:
            raise unknown(
                sentence("setting"), setting, {part for system in named for part in system.setting}, where=name
            )
    if not found:
        raise unknown(sentence("run"), wanted, {name for system in known for name in system.names[:2]})
    return found


def _of_tasks(found: list[System], tasks: Collection[str]) -> list[System]:
    """Those with a run of one of the tasks, where there are any."""
    return [system for system in found if not system.runs.keys().isdisjoint(tasks)] or found


def _is_called(name: str, system: System) -> bool:
    return name.casefold() in (own.casefold() for own in system.names)


def _is_in(part: str, system: System) -> bool:
    return any(part == own or (len(part) >= SHORTEST and own.startswith(part)) for own in system.setting)


def _parts(setting: str) -> list[str]:
    """The parts of a setting: "5-shot chat" (as on a board), "5-shot-chat" (as in a folder's name) or "5-shot,chat"."""
    return [part for part in setting.replace("-shot-chat", "-shot,chat").replace(" ", ",").split(",") if part]


def _said(a: str, b: str, at: int) -> bool:
    """Whether the other name has a setting and this one does not."""
    mine, other = (a, b)[at], (a, b)[1 - at]
    return "@" not in mine and "@" in other


def _narrowed(found: list[System], as_other: bool, others: list[System]) -> list[System]:
    """The most likely of several systems."""
    bases = [model_key(other.first).base for other in others]
    variants = [other.variant for other in others]
    words = [(other.variant.prompt, other.variant.thinking) for other in others]

    def on_the_same_base(system: System) -> bool:
        return model_key(system.first).base in bases

    def asked_as_the_other(system: System) -> bool:
        return not as_other or (system not in others and system.variant in variants)

    def in_words_of_the_other(system: System) -> bool:
        return (system.variant.prompt, system.variant.thinking) in words

    def in_the_words_of_the_task(system: System) -> bool:
        return (system.variant.prompt, system.variant.thinking) == (None, None)

    def over_rows_of_the_other(system: System) -> bool:
        return system.variant.limit in [other.variant.limit for other in others]

    def over_all_rows(system: System) -> bool:
        return system.variant.limit is None

    def without_chat_template(system: System) -> bool:
        return not system.variant.chat_template

    def without_examples(system: System) -> bool:
        return system.variant.shots == 0

    def of_several_seeds(system: System) -> bool:
        return bool(system.first.seeds)

    for rule in (
        on_the_same_base, asked_as_the_other, in_words_of_the_other, in_the_words_of_the_task,
        over_rows_of_the_other, over_all_rows, without_chat_template, without_examples, of_several_seeds,
    ):  # fmt: skip
        if len(found) > 1:
            found = [system for system in found if rule(system)] or found
    return found
