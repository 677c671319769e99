"""Reasons that a model writes for its answers, put to the test: are they the reasons of these answers?

Three tests, after Madsen et al. 2024 (arXiv:2401.07927): without the words that the reason names the answer should
change more often than without as many random ones (redaction); to a text that the model itself changed towards another
label it should give that label (counterfactual); and the words that it names should be those of the largest
contributions (attribution). An answer is always that to the prompt of the task, as it is scored.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lm_eval.api.instance import Instance

from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.data.rows import Row
from phingpt_bench.evaluate.tasks import TaskFacts
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.lmeval import hooks
from phingpt_bench.lmeval.written import in_chat
from phingpt_bench.stats.interval import wilson
from phingpt_bench.why.faithful import mean
from phingpt_bench.why.figures import Mean, Reasons
from phingpt_bench.why.left_out import Variants, best
from phingpt_bench.why.people import agreement_with
from phingpt_bench.why.values import Reason, Side
from phingpt_bench.why.wordings import WORDINGS, Wording, language_of, read_changed, read_reply
from phingpt_bench.why.words import without

DRAWS = 3  # sets of random words
ROOM = 160  # tokens of a reason; of a changed text a token and a half for each word of a long one
CHANGED_ROOM = 256


def reasons_for(asker: Asker, texts: Sequence[Variants], sides: Sequence[Side]) -> list[Reason]:
    """The reason of the answer to each row, tested. sides: with these answers."""
    task, wording = asker.task, WORDINGS[language_of(asker.task.dataset.language, asker.task.name)]
    rows = [one.row for one in texts]
    words = [_label_words(task, row) for row in rows]
    questions = [_question(task, row) for row in rows]
    asked = [
        f"{question}\n{wording.reason.format(labels=', '.join(own))}"
        for question, own in zip(questions, words, strict=True)
    ]
    replies = _written(asker, asked, wording.label, ["\n\n"], ROOM)
    found = []
    for one, own, reply in zip(texts, words, replies, strict=True):
        read = read_reply(reply, one.row["text"], one.words)
        found.append(Reason(label=_read({**one.row, "answers": own}, read.label), text=read.reason, words=read.words))
    answers = [
        side.answer if task.extraction == CHOSEN else _read(row, side.answer)
        for row, side in zip(rows, sides, strict=True)
    ]
    tested = [at for at, (one, answer) in enumerate(zip(found, answers, strict=True)) if one.label == answer != ""]
    changed = _changed(asker, wording, [(texts[at], questions[at], words[at], found[at]) for at in tested])
    for at, reason in zip(tested, _tested(asker, [texts[at] for at in tested], changed), strict=True):
        found[at] = reason
    return found


def _changed(
    asker: Asker, wording: Wording, asked: Sequence[tuple[Variants, str, Sequence[str], Reason]]
) -> list[Reason]:
    """The reasons with the texts that the model changed towards another label, drawn at random."""
    prompts, wanted = [], []
    for one, question, words, reason in asked:
        labels = list(one.row["labels"])
        other = random.Random(one.row["id"]).choice([label for label in labels if label != reason.label])
        wanted.append(other)
        by = dict(zip(labels, words, strict=True))
        prompts.append(f"{question}\n{wording.change.format(label=by[reason.label], wanted=by[other])}")
    found = []
    replies = _written(asker, prompts, wording.changed, ["\n"], CHANGED_ROOM)
    for (one, question, _, reason), other, reply in zip(asked, wanted, replies, strict=True):
        text = one.row["text"]
        lead = question.partition(text)[0].strip().rpartition("\n")[2]
        changed, kept = read_changed(reply, text, lead)
        found.append(replace(reason, wanted=other, changed=changed, kept=kept if changed else None))
    return found


def _tested(asker: Asker, texts: Sequence[Variants], reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons with the answers to the texts without words, and to the changed texts."""
    put: list[tuple[Row, str]] = []
    for one, reason in zip(texts, reasons, strict=True):
        put += [(one.row, without(one.row["text"], one.words, words)) for words in _removed(one, reason)]
        put += [(one.row, reason.changed)] if reason.changed else []
    answers = iter(_answers(asker, put))
    found = []
    for one, reason in zip(texts, reasons, strict=True):
        removed = [next(answers) for _ in _removed(one, reason)]
        becomes = next(answers) if reason.changed else None
        found.append(replace(reason, without=removed[0] if removed else None, random=removed[1:], becomes=becomes))
    return found


def _removed(one: Variants, reason: Reason) -> list[list[int]]:
    """The named words, then as many random ones for each draw; empty where the reason names none or all."""
    n, k = len(one.words), len(reason.words)
    if not 0 < k < n:
        return []
    draw = random.Random(f"reason {one.row['id']}")
    return [reason.words, *(sorted(draw.sample(range(n), k)) for _ in range(DRAWS))]


def _answers(asker: Asker, texts: Sequence[tuple[Row, str]]) -> list[str]:
    """The labels that the model gives to texts; "" where it wrote none that can be read."""
    if asker.task.extraction == CHOSEN:
        scores = asker.labels(texts)
        return [row["labels"][best(own)] for (row, _), own in zip(texts, scores, strict=True)]
    put = [{**row, "text": text} for row, text in texts]
    return [_read(row, answer) for row, answer in zip(put, asker.answers(put), strict=True)]


def _read(row: Row, answer: str) -> str:
    return str(hooks.read(row, [answer])[1].parsed or "")


def _question(task: TaskFacts, row: Row) -> str:
    return str(task.task.doc_to_text(row)).strip()


def _label_words(task: TaskFacts, row: Row) -> list[str]:
    """How the labels are written in the prompt of the task, in their order."""
    if task.extraction == CHOSEN:
        return [str(word) for word in task.task.doc_to_choice(row)]
    labels = row["labels"]
    return [str(task.task.doc_to_target({**row, "gold": at, "label": label})) for at, label in enumerate(labels)]


def _written(asker: Asker, prompts: Sequence[str], opening: str, until: list[str], room: int) -> list[str]:
    """The replies to questions of ours, under the prompt setting of the run, without their opening."""
    settings: dict[str, Any] = {"until": until, "do_sample": False, "max_gen_toks": room}
    requests = []
    for prompt in prompts:
        if asker.variant.chat_template:
            system = [{"role": "system", "content": asker.task.system}] if asker.task.system else []
            turns = [*system, {"role": "user", "content": prompt}, {"role": "assistant", "content": opening}]
            put = asker.lm.apply_chat_template(turns, add_generation_prompt=False)
            arguments: tuple[str, dict[str, Any]] = (put, in_chat(settings))
        else:
            arguments = (f"{prompt}\n\n{opening}", settings)
        requests.append(Instance(request_type="generate_until", doc={}, arguments=arguments, idx=0))
    return asker.written(requests)


def figures(texts: Sequence[Variants], sides: Sequence[Side]) -> Reasons:
    """What came of the reasons of one system."""
    reasons = [side.reason for side in sides if side.reason is not None]
    pairs = [
        (one, side, side.reason)
        for one, side in zip(texts, sides, strict=True)
        if side.reason is not None and side.reason.wanted
    ]
    redacted = [
        (own.without != own.label, [other != own.label for other in own.random])
        for _, _, own in pairs
        if own.without is not None
    ]
    chance = [sum(others) / len(others) for _, others in redacted]
    changed = [own for _, _, own in pairs if own.becomes is not None]
    return Reasons(
        read=_share([bool(own.label) for own in reasons]),
        same=_share([bool(own.wanted) for own in reasons]),
        named=_mean([len(own.words) / len(one.words) for one, _, own in pairs if one.words]),
        redacted=_share([became for became, _ in redacted]),
        random=_mean(chance),
        gain=_mean([became - other for (became, _), other in zip(redacted, chance, strict=True)]),
        flipped=_share([own.becomes == own.wanted for own in changed]),
        kept=_mean([own.kept or 0.0 for own in changed]),
        agreement=agreement_with(
            [(own.words, side.targets[0].changes) for _, side, own in pairs if len(side.targets) == 1]
        ),
    )  # fmt: skip


def _mean(values: Sequence[float]) -> Mean | None:
    return mean(values) if values else None


def _share(values: Sequence[bool]) -> Mean | None:
    if not values:
        return None
    return Mean(value=sum(values) / len(values), interval=wilson(sum(values), len(values)), n=len(values))
