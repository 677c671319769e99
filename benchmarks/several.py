"""One base and three adapters on three tasks: our runner with one load, stock with four. Not run by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.cases import ADAPTERS, SENTIMENT
from benchmarks.compare import OURS, STOCK, Settings
from benchmarks.measure import Usage, interleaved, measured, spread
from benchmarks.sides import BATCH, load_stock, silent
from phingpt_bench.core.records import Ledger
from phingpt_bench.harness import manager
from phingpt_bench.models import adapter
from phingpt_bench.models.load import BaseSpec, load_base
from phingpt_bench.train.recipe import Recipe

COUNT = 3
REAL = ("phin_fpb", "phin_tfns", "phin_fiqa_fingpt")
DEMO = (SENTIMENT, "phin_demo_ner")
DOCUMENTS = 64


def several(spec: BaseSpec, settings: Settings, tasks: Sequence[str] | None) -> dict[str, Any]:
    """Time from nothing loaded to all scores, and peak memory. Imports are done before; a stock user pays them too.

    The adapters are random (their speed is that of trained ones). Stock is four evaluations in a row, each with its own
    load, each of all tasks; ours is the verb `evaluate`'s own work, with probes and written records.
    """
    names = tuple(tasks or (DEMO if settings.demo else REAL))
    documents = settings.documents or DOCUMENTS
    usages: dict[str, list[Usage]] = {STOCK: [], OURS: []}
    singles: list[Usage] = []
    with tempfile.TemporaryDirectory() as folder:
        adapters = random_adapters(spec, Path(folder), names)

        def work(name: str, repeat: int) -> None:
            if name == STOCK:
                runs = [_stock(spec, names, documents, path) for path in (None, *adapters)]
                singles.extend(runs)
                usages[STOCK].append(_total(runs))
            else:
                usages[OURS].append(_ours(spec, names, documents, adapters, Path(folder) / f"results-{repeat}"))

        interleaved([STOCK, OURS], lambda _name: settings.repeats, work)
    one = max(_peak(usage) for usage in singles)
    return {
        "case": ADAPTERS,
        "title": f"base and {COUNT} adapters on {len(names)} tasks, from nothing loaded to all scores",
        "tasks": list(names),
        "documents": documents,
        "sides": {name: _side(usages, name, settings.clock) for name in usages},
        "peak_over_one_stock_run": max(map(_peak, usages[OURS])) / one,
    }


def random_adapters(spec: BaseSpec, folder: Path, tasks: Sequence[str]) -> list[Path]:
    """COUNT LoRA adapters of rank 16 on all linear layers with random weights, as `train` would leave them."""
    import torch

    from phingpt_bench.train.trainer import with_lora

    found = []
    for seed in range(COUNT):
        loaded = load_base(spec)
        recipe = Recipe(name=f"random-{seed}", tasks=list(tasks), base=spec, seed=seed)
        model = with_lora(loaded, recipe)
        for name, weight in model.named_parameters():
            if "lora_B" in name:  # zero at first, and the runner refuses an adapter that changes nothing
                torch.nn.init.normal_(weight, std=0.01)
        path = folder / recipe.name
        model.save_pretrained(str(path), safe_serialization=True)
        identity = loaded.identity
        card = adapter.AdapterCard(
            name=recipe.name,
            base=identity.base or identity.name,
            base_revision=identity.base_revision,
            quantisation=identity.quantisation,
            compute_dtype=identity.compute_dtype or "",
            vocabulary_digest=adapter.vocabulary_digest(loaded.tokenizer),
            recipe=asdict(recipe),
            templates={},
            chat_template=False,
            data={},
            row_ids={},
            rows=0,
            steps=0,
            seed=seed,
            parameters=model.get_nb_trainable_parameters()[0],
            final_loss=None,
            cost=Ledger(seconds={}),
            created="",
        )
        adapter.write_card(path, card)
        found.append(path)
    return found


def _ours(spec: BaseSpec, tasks: Sequence[str], documents: int, adapters: Sequence[Path], results: Path) -> Usage:
    from phingpt_bench.evaluate.adapters import Training
    from phingpt_bench.evaluate.facts import gather
    from phingpt_bench.evaluate.run import run
    from phingpt_bench.evaluate.suite import AdapterEntry, Suite
    from phingpt_bench.train.recipe import load_recipe
    from phingpt_bench.train.run import default_folder, train

    suite = Suite(
        name="benchmark",
        tasks=list(tasks),
        bases=[spec],
        adapters=[AdapterEntry(path=path) for path in adapters],
        floors=False,
        limit=documents,
        batch_size=BATCH,
        results=results,
    )
    training = Training(load=load_recipe, folder=default_folder, train=train)
    with silent(), measured() as usage:
        run(suite, gather(suite, training), training)
    return usage


def _stock(spec: BaseSpec, tasks: Sequence[str], documents: int, path: Path | None) -> Usage:
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM

    with silent(), measured() as usage:
        model, tokenizer = load_stock(spec, path)
        lm = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=BATCH)
        simple_evaluate(
            model=lm, tasks=list(tasks), num_fewshot=0, limit=documents, task_manager=manager.task_manager()
        )
    return usage


def _total(runs: Sequence[Usage]) -> Usage:
    return Usage(
        seconds=sum(run.seconds for run in runs),
        cpu_seconds=sum(run.cpu_seconds for run in runs),
        peak_host_bytes=max(run.peak_host_bytes or 0 for run in runs) or None,
        peak_gpu_bytes=max(run.peak_gpu_bytes or 0 for run in runs) or None,
    )


def _peak(usage: Usage) -> int:
    """Of the GPU where there is one, else of main memory."""
    return usage.peak_gpu_bytes or usage.peak_host_bytes or 0


def _side(usages: dict[str, list[Usage]], name: str, clock: str) -> dict[str, Any]:
    runs = usages[name]
    pairs = zip(usages[STOCK], runs, strict=True)
    return {
        "seconds": spread([run.seconds for run in runs]),
        "cpu_seconds": spread([run.cpu_seconds for run in runs]),
        "peak_host_bytes": max(run.peak_host_bytes or 0 for run in runs) or None,
        "peak_gpu_bytes": max(run.peak_gpu_bytes or 0 for run in runs) or None,
        "faster_than_stock": spread([getattr(a, clock) / getattr(b, clock) for a, b in pairs]),
    }
