# python -m benchmarks.exactness --documents 500 --out results/benchmarks/exactness.json
"""Exactness: the engine's answers beside those of stock lm-eval (HFLM) on real documents, in float32.

docs/benchmarks.md says what each column means.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import SENTIMENT, real_data
from benchmarks.compare import agreement
from benchmarks.evaluation import add_model_arguments, carry_out, load
from phingpt_bench.core.errors import BenchError
from phingpt_bench.lmeval import manager
from phingpt_bench.models.base_spec import BaseSpec, title

# One task for each template and dataset of the catalogue: the others ask the same questions about other cuts of it.
LABELS = (
    "phin_fpb", "phin_tfns", "phin_fiqa_fingpt", "phin_finentity", "phin_semeval", "phin_gold", "phin_fomc_5768",
    "phin_nwgi", "phin_finer_ord_type", "phin_fin_type", "phin_multifin_es", "phin_multifin_es_en", "phin_fpb_es_mt",
)  # fmt: skip
WRITTEN = ("phin_finer_ord", "phin_finer_ord_json", "phin_finer_ord_tags", "phin_fin", "phin_fpb_gen")
DEMO = (SENTIMENT, "phin_demo_ner")


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.exactness", description=__doc__.splitlines()[0])
    made.add_argument("--task", action="append", metavar="NAME", help="may be repeated (default: one a template)")
    made.add_argument("--documents", type=int, default=500, metavar="N", help="most rows of a label task (default 500)")
    made.add_argument("--written", type=int, default=16, metavar="N", help="most rows of a written task (default 16)")
    made.add_argument(
        "--tokens", type=int, default=0, metavar="N", help="most tokens that stock forwards a label task (default: any)"
    )
    made.add_argument("--adapter", type=Path, metavar="DIR", help="answer with this adapter (default: the bare base)")
    made.add_argument("--demo", action="store_true", help="take the demo tasks even where the real data is")
    add_model_arguments(made)
    made.add_argument("--keep", action="store_true", help="keep what FILE holds of others: a run can be in parts")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tasks, print a line after each, write the file after each; 2 for bad input."""
    return carry_out(parser().parse_args(argv), _run)


def _run(args: argparse.Namespace, spec: BaseSpec) -> None:
    names = args.task or (DEMO if args.demo or not real_data() else (*LABELS, *WRITTEN))
    if args.adapter is not None and not args.adapter.is_dir():
        raise BenchError(f"no adapter folder {args.adapter}")
    facts = report.facts("exactness", args, title(spec))
    facts["settings"]["adapter"] = args.adapter and args.adapter.name
    models = load(spec, args.adapter)
    print(report.heading(facts))
    print(f"  {'':22}{'rows':>5}{'values':>7}  {'largest difference':>18}  {'same answers':>12}")
    results = report.kept(args.out, "tasks", "task") if args.keep else {}
    for name in names:
        results[name] = one_task(name, models, args.documents, args.written, args.tokens)
        print(line(results[name]), flush=True)
        report.save(args.out, facts, {"tasks": list(results.values())})


def one_task(name: str, models: Any, documents: int, written: int, tokens: int) -> dict[str, Any]:
    """Both sides' answers to the first rows of a task, compared; with the processor seconds that each took."""
    from benchmarks.sides import SIDES, run_side

    task = manager.load_task(name)
    writes = task.OUTPUT_TYPE != "multiple_choice"
    count = min(written if writes else documents, len(task.eval_docs))
    if tokens and not writes:
        count = _within(task, models.tokenizer, count, tokens)
    sides = {}
    for side in ("stock", "ours"):
        model, attention = models.of(SIDES[side])
        sides[side] = run_side(SIDES[side], model, models.tokenizer, task, 0, count, attention)
    found = agreement(sides["stock"].watch, sides["ours"].watch, count)
    cpu = {side: round(run.watch.time.cpu_seconds, 1) for side, run in sides.items()}
    return {"task": name, "documents": count, "of": len(task.eval_docs), **found, "cpu_seconds": cpu}


def _within(task: Any, tokenizer: Any, most: int, tokens: int) -> int:
    """How many of the first `most` rows stock may answer by forwarding `tokens` tokens; 1 at the least."""
    docs = [task.eval_docs[at] for at in range(most)]
    labels = [tokenizer.encode(text, add_special_tokens=False) for text in manager.continuations(task, docs[0])]
    # stock forwards what labels have before their last token once for each such beginning
    rows = len({tuple(label[:-1]) for label in labels})
    spent = 0
    for at, doc in enumerate(docs):
        spent += rows * len(tokenizer.encode(manager.render_prompt(task, doc)))
        if spent > tokens:
            return max(1, at)
    return most


def line(result: dict[str, Any]) -> str:
    """One task: log-likelihoods and choices, or texts."""
    shown = f"  {result['task'].removeprefix('phin_'):22}{result['documents']:>5}"
    if "same_texts" in result:
        return f"{shown}{result['texts']:>7}  {'N/A':>18}  {result['same_texts']:>12}"
    return f"{shown}{result['values']:>7}  {result['largest_difference']:>18.1e}  {result['same_choices']:>12}"


if __name__ == "__main__":
    sys.exit(main())
