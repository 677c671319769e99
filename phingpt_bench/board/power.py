"""What a section could have shown: the smallest true difference that its rows are enough for."""

from __future__ import annotations

from collections.abc import Iterator

from phingpt_bench.board.standing import Standing
from phingpt_bench.board.values import Detectable
from phingpt_bench.core.notes import Note
from phingpt_bench.core.sentences import sentence
from phingpt_bench.results.collect import Run
from phingpt_bench.results.comparable import shared_clusters
from phingpt_bench.results.pairing import base_of
from phingpt_bench.stats.power import POWER
from phingpt_bench.text.numbers import score_text

SHARED = 0.95  # of the rows: where there are so many documents, hardly any rows share one
FEW_DOCUMENTS = 10  # of which the rows of a section are, so that they say little of other documents


def detectable(standing: Standing) -> Detectable | None:
    """Of the highest ranked tuned row and the best floor; where one is missing, of the two rows nearest to them.

    None for a section with fewer than two rows that can be compared.
    """
    pair = _pair(standing)
    if pair is None:
        return None
    first, second = pair
    found = standing.comparer.detectable(first, second, standing.metric)
    return Detectable(
        value=found, run_id=first.record.run_id, against=second.record.run_id, n=len(first.outcomes.ids),
        clusters=len(set(shared_clusters(first, second))),
    )  # fmt: skip


def _pair(standing: Standing) -> tuple[Run, Run] | None:
    ranked = [run for run in standing.runs if standing.rank(run).place is not None]
    tuned = next((run for run in ranked if run.kind == "tuned"), None)
    model = tuned or next((run for run in ranked if run.kind == "base"), None)
    others = [standing.floor, None if tuned is None else base_of(tuned, ranked), *ranked]
    other = next((run for run in others if run is not None and run is not model), None)
    return None if model is None or other is None else (model, other)


def power_notes(found: Detectable | None, documents: int | None) -> Iterator[Note]:
    """The line of a section, and the warning of rows that are of few documents.

    documents: that the rows are known to be of though no row says of which (`Passport.documents`).
    """
    if found is not None:
        values = {"n": found.n, "power": f"{POWER:.0%}", "least": score_text(found.value), "k": found.clusters}
        if found.value is None:
            text = sentence("These {n:,} rows are too few to show any difference at {power} power", **values)
            yield Note(text, "info")
        elif 0 < found.clusters < SHARED * found.n:
            yield Note(sentence(
                "Smallest difference that these {n:,} rows of {k:,} documents can show: {least} at {power} power",
                **values,
            ), "info")  # fmt: skip
        else:
            yield Note(sentence(
                "Smallest difference that these {n:,} rows can show: {least} at {power} power", **values
            ), "info")  # fmt: skip
    if documents is not None and documents <= FEW_DOCUMENTS:
        yield Note(sentence(
            "The rows are of {documents} documents, which no row names: intervals and tests hold for these documents "
            "only",
            documents=documents,
        ))  # fmt: skip
