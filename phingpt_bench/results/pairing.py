"""The runs that are compared: those on the same rows and prompts, each model's base, and the best floor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from phingpt_bench.core.exposure import EXPOSED
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import NO_MODELS, Model
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.answering import with_majority
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import same_rows, why_incomparable
from phingpt_bench.results.compare import Comparer, Difference
from phingpt_bench.results.identity import base_name, weights
from phingpt_bench.results.seeds import CONDITIONS
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.stats.paired import ALPHA

BELOW_FLOOR = sentence("not shown to be better than {name}")


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


class BaseKey(NamedTuple):
    """The key of runs on one base."""

    name: str
    revision: str | None
    numerics: tuple[str | None, ...]  # quantisation, dtype, engine and its version


class ModelKey(NamedTuple):
    """The key of runs of one model."""

    kind: str
    base: BaseKey
    weights: tuple[str | None, str | None]  # identity.weights


def model_key(run: Run) -> ModelKey:
    """The key of a run's model."""
    model = run.record.model
    return ModelKey(
        model.kind,
        BaseKey(base_name(model.base, model.name, model.base_revision), model.base_revision, model.numerics),
        weights(model.adapter, model.adapter_digest, model.recipe_digest),
    )


def other_prompts(a: Run, b: Run) -> bool:
    """Whether two runs of the same shots and template on the same rows in the same order were asked otherwise."""
    p, q = a.record.protocol, b.record.protocol
    same = (p.setting, p.rows_digest) == (q.setting, q.rows_digest)
    return same and bool(p.prompt_digest and q.prompt_digest) and p.prompt_digest != q.prompt_digest


def base_of(run: Run, runs: Iterable[Run]) -> Run | None:
    """The base that `run` is compared with, itself included; None for floors and where there is none.

    It has the same base model, revision (where both say one), quantisation, dtype and engine. For a tuned model it is
    the base with the same shots, prompt and use of the chat template, and only where there is none the 0-shot base
    (`fallback_note` says so); for a base it is the 0-shot base. Of several it is one that can be tested against, then
    that under the task's own prompt, without the chat template, with the same seed, and the newest.
    """
    model, protocol = run.record.model, run.record.protocol
    if model.kind not in ("base", "tuned"):
        return None

    def same_setting(other: Run) -> bool:
        return model.kind == "tuned" and other.record.protocol.setting == run.record.protocol.setting

    def fits(other: Run) -> bool:
        m = other.record.model
        if m.kind != "base" or not _same_base(m, model):  # first: of a thousand models few are of one base
            return False
        how = other.record.protocol.setting
        return same_setting(other) or (how.shots, how.calibration) == (0, None)

    def preference(other: Run) -> tuple[Any, ...]:
        p = other.record.protocol
        return (
            same_setting(other),
            p.rows_digest == protocol.rows_digest,
            model.kind == "base" or why_not_base(run, other) is None,
            model.kind != "tuned" or p.chat_template == protocol.chat_template,
            p.setting.words == (None, None),
            not p.chat_template,
            (other.record.seed, p.block) == (run.record.seed, protocol.block),
            other.record.created,
        )

    return max(filter(fits, runs), key=preference, default=None)


class Bases:
    """The base runs of a section, so that those of one model are found without looking at all."""

    def __init__(self, runs: Iterable[Run]):
        self._runs: dict[str, list[Run]] = {}
        for run in runs:
            if run.kind == "base":
                for name in _names(run):
                    self._runs.setdefault(name, []).append(run)

    def near(self, run: Run) -> list[Run]:
        """The base runs that may be of a run's base, in their order: all that are, and perhaps others of that name."""
        found = [other for name in _names(run) for other in self._runs.get(name, ())]
        return list({id(other): other for other in found}.values())


def _names(run: Run) -> set[str]:
    """What a base is found by: its name, and its revision where that is known."""
    model = run.record.model
    return {name for name in (model.base or model.name, model.base_revision) if name is not None}


def _same_base(a: Model, b: Model) -> bool:
    """Whether two models are of one base in one arithmetic; an unknown revision is any."""
    if a.numerics != b.numerics:
        return False
    if None in (a.base_revision, b.base_revision):
        return (a.base or a.name) == (b.base or b.name)
    names = [base_name(one.base, one.name, one.base_revision) for one in (a, b)]
    return names[0] == names[1] and a.base_revision == b.base_revision


def best_of_base(run: Run, runs: Iterable[Run], metric: str, comparer: Comparer) -> Run | None:
    """The run of a tuned model's base that scores best, whatever the prompt; None if all have the task's own.

    An adapter knows its prompt, the base does not: the best of several says what the base can do.
    """
    if run.record.model.kind != "tuned":
        return None
    same = [
        other
        for other in runs
        if other.kind == "base" and _same_base(other.record.model, run.record.model) and same_rows(other, run)
    ]
    if all(other.record.protocol.setting.words == (None, None) for other in (*same, run)):
        return None
    sign = 1 if METRICS[metric].higher_is_better else -1
    scored = [(score, other) for other in same if (score := comparer.scores(other).get(metric)) is not None]
    return max(scored, key=lambda one: sign * one[0])[1] if scored else None


def fallback_note(run: Run, base: Run | None) -> str | None:
    """The warning of a tuned run whose base was asked with other shots, prompt or use of the chat template."""
    if base is None or run.record.model.kind != "tuned" or base.record.protocol.setting == run.record.protocol.setting:
        return None
    how = base.record.protocol.setting
    if how.words != run.record.protocol.setting.words:
        variant = base.record.protocol.variant
        return sentence("vs the base under {variant}: none was run in this setting", variant=variant)
    shots, chat = how.shots, how.chat_template
    if chat:
        return sentence("vs the {shots}-shot chat base: none was run in this setting", shots=shots)
    return sentence("vs the {shots}-shot base: none was run in this setting", shots=shots)


def why_not_base(run: Run, base: Run, *, across: bool = False) -> str | None:
    """Why the difference of `run` and `base` would not be of the models alone, or None. Unknown values do not count.

    across: runs of different engines may be compared.

    CONDITIONS must agree, and where shots, template and rows do, so must the prompts.
    """
    if not across and other_engine(run, base):
        return "another engine"
    if other_prompts(run, base):
        return "other prompts"
    for name, reason in CONDITIONS.items():
        ours, theirs = (getattr(one.record.diagnostics, name) for one in (run, base))
        if None not in (ours, theirs) and ours != theirs:
            return reason
    return None


def against_base(run: Run, base: Run, metric: str, comparer: Comparer, tests: int = 1) -> Difference:
    """The difference of a run to its base, with its test, or with the reason why there is none.

    tests: of the model over all tasks, at most; as in `Comparer.test`.
    """
    name = base.record.model.name
    reason = why_not_base(run, base)
    if reason is not None and same_rows(run, base):
        return Difference(against=name, reason=reason)
    return with_majority(comparer.test(run, base, metric, name, tests), run, metric, comparer)


def beats(run: Run, floor: Run, metric: str, comparer: Comparer) -> tuple[bool | None, Note | None]:
    """Whether a run is significantly better than the best floor row (None: not tested), and the note where not."""
    name = floor.record.model.name
    below = Note(sentence(BELOW_FLOOR, name=name), marked=True)
    ours, theirs = (comparer.scores(one).get(metric) for one in (run, floor))
    sign = 1 if METRICS[metric].higher_is_better else -1
    if ours is not None and theirs is not None and sign * (ours - theirs) <= 0 and not why_incomparable(run, floor):
        return False, below  # whatever a test says
    test = comparer.quick(run, floor, metric)
    if test.reason is not None:
        return None, Note(sentence("not tested against {name} ({reason})", name=name, reason=sentence(test.reason)))
    if test.value is not None and sign * test.value > 0 and test.p is not None and test.p < ALPHA:
        return True, None
    return False, below
