"""How the answers of a run look as a whole: one label for all rows, pieces not read, answers that ran on."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass

from phingpt_bench.core.outcomes import INVALID, Outcomes
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.results.collect import Run
from phingpt_bench.results.compare import Comparer, mean
from phingpt_bench.results.difference import Difference
from phingpt_bench.scoring.metrics import METRICS, score_all
from phingpt_bench.scoring.ner import MISS_KINDS
from phingpt_bench.stats.paired import ALPHA

ONE_LABEL = 0.97  # of the rows: from here on a classifier answers one label
_FORMAT = MISS_KINDS.index("format")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """Shares are of the rows, and of several seeds the mean; None if it does not apply or was not recorded."""

    label: str | None  # the one that is answered most often; None for other kinds, and where none could be read
    label_share: float | None
    unread: float | None  # answers that could not be read, as a whole or in part
    nothing_read: float | None  # answers in which nothing could be read
    pieces: float | None  # of entities: pieces that could not be read, in all answers
    run_on: float | None  # answers that reached the limit of tokens without an end
    cut: float | None  # the number of inputs that lost their beginning, as the model reads no more
    empty: float | None  # the number of written answers without a text
    skipped: float | None  # the number of rows that were not asked, as the model reads no more

    @property
    def one_label(self) -> bool:
        """Whether nearly all rows have the same answer."""
        return self.label_share is not None and self.label_share >= ONE_LABEL


def answering(run: Run) -> Answering:
    """What is to be said about a run's answers."""
    members = [_of(member) for member in run.members]
    names = ("label_share", "unread", "nothing_read", "pieces", "run_on", "cut", "empty", "skipped")
    means = {name: mean([getattr(member, name) for member in members]) for name in names}
    return Answering(label=members[0].label, **means)


def _of(run: Run) -> Answering:
    rows, n = run.outcomes, len(run.outcomes.ids)
    label, most = None, None
    if rows.kind == "labels" and (counts := Counter(place for place in rows.pred_places if place != INVALID)):
        place, count = counts.most_common(1)[0]
        label, most = rows.labels[place], count / n
    cut = run.record.diagnostics.cut_answers
    return Answering(
        label=label, label_share=most, unread=sum(rows.invalid) / n if rows.invalid else None,
        nothing_read=_nothing_read(rows), pieces=_pieces(rows),
        run_on=None if cut is None or run.record.protocol.extraction == CHOSEN else cut / n,
        cut=run.record.diagnostics.truncated_prompts, skipped=run.record.diagnostics.skipped_rows,
        empty=run.record.diagnostics.empty_answers,
    )  # fmt: skip


def _nothing_read(rows: Outcomes) -> float | None:
    if not rows.invalid:
        return None
    if rows.kind != "spans":
        return sum(rows.invalid) / len(rows.ids)
    typed = (sum(predicted for _, predicted, _ in types[:-1]) for types in rows.counts)
    return sum(unread and not read for unread, read in zip(rows.invalid, typed, strict=True)) / len(rows.ids)


def _pieces(rows: Outcomes) -> int | None:
    if rows.kind != "spans":
        return None
    if rows.misses:
        return sum(kinds[_FORMAT] for kinds in rows.misses)
    return sum(types[-1][1] for types in rows.counts)  # of a record that knows no kinds: those of unknown type


def read_alone(rows: Outcomes) -> Outcomes:
    """Entities without the pieces that could not be read, which else count as wrong predictions; others as they are.

    A base without practice in the format may lose most of its score to pieces after its answer.
    """
    if rows.kind != "spans":
        return rows
    counts = [[*types, [right, right, gold]] for *types, (right, _, gold) in rows.counts]
    return dataclasses.replace(rows, counts=counts)


def score_of_read(run: Run, metric: str) -> float | None:
    """The score of the pieces that could be read alone, of several seeds the mean; None where it says nothing new."""
    if run.outcomes.kind != "spans" or METRICS[metric].statistic != "spans":
        return None
    return mean([score_all(read_alone(member.outcomes)).get(metric) for member in run.members])


def majority_of(run: Run) -> Run | None:
    """A run that answers the commonest gold label in all rows; None for other kinds."""
    rows = run.outcomes
    if rows.kind != "labels":
        return None
    place = Counter(rows.gold_places).most_common(1)[0][0]
    always = dataclasses.replace(rows, pred=[place] * len(rows.ids), probs=[], invalid=[])
    return Run(run.record, always, run.path)


def with_majority(test: Difference, run: Run, metric: str, comparer: Comparer) -> Difference:
    """The difference of `run` to another, with what is known of it against the commonest gold label for all rows."""
    if test.value is None or test.p is None or test.p >= ALPHA or not _is_better(test.value, metric):
        return test
    majority = majority_of(run)
    found = None if majority is None else comparer.quick(run, majority, metric)
    if found is None or found.value is None or found.p is None:
        return test
    return dataclasses.replace(test, beats_majority=found.p < ALPHA and _is_better(found.value, metric))


def _is_better(difference: float, metric: str) -> bool:
    return difference != 0 and (difference > 0) == METRICS[metric].higher_is_better
