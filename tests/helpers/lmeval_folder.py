"""A folder as `lm_eval run --log_samples --output_path` writes it, of made-up answers to rows of the demonstration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from phingpt_bench.data.demo import load_demo
from phingpt_bench.scoring import answered
from phingpt_bench.scoring.answered import outcomes_of
from phingpt_bench.scoring.metrics import score_all

TASK, LABELS = "phin_demo_sentiment", ("negative", "neutral", "positive")
STAMP = "2026-01-02T03-04-05.678901"


def samples(share: float, n: int | None = None, seed: int = 0) -> list[dict[str, Any]]:
    """Lines of a samples file: the gold label is the most probable one with probability `share`."""
    random, found = np.random.default_rng(seed), []
    for at, row in enumerate(load_demo("sentiment")["test"][:n]):
        gold = LABELS.index(row["label"])
        best = gold if random.random() < share else (gold + 1) % 3
        values = [-1.5 if place == best else -2.5 - place / 10 for place in range(3)]
        prompt = f"News: {row['text']}\nIs this negative, neutral or positive?\nSentiment:"
        asked = {f"gen_args_{i}": {"arg_0": prompt, "arg_1": f" {label}"} for i, label in enumerate(LABELS)}
        pairs = [[str(value), "False"] for value in values]
        found.append({
            "doc_id": at, "doc": {**row, "labels": list(LABELS), "gold": gold}, "target": row["label"],
            "arguments": asked, "resps": [[pair] for pair in pairs], "filtered_resps": pairs, "filter": "none",
        })  # fmt: skip
    return found


def scores(lines: list[dict[str, Any]]) -> dict[str, float | None]:
    """The scores of such lines."""
    rows = [
        answered.chosen_label(line["doc"], LABELS, [float(value) for value, _ in line["filtered_resps"]])
        for line in lines
    ]
    return score_all(outcomes_of("labels", LABELS, [line["doc"]["id"] for line in lines], rows))


def folder(place: Path, share: float, n: int | None = None, *, stamp: str = STAMP, seed: int = 0, **said: Any) -> Path:
    """The folder of one model's results; `said` goes into "config", the model arguments among it."""
    lines = samples(share, n, seed)
    whole = len(load_demo("sentiment")["test"])
    config = {
        "model": "hf", "model_args": {"pretrained": "org/model"}, "model_dtype": "torch.float32", "model_sha": "",
        "limit": n, "random_seed": 0, "model_num_parameters": 100, **said,
    }  # fmt: skip
    content = {
        "results": {TASK: {f"{name},none": value for name, value in scores(lines).items()}},
        "configs": {TASK: {
            "task": TASK, "test_split": "test", "output_type": "multiple_choice", "doc_to_target": "label",
            "doc_to_text": "News: {{text}}\nIs this negative, neutral or positive?\n", "description": "",
            "doc_to_choice": list(LABELS), "gen_prefix": "Sentiment:", "target_delimiter": " ",
            "fewshot_delimiter": "\n\n",
        }},
        "versions": {TASK: 1.1}, "n-shot": {TASK: 0}, "n-samples": {TASK: {"original": whole, "effective": len(lines)}},
        "config": config, "date": 1767323045.6, "lm_eval_version": "0.4.13", "transformers_version": "5.23.0",
        "chat_template": None, "system_instruction": None,
    }  # fmt: skip
    place.mkdir(parents=True, exist_ok=True)
    (place / f"results_{stamp}.json").write_text(json.dumps(content))
    (place / f"samples_{TASK}_{stamp}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return place
