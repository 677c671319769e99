"""Which runs are compared with which: those on the same rows, each model's base, and the best floor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phingpt_bench.board.collect import Run
from phingpt_bench.board.compare import ALPHA, Comparer, same_rows


def main_group(runs: Sequence[Run]) -> list[Run]:
    """The largest group of runs that answered the same rows; of equally large ones that with the best run."""
    groups: list[list[Run]] = []
    for run in runs:
        for group in groups:
            if same_rows(group[0], run):
                group.append(run)
                break
        else:
            groups.append([run])
    return max(groups, key=len)


def base_of(run: Run, runs: Iterable[Run]) -> Run | None:
    """The 0-shot base that `run` is compared with, itself included; None for floors and where there is none.

    It has the same base model, revision (where both say one), quantisation and dtype. Of several the one on the same
    rows, then for a tuned model that with the same use of the chat template, then without it, with the same seed.
    """
    model, protocol = run.record.model, run.record.protocol
    if model.kind not in ("base", "tuned"):
        return None

    def fits(other: Run) -> bool:
        m = other.record.model
        return (
            m.kind == "base"
            and other.record.protocol.shots == 0
            and (m.base or m.name) == (model.base or model.name)
            and (m.quantisation, m.compute_dtype) == (model.quantisation, model.compute_dtype)
            and (None in (m.base_revision, model.base_revision) or m.base_revision == model.base_revision)
        )

    def preference(other: Run) -> tuple[bool, bool, bool, bool, str]:
        p = other.record.protocol
        return (
            p.rows_digest == protocol.rows_digest,
            model.kind != "tuned" or p.chat_template == protocol.chat_template,
            not p.chat_template,
            other.record.seed == run.record.seed,
            other.record.created,
        )

    return max(filter(fits, runs), key=preference, default=None)


def below_floor(run: Run, floor: Run, metric: str, comparer: Comparer) -> list[str]:
    """The warning of a tuned model that is not significantly better than the best floor row."""
    name = floor.record.model.name
    test = comparer.test(run, floor, metric, name)
    if test.reason is not None:
        return [f"not tested against {name} ({test.reason})"]
    if test.value is not None and test.value > 0 and test.p is not None and test.p < ALPHA:
        return []
    return [f"does not beat {name}"]
