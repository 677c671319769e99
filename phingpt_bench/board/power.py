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

SHARED = 0.95  # documents per row: above that, hardly any two rows share a document
FEW_DOCUMENTS = 10  # rows from no more documents than that say little about other documents


def detectable(standing: Standing) -> Detectable | None:
    """What the comparison of the highest-ranked tuned row with the best floor could have shown.

    Where one of the two is missing, the highest-ranked rows are compared instead: a base, and another row.

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
    """What the rows of a section can show, and a warning where they come from few documents.

    documents: their number, if it is known although no row says which document it comes from (`Passport.documents`).
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
