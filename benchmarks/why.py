# python -m benchmarks.why --rows 8 --out results/benchmarks/why.json
"""Leave-one-word-out beside captum's FeatureAblation, on the same model and rows, in processor seconds.

captum (pip install captum) is asked as its users do: a mask over the words, and the logits of the last position; a
forward for each mask, which is its default, and one for some masks together. Both sides give the log-odds of the
first label against the last.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.measure import Stopwatch, interleaved, spread
from phingpt_bench.core.errors import BenchError
from phingpt_bench.evaluate.tasks import TaskFacts, Tasks
from phingpt_bench.evaluate.texts import Asker
from phingpt_bench.evaluate.variant import Variant
from phingpt_bench.lmeval import manager
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec, title
from phingpt_bench.models.load import load_base
from phingpt_bench.why.left_out import Variants, label_scores, log_odds, one_by_one
from phingpt_bench.why.words import without


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.why", description=__doc__)
    made.add_argument("--rows", type=int, default=8, metavar="N", help="first rows of the task (default 8)")
    made.add_argument("--repeats", type=int, default=1, metavar="N", help="of each side (default 1)")
    made.add_argument("--together", type=int, default=8, metavar="N", help="masks of a forward of captum (default 8)")
    made.add_argument("--model", default=embedded.NAME, help="the base (default: the embedded model)")
    made.add_argument("--quantisation", default="nf4", choices=("nf4", "none"), help="of the base (default nf4)")
    made.add_argument("--task", default="phin_demo_sentiment", help="a task of one-token labels (default demo)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; 2 where a side cannot be run."""
    args = parser().parse_args(argv)
    try:
        from captum.attr import FeatureAblation

        from phingpt_bench.engine.lm import PhinLM

        task = Tasks()[args.task]
        loaded = load_base(BaseSpec(model=args.model, quantisation=args.quantisation))
    except (BenchError, ImportError) as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    lm = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer)
    rows = [one_by_one(dict(doc)) for doc in list(task.task.eval_docs)[: args.rows]]
    asker = Asker(lm, task, Variant())
    found: dict[str, list[list[float]]] = {}
    sides = {"captum": 1, "captum together": args.together}  # masks of a forward
    seconds: dict[str, list[float]] = {name: [] for name in ("ours", *sides, "one scoring")}
    forwarded = lm.forwarded

    def work(name: str, _repeat: int) -> None:
        nonlocal forwarded
        watch = Stopwatch()
        with watch.running():
            if name == "ours":
                before = lm.forwarded
                values = [log_odds(own, 0, -1) for own in label_scores(asker, rows)]
                forwarded = lm.forwarded - before
                found[name] = [[own[0] - one for one in own[1:]] for own in values]
            elif name in sides:
                ablation = FeatureAblation(lambda masks, one: _odds(lm, task, one, masks))
                found[name] = [_ablated(ablation, one, sides[name]) for one in rows]
            else:
                label_scores(asker, [Variants(one.row, one.words, one.dropped[:1]) for one in rows])
        seconds[name].append(watch.cpu_seconds)

    work("one scoring", 0)  # the first forward of a process is slower
    seconds["one scoring"].clear()
    interleaved(list(seconds), lambda name: args.repeats, work)
    differences = [
        abs(a - b)
        for ours, theirs in zip(found["ours"], found["captum"], strict=True)
        for a, b in zip(ours, theirs, strict=True)
    ]
    facts = report.facts("why", args, title(loaded.spec))
    results: dict[str, Any] = {
        "rows": len(rows),
        "words": sum(len(one.words) for one in rows),
        "tokens": {
            "ours": forwarded,
            "captum": sum(len(lm.tok_encode(_prompt(task, one, text))) for one in rows for text in one.texts),
        },
        "cpu_seconds": {name: spread(values) for name, values in seconds.items()},
        "largest_difference": max(differences),
    }
    print(table(facts, results))
    report.save(args.out, facts, results)
    return 0


def _ablated(ablation: Any, one: Variants, together: int) -> list[float]:
    import torch

    kept = torch.ones(1, len(one.words))
    values: list[float] = ablation.attribute(kept, additional_forward_args=(one,), perturbations_per_eval=together)[
        0
    ].tolist()
    return values


def _odds(lm: Any, task: TaskFacts, one: Variants, masks: Any) -> Any:
    """The log-odds for each mask over the words (masks x words): one forward, padded on the right."""
    import torch

    texts = [without(one.row["text"], one.words, [at for at, kept in enumerate(mask) if not kept]) for mask in masks]
    prompts = [_prompt(task, one, text) for text in texts]
    labels = manager.continuations(task.task, one.row)
    first, last = (lm.tok_encode(label)[0] for label in (labels[0], labels[-1]))
    ids = [lm.tok_encode(prompt) for prompt in prompts]
    width = max(map(len, ids))
    padded = torch.tensor([[*own, *[0] * (width - len(own))] for own in ids])
    with torch.no_grad():
        logits = lm.model(input_ids=padded).logits
    ends = logits[torch.arange(len(ids)), torch.tensor([len(own) - 1 for own in ids])].float()
    return ends[:, first] - ends[:, last]


def _prompt(task: TaskFacts, one: Variants, text: str) -> str:
    return manager.render_prompt(task.task, {**one.row, "text": text})


def table(facts: dict[str, Any], results: dict[str, Any]) -> str:
    """Seconds of each side, and how they compare."""
    median = {name: values["median"] for name, values in results["cpu_seconds"].items()}
    lines = [f"{facts['machine']}, load {facts['load_average_before']}"]
    lines.append(f"{results['rows']} rows of {results['words']} words, processor seconds")
    lines += [f"  {name:16}{value:8.2f}" for name, value in median.items()]
    lines.append(f"  tokens: ours {results['tokens']['ours']:,}, captum {results['tokens']['captum']:,}")
    lines += [f"  {name} takes {median[name] / median['ours']:.2f} times ours" for name in median if "captum" in name]
    lines.append(f"  ours takes {median['ours'] / median['one scoring']:.1f} times one scoring")
    lines.append(f"  largest difference of a contribution: {results['largest_difference']:.2g} nats")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
