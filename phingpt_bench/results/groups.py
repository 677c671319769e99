"""The runs that can be ranked together, and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from phingpt_bench.core.exposure import EXPOSED
from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import same_rows, why_incomparable
from phingpt_bench.results.identity import base_name


def exposed(run: Run) -> str | None:
    """Why a run is not ranked, if its training data contained test rows, in words; None below EXPOSED."""
    exposure, n = run.record.exposure, run.record.protocol.n
    found = 0 if exposure is None else exposure.seen
    if n == 0 or found / n <= EXPOSED:
        return None
    return sentence("{seen} of {n} test rows were in its training, so it is not ranked", seen=found, n=n)


def main_group(runs: Sequence[Run], *, across: bool = False) -> tuple[list[Run], dict[int, str]]:
    """The runs that can be ranked together, and for each other run (by `id`) the reason, in words.

    across: also those that other engines computed, or one engine in other numbers; else the largest group of one
    engine's, where what this program computed is one group.

    These are the largest group of runs on the same rows with the same labels and gold, and in it, for each setting, the
    largest group with the same prompts; of equally large groups the one with the best run. `runs` are sorted, the best
    first.
    """
    main = max(_grouped(runs, lambda a, b: why_incomparable(a, b) is None), key=len)
    inside = {id(run) for run in main}
    rows = sentence("answered other rows than the rest, so it is not ranked")
    prompts = sentence("answered other prompts than the rest, so it is not ranked")
    gold = sentence("was measured by other gold or labels than the rest, so it is not ranked")
    set_apart: dict[int, str] = {
        id(run): gold if same_rows(run, main[0]) else rows for run in runs if id(run) not in inside
    }
    for alike in _grouped(main, lambda a, b: setting(a) == setting(b)):
        groups = sorted(_grouped(alike, lambda a, b: not other_prompts(a, b)), key=len, reverse=True)
        set_apart |= {id(run): prompts for group in groups[1:] for run in group}
    if not across:
        models = [run for run in main if id(run) not in set_apart and run.kind not in NO_MODELS]
        engines = sorted(_grouped(models, lambda a, b: not other_engine(a, b)), key=len, reverse=True)
        set_apart |= {id(run): _by_another(run) for group in engines[1:] for run in group}
    return [run for run in main if id(run) not in set_apart], set_apart


def other_engine(a: Run, b: Run) -> bool:
    """Whether two models answered through different engines, or through one in other numbers.

    What this program loads is one engine whatever its quantisation; floors and checks have none, and differ from none.
    """
    one, other = a.record.model, b.record.model
    if one.kind in NO_MODELS or other.kind in NO_MODELS or one.engine is other.engine is None:
        return False
    return one.numerics != other.numerics


def _by_another(run: Run) -> str:
    engine = run.record.model.served_by
    if engine is None:
        return sentence("computed by this program, the rest by another engine, so it is not ranked")
    return sentence("served by {engine}, so it is not ranked with the rest", engine=engine)


def _grouped(runs: Sequence[Run], alike: Callable[[Run, Run], bool]) -> list[list[Run]]:
    """The runs in groups whose members are equal to the first of the group, in order of appearance."""
    groups: list[list[Run]] = []
    for run in runs:
        for group in groups:
            if alike(group[0], run):
                group.append(run)
                break
        else:
            groups.append([run])
    return groups


def setting(run: Run) -> tuple[Any, ...]:
    """The key of equal prompts: examples are drawn by the seed, and each model has its own chat template.

    A floor has no prompt, so it fits every setting.
    """
    model, protocol = run.record.model, run.record.protocol
    if model.kind in NO_MODELS:
        return ("none", id(run))
    base = base_name(model.base, model.name, model.base_revision)
    chat = (base, model.base_revision) if protocol.chat_template else None
    drawn = (run.record.seed, protocol.block) if protocol.shots else None
    how = protocol.setting
    return (protocol.shots, drawn, chat, how.calibration, how.prompt, how.thinking, how.thinking_end)


def other_prompts(a: Run, b: Run) -> bool:
    """Whether two runs of one setting, on the same rows in the same order, were asked with other prompts."""
    p, q = a.record.protocol, b.record.protocol
    same = (p.setting, p.rows_digest) == (q.setting, q.rows_digest)
    return same and bool(p.prompt_digest and q.prompt_digest) and p.prompt_digest != q.prompt_digest
