"""What a record says of its run and could be counted again: the figures beside the scores, costs, and the task.

A board shows these as they are recorded; `verify` counts them again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from phingpt_bench.core.diagnostics import Abstention
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.outcomes import INVALID, Outcomes
from phingpt_bench.core.records import RunRecord
from phingpt_bench.core.repeated import shown
from phingpt_bench.core.sentences import Sentence, sentence
from phingpt_bench.data.paraphrases import families
from phingpt_bench.data.passport import Passport
from phingpt_bench.lmeval.taskfiles import TaskFile
from phingpt_bench.scoring import calibration, ner
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.scoring.statistics import probabilities

CLOSE = 1e-6  # of USD, relative: a product of stored floats
DIGITS = 4  # of recorded risks


def figure_faults(record: RunRecord, rows: Outcomes) -> Iterator[Sentence]:
    """Diagnostics that the outcomes do not give: risk by confidence, misses by kind, and what goes to people.

    Also seen rows without their ids, which a board cannot leave out.
    """
    found = record.diagnostics
    if rows.kind == "labels" and rows.probs:
        probs, gold = probabilities(rows), rows.gold_places
        if found.aurc is not None:
            yield from _differing("aurc", found.aurc, round(calibration.aurc(gold, probs), DIGITS))
        risks = calibration.risk_at(gold, probs, calibration.COVERAGES)
        for coverage, risk in zip(calibration.COVERAGES, risks, strict=True):
            stored = (found.selective_risk or {}).get(str(coverage))
            if stored is not None:
                yield from _differing(f"selective_risk.{coverage}", stored, round(risk, DIGITS))
        for one in found.abstention or ():
            yield from _abstention_faults(one, rows)
    if record.exposure is not None and record.exposure.seen and not record.exposure.ids:
        yield sentence("exposure: {k} ids of {n} rows that were seen", k=0, n=record.exposure.seen)
    if rows.misses and found.misses is not None and found.misses != ner.misses_by_kind(rows.misses):
        yield sentence("diagnostics.misses: the outcomes give others")


def cost_faults(record: RunRecord) -> Iterator[Sentence]:
    """USD that seconds and price do not give; nothing for a machine without a price, and for billed tokens."""
    for place, ledger in (("evaluation", record.evaluation), ("training", record.training)):
        usd = _usd(ledger)
        if ledger is not None and ledger.usd is not None and usd is not None:
            yield from _differing(f"{place}.usd", ledger.usd, usd)


def task_faults(record: RunRecord, task: TaskFile, passport: Passport) -> Iterator[Sentence]:
    """Where a record says something else of its task than the task file here. passport: of the task's dataset."""
    asked = task.asked
    pairs = [("form_of", record.form_of, asked.form_of), ("extraction", record.protocol.extraction, asked.extraction)]
    pairs.append(("protocol.id", record.protocol.id, passport.protocol))
    for name, theirs, ours in pairs:
        if theirs != ours:
            yield sentence(
                "{name}: {theirs}, the file of task '{task}' says {ours}",
                name=name, theirs=shown(theirs), task=task.name, ours=shown(ours),
            )  # fmt: skip


def paraphrase_faults(record: RunRecord) -> Iterator[Sentence]:
    """Scores under paraphrases that cannot be: of other metrics, out of range, or not one for each prompt."""
    asked = record.paraphrases
    if asked is None:
        return
    for at, scores in enumerate(asked.scores):
        if scores.keys() != record.scores.keys():
            yield sentence("paraphrases.scores[{at}]: other metrics than those of the run", at=at)
        for name, score in scores.items():
            low, high = METRICS[name].bounds if name in METRICS else (-math.inf, math.inf)
            if score is not None and not low <= score <= high:
                yield sentence("paraphrases.scores[{at}].{name}: {score} cannot be", at=at, name=name, score=score)
    n = next((len(one.prompts()) for one in families().values() if one.digest == asked.digest), None)
    if n is not None and n != len(asked.scores):
        yield sentence("paraphrases.scores: {k}, and the family has {n} prompts", k=len(asked.scores), n=n)


def sample_faults(file: Path, record: RunRecord, rows: Outcomes) -> Iterator[Sentence]:
    """Where samples.jsonl, unchanged since the run, is not of these outcomes: ids, labels, digest of the requests."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    if [line["id"] for line in lines] != rows.ids:
        yield sentence("{file}: its rows are not those of the outcomes", file=file.name)
        return
    if rows.kind == "labels":
        places = {name: at for at, name in enumerate(rows.labels)}
        answers = [places.get(line["parsed"], INVALID) for line in lines]
        wrong = [name for name, one, other in zip(rows.ids, answers, rows.pred, strict=True) if one != other]
        if wrong:
            yield sentence(
                "{file}: {k:,} answers are not those of the outcomes, first {first}",
                file=file.name, k=len(wrong), first=wrong[0],
            )  # fmt: skip
    requests = [_requests(line) for line in lines]
    if None not in requests and digest(requests) != record.protocol.prompt_digest:
        yield sentence("protocol.prompt_digest: not that of the requests in {file}", file=file.name)


def _requests(line: Mapping[str, object]) -> list[list[object]] | None:
    """The requests of a row as they were made; None for an answer of another program, or of a combination."""
    prompt = line.get("prompt")
    if prompt is None:
        return None
    if "continuations" not in line:
        return [[prompt, line["generation"]]]
    asked = list(line["continuations"])  # type: ignore[call-overload]
    prompts = prompt if isinstance(prompt, list) else [prompt] * len(asked)
    return [[one, other] for one, other in zip(prompts, asked, strict=True)]


def _abstention_faults(one: Abstention, rows: Outcomes) -> Iterator[Sentence]:
    known = np.asarray([own or [0.0] * len(rows.labels) for own in rows.probs])
    right, handed = known.argmax(1) == np.asarray(rows.gold_places), known.max(1) < one.threshold
    place = f"abstention.{one.target}"
    yield from _differing(f"{place}.handed", one.handed, float(handed.mean()))
    yield from _differing(f"{place}.accuracy", one.accuracy, float((right | handed).mean()))


def _usd(ledger: Ledger | None) -> float | None:
    if ledger is None or ledger.price is None:
        return None
    return ledger.price.usd_per_hour * sum(ledger.seconds.values()) / 3600


def _differing(name: str, stored: float, counted: float) -> Iterator[Sentence]:
    if not math.isclose(stored, counted, rel_tol=CLOSE, abs_tol=1e-9):
        yield sentence("{name}: {stored:g}, counted again {counted:g}", name=name, stored=stored, counted=counted)
