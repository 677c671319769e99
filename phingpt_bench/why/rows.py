"""An explained row: answers of all systems on one axis, what is wrong with their entities, and the lexicon's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.floors import lexicon
from phingpt_bench.lmeval import hooks
from phingpt_bench.scoring import answered, ner
from phingpt_bench.scoring.entities import Parsed
from phingpt_bench.why.left_out import Variants, best, log_odds, runner_up, target
from phingpt_bench.why.people import marked_words
from phingpt_bench.why.pieces import explained_pieces
from phingpt_bench.why.values import Missed, RowWhy, Rule, Side
from phingpt_bench.why.words import Place

Scores = Sequence[list[float]]  # log-likelihoods by text and label, or by text and piece of the answer


def row_why(task: TaskFacts, variants: Variants, asked: Sequence[tuple[str, Scores, list[str]]]) -> RowWhy:
    """A row from, for each system, its written answer ("" if it writes none), scores, and answers to paraphrases."""
    row, scores = variants.row, [scores for _, scores, _ in asked]
    if task.extraction == CHOSEN:
        sides = label_sides(row["labels"], scores)
    else:
        sides = [_written_side(row, answer, own) for answer, own, _ in asked]
    for side, (_, _, prompts) in zip(sides, asked, strict=True):
        side.prompts.extend(prompts)
    gold = str(row["answer"]) if task.extraction != CHOSEN and "answer" in row else row["labels"][row["gold"]]
    return RowWhy(
        id=row["id"], gold=gold, text=row["text"], words=variants.words, sides=sides,
        spans=[(span.start, span.end, span.type) for span in answered.gold_spans(row)] if "entities" in row else [],
        marked=marked_words(row, variants.words),
        rules=rules_of(row["text"], variants.words) if lexicon.knows(task.dataset.labels) else [],
    )  # fmt: skip


def label_sides(labels: Sequence[str], scores: Sequence[Scores]) -> list[Side]:
    """Both systems on one axis: the last one's label against the first one's, or against its own runner-up.

    Only so can the contributions of two systems be compared, which may answer with different labels.
    """
    label = best(scores[-1][0])
    against = best(scores[0][0])
    if against == label:
        against = runner_up(scores[-1][0])
    return [
        Side(
            answer=labels[best(own[0])],
            targets=[target(labels[label], log_odds(own, label, against), labels[against])],
            scores=[[round(value, 4) for value in one] for one in own],
        )
        for own in scores
    ]


def _written_side(row: Row, answer: str, scores: Scores) -> Side:
    places = explained_pieces(row, answer) if scores else []  # a chat endpoint gives no likelihoods
    targets = [target(answer[start:end].strip(), [one[at] for one in scores]) for at, (start, end) in enumerate(places)]
    if "entities" not in row:
        return Side(answer=answer.strip(), targets=targets)
    parsed = hooks.read(row, [answer])[1].parsed
    misses = [Missed(**miss._asdict()) for miss in ner.explain(answered.gold_spans(row), parsed)]
    spans = [(span.start, span.end, span.type) for span in sorted(set(parsed.spans))]
    return Side(answer=answer.strip(), targets=targets, spans=spans, misses=misses)


def read_text(row: Row, parsed: Any) -> str:
    """What was read of an answer: a label, or entities as on a line; "" for nothing."""
    if not isinstance(parsed, Parsed):
        return str(parsed or "")
    return "; ".join(f"{span.type}: {row['text'][span.start : span.end]}" for span in sorted(set(parsed.spans)))


def rules_of(text: str, words: Sequence[Place]) -> list[Rule]:
    """The lexicon's hits by word; two hits of one word ("record-strong") are two rules."""
    return [
        Rule(word=at, value=hit.value, subject=hit.subject)
        for hit in lexicon.hits(text)
        for at, (start, end) in enumerate(words)
        if start <= hit.start < end
    ]
