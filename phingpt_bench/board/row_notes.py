"""The notes to a row of the board: what a reader must know in addition to its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phingpt_bench.board.standing import Scope, Standing
from phingpt_bench.core.diagnostics import changed_server_text, cut_text, empty_text, skipped_text
from phingpt_bench.core.notes import Note
from phingpt_bench.core.records import NO_MODELS, RunRecord
from phingpt_bench.core.sentences import sentence, sentence_n
from phingpt_bench.data.prompt_file import QUERY
from phingpt_bench.results.answering import answering, score_of_read
from phingpt_bench.results.collect import Run
from phingpt_bench.results.difference import Difference
from phingpt_bench.results.pairing import best_of_base, fallback_note
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text.numbers import percent, score_text, signed

SMALL = 0.005  # of a label prior or a change of a gain: smaller ones get no note
RUN_ON = 0.1  # of the answers: the smallest share with a note that they ran on, or are empty
ORACLE = "oracle"  # the check that gives the gold answers


def row_notes(
    run: Run, standing: Standing, base: Run | None, bases: Sequence[Run], below: Note | None
) -> Iterator[Note]:
    """The notes to a row. bases: runs of its base. below: the note that the run does not beat the best floor."""
    record, metric = run.record, standing.metric
    score = standing.comparer.scores(run)[metric]
    if (reason := standing.apart.get(id(run))) is not None:
        yield Note(reason)
    stored = record.scores.get(metric, score)
    if stored != score if stored is None or score is None else abs(stored - score) > 1e-6:
        yield Note(sentence("run.json says {stored}, its outcomes give {score}", stored=stored, score=score))
    yield from _of_adapter(run)
    if below is not None and record.model.kind == "tuned":  # a weak base has the mark alone
        yield below
    if note := fallback_note(run, base):
        yield Note(note)
    if (best := best_of_base(run, bases, metric, standing.comparer)) is not None:
        score = standing.comparer.scores(best)[metric]
        yield Note(
            sentence(
                "the base at its best prompt ({variant}): {score}",
                variant=best.record.protocol.variant,
                score=f"{score:.3f}",
            ),
            "info",
        )
    yield from _of_source(record)
    yield from _of_served(run)
    yield from _answering_notes(run, standing)
    yield from _pieces_notes(run, base, standing)
    if any(member.lacks_prior for member in run.members):
        if record.model.served_by is None:
            text = sentence(
                "no contextual calibration: its labels were not scored without a text (evaluate it again with --force)"
            )
        else:
            text = sentence("no contextual calibration: a served model is not asked without a text")
        yield Note(text, "info")
    floor = standing.floor
    if below is not None and record.diagnostics.trained_on_task is False and floor is not None:
        yield Note(sentence("not trained on this task; {name} was", name=floor.record.model.name), "info")
    if (record.model.kind, record.model.name) == ("check", ORACLE) and metric == record.protocol.metric:
        low, high = METRICS[metric].bounds
        if score is None or abs(score - (high if METRICS[metric].higher_is_better else low)) > 1e-9:
            yield Note(sentence("the gold answers do not get the best score: the task or its scoring has a bug"))


def shared_by(run: Run) -> int:
    """The most processes of this program that shared a machine on which it was trained or evaluated."""
    ledgers = filter(None, (run.record.evaluation, run.record.training))
    return max((ledger.machine.workers for ledger in ledgers if ledger.machine is not None), default=1)


def shared_notes(run: Run, scope: Scope) -> Iterator[Note]:
    """That times and energy are those of a shared machine, unless they are trusted."""
    n = shared_by(run)
    if n > 1 and not scope.options.trust_times:
        yield Note(sentence("times and energy were measured on a machine that {n} processes shared", n=n), "info")


def _of_source(record: RunRecord) -> Iterator[Note]:
    """What is not known about an imported result, and about the weights behind a server."""
    if (source := record.provenance.imported) is not None:
        name = " ".join(filter(None, (source.source, source.version)))
        yield Note(sentence("imported from {source}: cost unknown", source=name), "info")
    model = record.model
    if model.engine is not None and model.compute_dtype is None and model.quantisation is None:
        yield Note(sentence("number format unknown"))


def _of_served(run: Run) -> Iterator[Note]:
    """That the server named several models, such as two versions of one, or changed while a run went on."""
    names = sorted({name for member in run.members for name in member.record.diagnostics.served_models})
    if len(names) > 1:
        yield Note(sentence("the server answered with several models: {names}", names=", ".join(names)))
    for member in run.members:
        if len(found := member.record.diagnostics.fingerprints) > 1:
            yield Note(changed_server_text(found))
            return


def _of_adapter(run: Run) -> Iterator[Note]:
    """What is not known about an adapter from elsewhere, a trial, and a base that is another one by design."""
    record = run.record
    if record.model.trained_elsewhere:
        rows = record.exposure is not None and record.exposure.adapter is not None
        asked = record.protocol.prompt
        if asked is not None and asked.name != QUERY:  # the user's own file, which the row names
            text = (
                sentence("trained elsewhere: prompt as given, rows as declared")
                if rows
                else sentence("trained elsewhere: prompt as given, rows unknown")
            )
        elif rows:
            text = sentence("trained elsewhere: prompt unknown, rows as declared")
        else:
            text = sentence("trained elsewhere: prompt and rows unknown")
        yield Note(text)
    if (limit := record.model.training_limit) is not None:
        yield Note(
            sentence_n(
                "a trial: trained on the first {n:,} row of each task alone",
                "a trial: trained on the first {n:,} rows of each task alone",
                limit,
            )
        )
    if record.diagnostics.named_base is not None:
        yield Note(sentence("its adapter_config.json names another base: {name}", name=record.diagnostics.named_base))
    if record.diagnostics.changed_base is not None:
        yield Note(sentence("on a base changed by design: {why}", why=record.diagnostics.changed_base))


def prior_notes(test: Difference | None, prior: float | None) -> Iterator[Note]:
    """How much of a tuned row's gain calibration without labels gives the base; no note if it gives none."""
    if prior is not None and test is not None and test.value is not None and prior >= SMALL and test.value > 0:
        text = sentence(
            "{prior} of the gain of {gain} is due to the label prior", gain=signed(test.value), prior=signed(prior)
        )
        yield Note(text, "info")


def _pieces_notes(run: Run, base: Run | None, standing: Standing) -> Iterator[Note]:
    """What is left of a tuned row's gain if pieces that could not be read count for neither side."""
    if run.kind != "tuned" or base is None or standing.metric not in standing.comparer.scores(base):
        return
    read = [score_of_read(one, standing.metric) for one in (base, run)]
    counted = [standing.comparer.scores(one)[standing.metric] for one in (base, run)]
    gains = [b - a for a, b in (read, counted) if a is not None and b is not None]
    if len(gains) == 2 and abs(gains[0] - gains[1]) >= SMALL:
        values = {"base": score_text(read[0]), "score": score_text(read[1])}
        yield Note(sentence("counting readable pieces only: {score}, its base {base}", **values), "info")


def _answering_notes(run: Run, standing: Standing) -> Iterator[Note]:
    """That nearly all answers are one label, or reached the token limit."""
    if run.kind in NO_MODELS:
        return
    found, scores = answering(run), standing.comparer.scores(run)
    if found.one_label and found.label_share is not None:
        share, mcc = percent(found.label_share), scores.get("mcc")
        if mcc is not None and abs(mcc) < 0.0005:
            yield Note(sentence("answers {label} in {share} of the rows, MCC 0", label=found.label, share=share))
        else:
            yield Note(sentence("answers {label} in {share} of the rows", label=found.label, share=share))
    if found.run_on is not None and found.run_on >= RUN_ON:
        text = sentence("{share} of the answers reached the token limit", share=percent(found.run_on))
        yield Note(text, "info")
    rows = len(run.outcomes.ids)
    if found.empty and found.empty >= RUN_ON * rows:
        text = empty_text(round(found.empty), rows, chat=run.record.protocol.chat_template)
        yield Note(text, "warning" if found.empty == rows else "info")
    if found.cut:
        yield Note(cut_text(round(found.cut)))
    if found.skipped:
        yield Note(skipped_text(round(found.skipped)))
