"""One base and three adapters on three tasks: our command, which loads once, and four commands of stock lm-eval.

The case "adapters" of `python -m benchmarks.evaluation`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from benchmarks.cases import ADAPTERS, SENTIMENT
from benchmarks.command import command
from benchmarks.compare import OURS, STOCK, Settings
from benchmarks.measure import Usage, interleaved, spread
from benchmarks.sides import BATCH
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.paths import share
from phingpt_bench.models import adapter, embedded
from phingpt_bench.models.base_spec import BaseSpec, compute_dtype, device
from phingpt_bench.models.load import load_base
from phingpt_bench.train.recipe import Recipe

COUNT = 3
REAL = ("phin_fpb", "phin_tfns", "phin_fiqa_fingpt")
DEMO = (SENTIMENT, "phin_demo_ner")
DOCUMENTS = 64


def several(
    spec: BaseSpec, settings: Settings, tasks: Sequence[str] | None, trained: Path | None = None
) -> dict[str, Any]:
    """Time of whole commands, from a shell to all scores, and peak memory.

    Stock is four commands in a row, each of all tasks; ours is one `run`, with probes, written records and the board.
    trained: folder of an adapter whose weights are taken, a millionth apart; without one they are random. For labels
    that makes no difference to the speed, but what a random adapter writes does not end.
    """
    names = tuple(tasks or (DEMO if settings.demo else REAL))
    documents = settings.documents or DOCUMENTS
    usages: dict[str, list[Usage]] = {STOCK: [], OURS: []}
    singles: list[Usage] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        adapters = made_adapters(spec, folder, names, trained)

        def work(side: str, repeat: int) -> None:
            if side == STOCK:
                runs = [command(*stock(spec, names, documents, path)) for path in (None, *adapters)]
                singles.extend(runs)
                usages[STOCK].append(_total(runs))
            else:
                file = suite(spec, names, documents, adapters, folder / f"suite-{repeat}.yaml")
                usages[OURS].append(command("phingpt_bench.cli.main", "run", str(file), "--quiet"))

        interleaved([STOCK, OURS], lambda _side: settings.repeats, work)
    one = max(_peak(usage) for usage in singles)
    return {
        "case": ADAPTERS,
        "title": f"base and {COUNT} adapters on {len(names)} tasks, whole commands",
        "tasks": list(names),
        "documents": documents,
        "adapters": "random" if trained is None else trained.name,
        "sides": {name: _side(usages, name, settings.clock) for name in usages},
        "peak_over_one_stock_run": max(map(_peak, usages[OURS])) / one,
    }


def made_adapters(spec: BaseSpec, folder: Path, tasks: Sequence[str], trained: Path | None) -> list[Path]:
    """COUNT LoRA adapters of rank 16 on all linear layers, random or near `trained`, as `train` would leave them.

    BenchError if `trained` has other layers or another rank.
    """
    import torch
    from peft import get_peft_model_state_dict, load_peft_weights, set_peft_model_state_dict

    from phingpt_bench.train.trainer import with_lora

    found = []
    for seed in range(COUNT):
        loaded = load_base(spec)
        recipe = Recipe(name=f"adapter-{seed}", tasks=list(tasks), base=spec, seed=seed)
        model = with_lora(loaded, recipe)
        if trained is not None:
            weights = load_peft_weights(str(trained), device="cpu")
            if _shapes(weights) != _shapes(get_peft_model_state_dict(model)):
                raise BenchError("the adapter is not of rank 16 on all linear layers of this base", where=trained.name)
            set_peft_model_state_dict(model, weights)
        for name, weight in model.named_parameters():
            if "lora_B" in name and trained is not None:
                weight.data.mul_(1 + seed * 1e-6)  # the same adapter three times would be taken for one
            elif "lora_B" in name:  # zero at first, and the runner refuses an adapter that changes nothing
                torch.nn.init.normal_(weight, std=0.01)
        path = folder / recipe.name
        model.save_pretrained(str(path), safe_serialization=True)
        card = adapter.AdapterCard(
            **adapter.base_fields(loaded),
            name=recipe.name,
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


def _shapes(weights: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def stock(spec: BaseSpec, tasks: Sequence[str], documents: int, path: Path | None) -> tuple[str, ...]:
    """(module, arguments) of a user's command; where lm-eval cannot load 4 bits, `benchmarks.packed` stands for it."""
    common = ["--tasks", ",".join(tasks), "--limit", str(documents), "--batch_size", str(BATCH)]
    if spec.quantisation == "nf4":
        return "benchmarks.packed", json.dumps(asdict(spec)), str(path or ""), *common
    source = embedded.SMOLLM2.source() if spec.model == embedded.NAME else spec.model
    arguments = [f"pretrained={source}", f"dtype={compute_dtype(spec)}"] + ([f"peft={path}"] if path else [])
    shown = ["--include_path", str(share("tasks")), "--device", device(spec), "--num_fewshot", "0"]
    return "lm_eval", "run", "--model", "hf", "--model_args", ",".join(arguments), *shown, *common


def suite(spec: BaseSpec, tasks: Sequence[str], documents: int, adapters: Sequence[Path], file: Path) -> Path:
    """The suite file that asks the same of our runner."""
    asked = {
        "name": file.stem,
        "tasks": list(tasks),
        "bases": [{key: value for key, value in asdict(spec).items() if value is not None}],
        "adapters": [{"path": str(path)} for path in adapters],
        "floors": False,
        "limit": documents,
        "batch_size": BATCH,
        "results": str(file.with_suffix("")),
    }
    file.write_text(yaml.safe_dump(asked), encoding="utf-8")
    return file


def _total(runs: Sequence[Usage]) -> Usage:
    return Usage(
        seconds=sum(run.seconds for run in runs),
        cpu_seconds=sum(run.cpu_seconds for run in runs),
        peak_host_bytes=max(run.peak_host_bytes or 0 for run in runs) or None,
        peak_gpu_bytes=max(run.peak_gpu_bytes or 0 for run in runs) or None,
    )


def _peak(usage: Usage) -> int:
    """Of the GPU where there is one, otherwise of main memory."""
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
