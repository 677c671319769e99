"""Made-up run records for the tests of the board. Nothing here was measured; the names say so ("Model A")."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from phingpt_bench.board.cost_values import Prices
from phingpt_bench.core import fingerprint
from phingpt_bench.core.diagnostics import Diagnostics
from phingpt_bench.core.exposure import Compared, Declared, Exposure, exposure
from phingpt_bench.core.jsonio import write_json
from phingpt_bench.core.ledgers import Ledger, Price, TokenPrice
from phingpt_bench.core.outcomes import Outcomes
from phingpt_bench.core.protocol import CHOSEN, Protocol
from phingpt_bench.core.records import Model, RunRecord, to_dict
from phingpt_bench.cost.prices import ApiPrice, Entry, PriceCard
from phingpt_bench.results.collect import Run
from phingpt_bench.scoring.metrics import score_all

LABELS = ["negative", "neutral", "positive"]
TYPES = ["PER", "ORG", "LOC"]
PRICE = Price(card="2000-01-01", entry="made-up-core", count=2, usd_per_hour=0.25, assumption="made-up price")
PAPER = {"source": "made-up", "read_on": "2000-01-01", "assumption": "made-up price"}
HOST = {**PAPER, "usd_per_million_out": 40.0}
PRICES = Prices(
    name="made-up.yaml",
    own=False,
    card=PriceCard(
        date="2000-01-01",
        entries=(Entry(id="made-up-gpu", gpu="Made-up GPU", usd_per_hour=0.5, **PAPER),),
        api=(
            ApiPrice(id="cheap-h", models=("Model H",), host="Cheap", usd_per_million_in=2.0, **HOST),
            ApiPrice(id="dear-h", models=("Model H",), host="Dear", usd_per_million_in=10.0, **HOST),
        ),
    ),
)


def labels(
    accuracy: float, n: int = 300, *, seed: int = 0, invalid: float = 0.0, ids: list[str] | None = None
) -> Outcomes:
    """Outcomes of a labels task: the same gold for every `seed`, right with probability `accuracy`."""
    gold = np.random.default_rng(99).integers(0, 3, n)
    random = np.random.default_rng(seed)
    pred = np.where(random.random(n) < accuracy, gold, (gold + 1) % 3)
    pred = np.where(random.random(n) < invalid, -1, pred)
    return Outcomes(
        kind="labels", labels=LABELS, ids=ids or [f"row-{i}" for i in range(n)], gold=gold.tolist(), pred=pred.tolist(),
        invalid=(pred == -1).tolist(),
    )  # fmt: skip


def spans(recall: float, n: int = 98, *, seed: int = 0) -> Outcomes:
    """Outcomes of a spans task: up to two gold entities a type, each found with probability `recall`."""
    gold = np.random.default_rng(98).integers(0, 3, (n, 3))
    random = np.random.default_rng(seed)
    found = random.binomial(gold, recall)
    predicted = found + random.binomial(1, 0.1, (n, 3))
    counts = np.stack([found, predicted, gold], axis=-1)
    counts = np.concatenate([counts, np.zeros((n, 1, 3), dtype=int)], axis=1)  # no piece of unknown type
    return Outcomes(kind="spans", labels=TYPES, ids=[f"s-{i}" for i in range(n)], counts=counts.tolist())


def named(right: int, wrong: int, n: int = 200) -> Outcomes:
    """Outcomes of a spans task of five gold entities a row: one right in the first rows, some wrong in all."""
    counts = np.zeros((n, len(TYPES) + 1, 3), dtype=int)
    counts[:, 0, 2], counts[:, 0, 1] = 5, wrong
    counts[:right, 0, :2] += 1
    return Outcomes(kind="spans", labels=TYPES, ids=[f"s-{i}" for i in range(n)], counts=counts.tolist())


def billed() -> Ledger:
    """An evaluation that a host billed by tokens, some of them cached: $0.0258."""
    price = TokenPrice(
        card="2000-01-01", entry="made-up-api", usd_per_million_in=2.0, usd_per_million_out=8.0,
        usd_per_million_cached=0.5, assumption="made-up price",
    )  # fmt: skip
    return Ledger(
        seconds={"evaluate": 3.0}, tokens_in=12_000, tokens_out=600, tokens_cached=2_000, usd=0.0258, token_price=price
    )


def make_run(
    name: str = "Model A",
    kind: str = "base",
    outcomes: Outcomes | None = None,
    *,
    task: str = "phin_made_up",
    protocol: str | None = None,
    shots: int = 0,
    chat: bool = False,
    limit: int | None = None,
    seed: int = 42,
    created: str = "2000-01-01T00:00:00Z",
    base: str | None = "made-up/model-a",
    revision: str | None = None,
    dtype: str = "float32",
    adapter: str | None = None,
    digest: str = "0" * 8,
    prompts: str = "0" * 12,
    dataset: str = "made-up",
    quantisation: str | None = "nf4+dq",
    training: Ledger | None = None,
    evaluation: Ledger | None = None,
    diagnostics: Diagnostics | None = None,
    synthetic: bool = False,
    extraction: str | None = None,
    path: Path = Path("run.json"),
    **record: Any,
) -> Run:
    """One run with scores computed from its outcomes."""
    outcomes = labels(0.6) if outcomes is None else outcomes
    floor = kind in ("floor", "check")
    model = Model(
        name=name, kind=kind, base=None if floor else base, quantisation=None if floor else quantisation,
        compute_dtype=None if floor else dtype, base_revision=None if floor else revision, adapter=adapter,
        adapter_digest=digest if adapter else None,
    )  # fmt: skip
    made = RunRecord(
        run_id=f"{task}-{name}-{kind}-{adapter}-{shots}-{chat}-{seed}-{limit}", created=created, suite="made-up",
        task=task, task_version="1", model=model, limit=limit, seed=seed,
        protocol=Protocol(
            id=protocol or f"{task}/made-up/v1", dataset=dataset, split="test",
            rows_digest=fingerprint.digest(outcomes.ids), n=len(outcomes.ids),
            shots=shots, chat_template=chat, prompt_digest=prompts,
            extraction=extraction or (CHOSEN if outcomes.kind == "labels" else "generation"),
            metric="f1_weighted" if outcomes.kind == "labels" else "entity_f1", kind=outcomes.kind, synthetic=synthetic,
        ),
        scores=score_all(outcomes), diagnostics=diagnostics or Diagnostics(), training=training,
        evaluation=evaluation or Ledger(seconds={"evaluate": 75.0}),
    )  # fmt: skip
    return Run(dataclasses.replace(made, **record), outcomes, path)


def seen(kind: str = "exact", ids: Sequence[str] = (), base: Declared | None = None) -> Exposure:
    """The exposure of a run that saw the rows `ids`, all as copies of one kind, in nine training rows."""
    compared = Compared(by="texts", training_rows=9, test_rows=300)
    return exposure(dict.fromkeys(ids, kind), ids, compared, base=base)


def write_run(folder: Path, run: Run) -> Path:
    """The run as files in `folder`; the path of its run.json."""
    write_json(folder / "run.json", to_dict(run.record))
    write_json(folder / "outcomes.json", to_dict(run.outcomes))
    return folder / "run.json"


def example_runs() -> list[Run]:
    """Two tasks with floors, a base in three variants, two tuned models (one under the floor) and a limited run."""
    sentiment, ner = "phin_made_up_sentiment", "phin_made_up_ner"
    trained = Ledger(seconds={"load": 4.0, "train": 1650.0}, usd=0.115, price=PRICE, peak_host_bytes=2**31)
    timed = Ledger(seconds={"evaluate": 75.0}, usd=0.0052, price=PRICE, tokens_in=12_000)
    clean = seen(base=Declared(sets=[]))
    tuned = {"kind": "tuned", "training": trained, "evaluation": timed, "exposure": clean}
    return [
        make_run("Model A", "base", labels(0.45, seed=1, invalid=0.2), task=sentiment, evaluation=timed),
        make_run("Model A", "base", labels(0.55, seed=2, invalid=0.004), task=sentiment, shots=5, evaluation=timed),
        make_run("Model A", "base", labels(0.50, seed=3), task=sentiment, chat=True),
        make_run("Model A", outcomes=labels(0.86, seed=4), task=sentiment, adapter="adapter-one", **tuned),
        make_run("Model A", outcomes=labels(0.62, seed=5), task=sentiment, adapter="adapter-two", **{
            **tuned, "training": Ledger(seconds={}), "exposure": seen("near", labels(0.62, seed=5).ids[:7])}),
        make_run("TF-IDF + LR", "floor", labels(0.78, seed=6), task=sentiment, training=Ledger(seconds={"train": 3.2}),
                 exposure=seen()),
        make_run("majority", "floor", labels(0.34, seed=7), task=sentiment),
        make_run("oracle", "check", labels(1.0), task=sentiment),
        make_run("Model A", "base", labels(0.5, 20, seed=8), task=sentiment, limit=20),
        make_run("Model A", outcomes=labels(0.9, 20, seed=9), task=sentiment, limit=20, adapter="adapter-one", **tuned),
        make_run("Model A", "base", spans(0.1, seed=10), task=ner, evaluation=timed),
        make_run("Model A", outcomes=spans(0.8, seed=11), task=ner, adapter="adapter-three", **tuned),
        make_run("CRF", "floor", spans(0.75, seed=12), task=ner),
    ]  # fmt: skip
