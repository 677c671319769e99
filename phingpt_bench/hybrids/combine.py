"""A run combined with transparent parts: learned on validation rows, scored on the run's own test rows.

The model is asked the validation rows; on the test rows its stored answers are used. One rule for all parts that are
fitted (Wolpert 1992): the weights come from parts fitted on the training rows alone, since a combination learned on
rows that they have seen would trust them too much; for the test rows a part is fitted on both splits, so that it is the
floor of the board. An adapter that was trained on validation rows is refused for the same reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Exposure, together
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.ledgers import COMBINING
from phingpt_bench.core.machine import command
from phingpt_bench.core.protocol import CHOSEN
from phingpt_bench.core.provenance import now_text
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.sentences import sentence
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate import record
from phingpt_bench.evaluate.exposure import Exposures
from phingpt_bench.evaluate.recorded import asked_again, documents, recorded, spec_of
from phingpt_bench.evaluate.steps import slug
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.floors.learnt import splits
from phingpt_bench.hybrids import entities, labels
from phingpt_bench.hybrids.made import Made
from phingpt_bench.hybrids.parts import CRF, LEXICON, TFIDF
from phingpt_bench.lmeval.documents import Doc
from phingpt_bench.models import adapter
from phingpt_bench.models.devices import device
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import score_all

MOST_SEEN = 0.05  # of the validation rows: so many may be copies of training rows in the data themselves
WITH = {"labels": (TFIDF, LEXICON), "spans": (CRF,)}  # the parts of each kind of task


def combine(
    run: Run,
    known: Tasks,
    adapters: Path,
    *,
    using: Sequence[str] = (),
    base: str | None = None,
    prompts: Sequence[str] = (),
) -> tuple[Path, RunRecord]:
    """The folder and the record of a new run: `run` combined with the parts in `using`, by default all of its kind.

    adapters: the folder that holds adapters by name. base: a folder or Hub id in place of the recorded one. prompts:
    files of the prompts that took the place of a task's. BenchError for a run that has neither label probabilities nor
    entities by place, for a part of another kind of task, for a task without validation rows, and for an adapter that
    was trained on validation rows or without a card.
    """
    source, rows = run.record, run.outcomes
    kind = source.protocol.kind
    if kind == "spans":
        fits = bool(rows.entities)
    else:
        fits = kind == "labels" and source.protocol.extraction == CHOSEN and all(rows.probs or [None])
    if not fits:
        raise BenchError(
            "only runs that compare the likelihoods of labels, or that name entities, are combined",
            where=str(run.path),
        )
    spec_of(source.model, base)  # says at once what cannot be loaded
    parts = WITH[kind]
    if other := next((part for part in using if part not in parts), None):
        raise BenchError(
            "{part} does not answer task '{task}'",
            hint="parts for it: {parts}",
            part=other,
            task=source.task,
            parts=", ".join(parts),
        )
    chosen = [part for part in parts if part in (using or parts)]  # each once, in one order: all are in the run's name
    task, variant = asked_again(source, known, prompts)
    documents(task, rows.ids)  # says before anything is loaded that the rows are others
    if kind == "labels":
        labels.check(task, chosen)
    validation = _unseen(source, adapters, *splits(task.task))
    meter = Meter(device("auto"))  # where `recorded` loads
    with meter.phase(COMBINING):
        found = recorded([(run.path, source)], adapters, base)
        asker = Asker(found.lm(), task, variant)
        with adapter.only(found.model, found.names[0]):
            if kind == "spans":
                made = entities.combined(asker, rows, validation)
            else:
                made = labels.combined(asker, rows, validation, chosen)
    return _written(run, made, meter, chosen, _exposure(run, task, known, chosen))


def _exposure(run: Run, task: TaskFacts, known: Tasks, using: Sequence[str]) -> Exposure | None:
    """That of the run and of the parts that are fitted on the task's training and validation rows."""
    source = run.record
    if not set(using) & {TFIDF, CRF}:
        return source.exposure
    fitted = Exposures(known, {task.name: task}, {}).of_floor(task, source.limit, reads=True)
    return together(source.exposure, fitted, run.outcomes.ids)


def _unseen(source: RunRecord, adapters: Path, train: Sequence[Doc], validation: Sequence[Doc]) -> list[Doc]:
    """The validation rows whose text is not among the training rows of the task or of the adapter.

    BenchError where the adapter has seen more than MOST_SEEN of them, or where that is not known.
    """
    known = {row["id"] for row in train}
    if source.model.adapter is not None:
        known |= _rows_of(source.model.adapter, adapters, validation)
    return [row for row in validation if row["id"] not in known]


def _rows_of(name: str, adapters: Path, validation: Sequence[Doc]) -> set[str]:
    """The ids of the rows that an adapter was trained on."""
    folder = adapters / name
    card = adapter.card_of(folder)
    hint = sentence("train one on the training rows alone: phingpt-bench train RECIPE name=NAME splits=[train]")
    if card is None:
        raise BenchError(
            "the adapter has no card, so nothing says whether it has seen validation rows", where=str(folder), hint=hint
        )
    own = {name for ids in card.row_ids.values() for name in ids}
    seen = own & {row["id"] for row in validation}
    if len(seen) > MOST_SEEN * len(validation):
        raise BenchError(
            "the adapter was trained on {n} of the {all} validation rows, on which the combination is learned",
            where=str(folder),
            hint=hint,
            n=len(seen),
            all=len(validation),
        )
    return own


def _written(
    run: Run, made_of: Made, meter: Meter, using: Sequence[str], exposure: Exposure | None
) -> tuple[Path, RunRecord]:
    """Write the new run next to the old one. Its costs are those of the old one and of the combination."""
    source, answers = run.record, made_of.answers
    now = now_text("milliseconds")
    name = "+".join([source.model.adapter or "base", *using])
    identity = digest([source.model.adapter_digest, made_of.weights], 32)
    evaluation = replace(
        source.evaluation,
        seconds={**source.evaluation.seconds, **meter.ledger(None).seconds},
        usd=None, flops=None, joules=None, energy_method=None,
    )  # fmt: skip
    found = replace(
        answers.diagnostics,
        truncated_prompts=source.diagnostics.truncated_prompts,
        batch_size=source.diagnostics.batch_size,
        dequantised_once=source.diagnostics.dequantised_once,
        device=source.diagnostics.device,
        trained_on_task=True,
    )
    made = replace(
        source,
        run_id=digest([now, asdict(source.model), name]),
        created=now,
        model=replace(
            source.model, kind="tuned", adapter=name, adapter_digest=identity,
            recipe_digest=None, training_seed=None,
        ),
        scores=score_all(answers.outcomes),
        diagnostics=found,
        evaluation=evaluation,
        exposure=exposure,
        paraphrases=None,
        provenance=replace(source.provenance, fingerprint=None, command=command()),
    )  # fmt: skip
    folder = run.path.parent.with_name(slug(run.path.parent.name, "with", *using))
    folder.mkdir(parents=True, exist_ok=True)
    record.write(folder, record.files(answers, made))
    return folder, made
