"""From runs to an explanation: base and adapter on the same loaded weights, the same texts put to both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.core.sentences import joined, sentence
from phingpt_bench.evaluate.paraphrased import asked_under, family_for
from phingpt_bench.evaluate.recorded import asked_again, documents, spec_of
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.results.collect import Run
from phingpt_bench.served.spec import ServedSpec
from phingpt_bench.why.choice import chosen
from phingpt_bench.why.faithful import figures, sets_of
from phingpt_bench.why.figures import Faithful, Reasons
from phingpt_bench.why.left_out import Variants, label_scores, log_odds, one_by_one, piece_scores
from phingpt_bench.why.live import Live
from phingpt_bench.why.people import people
from phingpt_bench.why.reasons import figures as figures_of_reasons
from phingpt_bench.why.reasons import reasons_for
from phingpt_bench.why.rows import read_text, row_why
from phingpt_bench.why.stored import Stored
from phingpt_bench.why.summary import agreement, word_means
from phingpt_bench.why.systems import FLOOR, System, systems_of
from phingpt_bench.why.values import RowWhy, Why

TIMED = 32  # rows whose whole texts are scored once more, to say what one scoring takes


@dataclass(slots=True)
class _Asked:
    """One system's part: its asker, the answers it wrote, and its log-likelihoods by row, text and label or piece.

    answers: by row, "" where labels are compared. one_scoring, seconds: of scoring the whole texts, and of all texts.
    prompts: by row its answers to paraphrases, none where it is not asked them.
    """

    asker: Asker
    answers: list[str]
    scores: list[list[list[float]]]
    one_scoring: float
    seconds: float
    prompts: list[list[str]]


def explained(  # noqa: PLR0913  what is asked, and of whom
    runs: Sequence[Run],
    known: Tasks,
    adapters: Path,
    *,
    rows: Sequence[str] = (),
    limit: int | None = None,
    base: str | None = None,
    served: ServedSpec | None = None,
    faithfulness: bool = False,
    reasons: bool = False,
    prompts: Sequence[str] = (),
) -> tuple[Why, Live]:
    """The explanation of some rows of one run, or of two on the same base (the reference first), and its systems.

    adapters: the folder that holds adapters by name. rows: flips, errors, all, random or ids (`choice.chosen`). limit:
    the first so many of them. base: a folder or Hub id in place of the recorded one. served: the server of runs of a
    served model. faithfulness: also compare the first words with random ones. reasons: also have reasons written, and
    test them. prompts: files of the prompts that took the place of a task's. BenchError for runs that cannot be asked
    again here, for runs of two tasks, bases or prompts, for scores, for rows that the runs lack, and for reasons of
    entities.
    """
    first = runs[0].record
    for run in runs:
        if (run.record.task, run.record.protocol.rows_digest) != (first.task, first.protocol.rows_digest):
            raise BenchError("the runs are not of one task and the same rows", where=str(run.path))
        if run.kind != FLOOR:
            _check_source(run, base, served)
    task, variants = _asked_again(runs, known, prompts)
    if first.protocol.kind == "scores":
        raise BenchError("task '{task}' asks for a number, which is not explained", task=first.task)
    choice, ids = chosen(rows, [run.outcomes for run in runs])
    if reasons and first.protocol.kind != "labels":
        raise BenchError("reasons are asked for labels, and task '{task}' asks for entities", task=first.task)
    texts = [one_by_one(row) for row in documents(task, ids)[: limit or None]]
    systems = systems_of(runs, variants, task, adapters, base, served)
    asked, wordings = [], list[str]()
    for run, one in zip(runs, systems, strict=True):
        family = family_for(task, one.variant) if run.record.paraphrases and run.kind != FLOOR else None
        with one.active():
            asked.append(_ask(Asker(one.lm, task, one.variant), texts, one.scores))
            if family is not None:
                wordings = [prompt.text for prompt in family[1].prompts()]
                put = asked_under(one.lm, task, one.variant, family[1], [own.row["id"] for own in texts], known.manager)
                asked[-1].prompts = [
                    [read_text(own.row, read.parsed) for read in answers]
                    for own, answers in zip(texts, zip(*put, strict=True), strict=True)
                ]
    made = [
        row_why(task, one, [(each.answers[at], each.scores[at], each.prompts[at]) for each in asked])
        for at, one in enumerate(texts)
    ]
    written: list[Reasons | None] = []
    for at, (run, one) in enumerate(zip(runs, systems, strict=True) if reasons else ()):
        with one.active():
            written.append(None if run.kind == FLOOR else _reasons(run, one, task, texts, made, at))
    faithful: list[list[Faithful]] = []
    for at, one in enumerate(systems if faithfulness else ()):
        with one.active():
            faithful.append(_faithful(task, texts, made, asked[at], at))
    found = Why(
        task=task.name, protocol=first.protocol.id, kind="labels" if task.extraction == CHOSEN else "spans",
        labels=list(task.dataset.labels), systems=_names(runs), runs=[run.record.run_id for run in runs],
        choice=choice, asked=len(ids), rows=made, words=word_means(made), faithful=faithful,
        people=[people(made, at) for at in range(len(systems))] if faithfulness else [],
        agreement=agreement(made), seconds=sum(one.seconds for one in asked),
        one_scoring=sum(one.one_scoring for one in asked), forwarded=_forwarded(systems),
        variants=sum(one.asker.texts for one in asked), scored=[one.scores for one in systems],
        prompts=wordings, reasons=written,
    )  # fmt: skip
    return found, Live(task, systems, {one.row["id"]: one for one in texts})


def _asked_again(runs: Sequence[Run], known: Tasks, prompts: Sequence[str]) -> tuple[TaskFacts, list[Variant]]:
    """The task in the words of the runs, and the prompt setting of each: a baseline reads the rows without a prompt.

    BenchError for two prompts: what is left out of a text would be left out of two questions.
    """
    asked = [asked_again(run.record, known, prompts) for run in runs]
    models = [task for run, (task, _) in zip(runs, asked, strict=True) if run.kind != FLOOR]
    names = [sentence("the task's own") if task.prompt is None else task.prompt.name for task in models]
    if len({None if task.prompt is None else task.prompt.digest for task in models}) > 1:
        raise BenchError(
            "the runs were asked with two prompts: {names}",
            where=str(runs[0].path),
            hint="name one after each run, as in base@{name}",
            names=joined(names, ", "),
            name=next(task.prompt.name for task in models if task.prompt is not None),
        )
    return (models or [asked[0][0]])[0], [variant for _, variant in asked]


def _check_source(run: Run, base: str | None, served: ServedSpec | None) -> None:
    """BenchError for a run whose model cannot be asked again, before anything is loaded."""
    if served is None and run.record.model.engine is not None:
        raise BenchError(
            "{name} was served by {engine}",
            where=str(run.path),
            hint="say where it is: --model ENGINE --model-args base_url=URL,model=NAME",
            name=run.record.model.name,
            engine=run.record.model.engine,
        )
    if served is None:
        spec_of(run.record.model, base)
    elif run.record.model.engine is None:
        raise BenchError(
            "{name} was loaded, not served", where=str(run.path), hint="leave out --model", name=run.record.model.name
        )


def _reasons(
    run: Run, one: System, task: TaskFacts, texts: Sequence[Variants], rows: list[RowWhy], side: int
) -> Reasons:
    """The figures of one system's reasons, which are put into its side of each row."""
    lm = one.lm if run.record.model.engine is not None else Stored(one.lm, run.record.model)
    own = [row.sides[side] for row in rows]
    found = reasons_for(Asker(lm, task, one.variant), texts, own)
    for row, reason in zip(rows, found, strict=True):
        row.sides[side] = replace(row.sides[side], reason=reason)
    return figures_of_reasons(texts, [row.sides[side] for row in rows])


def _forwarded(systems: Sequence[System]) -> int:
    """Tokens that were computed; a loaded model is shared by its systems."""
    return sum({id(one.lm): getattr(one.lm, "forwarded", 0) for one in systems}.values())


def _names(runs: Sequence[Run]) -> list[str]:
    """What the runs are called: by adapter, the bare base by its model; by the folder where that is the same twice.

    Runs in folders of one name, such as those of two results folders, are called by their whole paths.
    """
    names = [run.record.model.adapter or run.record.model.name for run in runs]
    folders = [run.path.parent.name for run in runs]
    return next(
        (tell for tell in (names, folders) if len(set(tell)) == len(runs)), [str(run.path.parent) for run in runs]
    )


def _ask(asker: Asker, texts: Sequence[Variants], scores_it: bool) -> _Asked:
    """Scores all texts, after a part of the whole ones alone: what one scoring of the rows takes.

    scores_it: whether the model can be asked for likelihoods; otherwise it only writes its answers.
    """
    if asker.task.extraction != CHOSEN:
        answers = asker.answers([one.row for one in texts])
        one_scoring = asker.seconds
        scores: list[list[list[float]]] = piece_scores(asker, texts, answers) if scores_it else [[] for _ in texts]
        return _Asked(asker, answers, scores, one_scoring, asker.seconds - one_scoring, [[] for _ in texts])
    alone = Asker(asker.lm, asker.task, asker.variant)
    label_scores(alone, [Variants(one.row, one.words, one.dropped[:1]) for one in texts[:TIMED]])
    share = sum(len(one.row["text"]) for one in texts[:TIMED]) / (sum(len(one.row["text"]) for one in texts) or 1)
    scores = label_scores(asker, texts)
    return _Asked(asker, [""] * len(texts), scores, alone.seconds / (share or 1), asker.seconds, [[] for _ in texts])


def _faithful(
    task: TaskFacts, texts: Sequence[Variants], rows: Sequence[RowWhy], asked: _Asked, side: int
) -> list[Faithful]:
    """The figures of one system, over the rows with one target."""
    pairs = [
        (sets, row.sides[side].targets[0], at)
        for at, (one, row) in enumerate(zip(texts, rows, strict=True))
        if len(row.sides[side].targets) == 1 and (sets := sets_of(one, row.sides[side].targets[0].changes)) is not None
    ]
    variants = [sets for sets, _, _ in pairs]
    if task.extraction == CHOSEN:
        labels = list(task.dataset.labels)
        scores = label_scores(asked.asker, variants)
        values = [
            log_odds(own, labels.index(goal.name), labels.index(goal.against or goal.name))
            for own, (_, goal, _) in zip(scores, pairs, strict=True)
        ]
    else:
        written = piece_scores(asked.asker, variants, [asked.answers[at] for _, _, at in pairs])
        values = [[one[0] for one in own] for own in written]
    return figures(values)
