"""What a reader of a comparison has to know: where two runs differ in more than their models."""

from __future__ import annotations

from phingpt_bench.core.records import NO_MODELS
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparison.values import Caveat
from phingpt_bench.results.groups import exposed, other_engine, setting


def seen_of(run: Run) -> int | None:
    """The test rows of a run that were in its training; None if they were not looked for."""
    return None if run.record.exposure is None else run.record.exposure.seen


def caveats_of(a: Run, b: Run) -> list[Caveat]:
    """All caveats of a comparison, from other tasks to missing probabilities; none where only the models differ."""
    return [*_other_runs(a, b), *_of_each(a, "A"), *_of_each(b, "B"), *_other_settings(a, b)]


def _other_runs(a: Run, b: Run) -> list[Caveat]:
    first, second = a.record, b.record
    found = []
    if a.record.run_id == b.record.run_id:
        found.append(Caveat(kind="same run"))
    if first.task != second.task:
        found.append(Caveat(kind="other task", values={"a": first.task, "b": second.task}))
    if first.protocol.id != second.protocol.id:
        found.append(Caveat(kind="other protocol", values={"a": first.protocol.id, "b": second.protocol.id}))
    return found


def _of_each(run: Run, side: str) -> list[Caveat]:
    found = []
    if run.record.limit is not None:
        found.append(Caveat(kind="limited", values={"side": side, "limit": run.record.limit}))
    if exposed(run):
        seen: dict[str, str | int] = {"side": side, "seen": seen_of(run) or 0, "n": run.record.protocol.n}
        found.append(Caveat(kind="exposed", values=seen))
    if run.seeds:
        seeds: dict[str, str | int] = {"side": side, "seeds": len(run.seeds), "seed": run.seeds[0].record.seed}
        found.append(Caveat(kind="seeds", values=seeds))
    return found


def _other_settings(a: Run, b: Run) -> list[Caveat]:
    found = []
    if len(a.outcomes.ids) == 1:
        found.append(Caveat(kind="one row"))
    if other_setting(a, b):
        found.append(Caveat(kind="other setting"))
    if other_engine(a, b):
        engines = {side: run.record.model.served_by or "phingpt-bench" for side, run in (("a", a), ("b", b))}
        found.append(Caveat(kind="other engine", values=engines))
    kind = a.outcomes.kind
    if kind == "labels" and not (a.outcomes.probs and b.outcomes.probs):
        found.append(Caveat(kind="no probabilities"))
    if kind == "spans" and not (a.outcomes.entities and b.outcomes.entities):
        found.append(Caveat(kind="no offsets"))
    return found


def other_setting(a: Run, b: Run) -> bool:
    """Whether the prompts are meant to differ: other shots or examples, another chat template. A floor takes none.

    Each model has a template of its own, but servers are sent messages without it, which may be the same ones.
    """
    floors = set(NO_MODELS) & {a.record.model.kind, b.record.model.kind}
    asked = [(run.record.protocol.setting, run.record.protocol.prompt_digest) for run in (a, b)]
    return not floors and setting(a) != setting(b) and (asked[0] != asked[1] or not asked[0][1])
