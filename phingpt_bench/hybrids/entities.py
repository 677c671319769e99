"""Entities: what a model names and what a CRF names, each entity kept by their vote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.evaluate.answers import Answers, Line, diagnostics_of, entities_read
from phingpt_bench.evaluate.recorded import documents
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.floors.crf import CrfLM, found_by
from phingpt_bench.hybrids.made import Made
from phingpt_bench.hybrids.votes import Named, Vote, named_by, voting
from phingpt_bench.lmeval import hooks
from phingpt_bench.lmeval.documents import Doc
from phingpt_bench.scoring.answered import gold_spans, outcomes_of, spans_row
from phingpt_bench.scoring.entities import Parsed, Span
from phingpt_bench.scoring.formats import answer_format


def combined(asker: Asker, rows: Outcomes, validation: Sequence[Doc]) -> Made:
    """The entities of a run's rows after the vote, each with what model and CRF add to it and which of them decided.

    Pieces of the model's answers that have no place in the text have no vote: they are gone.
    """
    task = asker.task
    crf = CrfLM()
    crf.learn_from_train(task.task)
    held_out = crf.models[task.task.config.task]
    written = asker.answers([dict(row) for row in validation])
    read = [hooks.read(dict(row), [answer])[1].parsed.spans for row, answer in zip(validation, written, strict=True)]
    vote = voting(_named(held_out, validation, read), [gold_spans(row) for row in validation])
    tests = documents(task, rows.ids)
    types = list(task.dataset.labels)
    stored = [[Span(start, end, types[place]) for start, end, place in named] for _, named in rows.entities]
    crf.learn_from_all(task.task)  # the rule of combine.py: weights from held-out rows, the part itself from all
    votes = vote.votes(_named(crf.models[task.task.config.task], tests, stored))
    kept = [Parsed([one.span for one in own if one.kept], []) for own in votes]
    answers = [spans_row(doc, types, parsed) for doc, parsed in zip(tests, kept, strict=True)]
    lines = [_line(at, doc, parsed, own) for at, (doc, parsed, own) in enumerate(zip(tests, kept, votes, strict=True))]
    outcomes = outcomes_of("spans", types, rows.ids, answers, rows.clusters)
    found = diagnostics_of(outcomes, answers, lines)
    return Made(
        Answers(outcomes=outcomes, lines=lines, prompt_digest="", diagnostics=found), [*vote.stack.weights, vote.cut]
    )


def _named(crf: object, docs: Sequence[Doc], model: Sequence[Iterable[Span]]) -> list[Named]:
    return [named_by(crf, doc["text"], own, found_by(crf, doc["text"])) for doc, own in zip(docs, model, strict=True)]


def _line(at: int, doc: Doc, parsed: Parsed, votes: Sequence[Vote]) -> Line:
    text = doc["text"]
    return {
        "doc_id": at, "id": doc["id"],
        "answer": answer_format(doc["format"]).write(text, parsed.spans, doc["labels"]),
        **entities_read(doc, parsed),
        "votes": [
            {
                "entity": [*vote.span, text[vote.span.start : vote.span.end]], "kept": vote.kept,
                "probability": round(vote.probability, 4),
                "parts": {name: round(value, 4) for name, value in vote.parts.items()},
                "decided": _decided(vote),
            }
            for vote in votes
        ],
    }  # fmt: skip


def _decided(vote: Vote) -> str:
    """The part that did most for what became of the entity."""
    sign = 1.0 if vote.kept else -1.0
    return max(vote.parts, key=lambda name: sign * vote.parts[name])
