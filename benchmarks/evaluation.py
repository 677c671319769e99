# python -m benchmarks.evaluation --threads 1 --out results/benchmarks/evaluation.json
"""Evaluation: stock lm-eval (HFLM) and this project (PhinLM) in turn in one process, on the same loaded weights.

docs/benchmarks.md says what each column means. On a GPU the same commands run there; an 8B model's speed, without
the model: --shape llama-8b --quantisation nf4 --dtype bfloat16.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cases import ADAPTERS, CASES, NAMES, real_data
from benchmarks.measure import prepare
from phingpt_bench.core.errors import BenchError
from phingpt_bench.models import embedded
from phingpt_bench.models.base_spec import BaseSpec, title

COLUMNS = ("stock", "stock-1", "stock-auto", "ours")
TRAINED = Path("adapters") / "trained" / "ner-smollm2-135m"


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.evaluation", description=__doc__.splitlines()[0])
    made.add_argument("--case", action="append", choices=NAMES, help="may be repeated (default: all)")
    made.add_argument("--columns", nargs="+", choices=COLUMNS, default=list(COLUMNS), help="sides (default: all)")
    made.add_argument("--documents", type=int, metavar="N", help="rows of each task (default: the case's own)")
    made.add_argument("--repeats", type=int, default=3, metavar="N", help="of stock and ours (default 3)")
    made.add_argument("--slow-repeats", type=int, default=1, metavar="N", help="of the other sides (default 1)")
    made.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="what ratios are of (default wall)")
    made.add_argument("--adapter-tasks", nargs="+", metavar="TASK", help=f"of the case '{ADAPTERS}'")
    made.add_argument("--demo", action="store_true", help="take the demo tasks even where the real data is")
    add_model_arguments(made)
    made.add_argument("--keep", action="store_true", help="keep what FILE holds of others: a run can be in parts")
    return made


def add_model_arguments(made: argparse.ArgumentParser) -> None:
    """What both benchmarks of models take."""
    made.add_argument("--model", default=embedded.NAME, help="folder, Hub id or the embedded model's name (default)")
    made.add_argument("--shape", help="a random model of this shape instead: tiny, llama-8b")
    made.add_argument("--tokenizer", metavar="DIR", help="tokenizer for --shape (default: the embedded model's)")
    made.add_argument("--quantisation", choices=("none", "nf4"), default="none", help="default none")
    made.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="float32", help="default float32")
    made.add_argument("--device", default="auto", help="default auto: the GPU where there is one")
    made.add_argument("--threads", type=int, default=1, metavar="N", help="torch's threads; 0: its own (default 1)")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")


@contextlib.contextmanager
def spec_of(args: argparse.Namespace) -> Iterator[BaseSpec]:
    """The base that the arguments mean; a random model's folder is there within the block only."""
    with tempfile.TemporaryDirectory() as folder:
        model = args.model
        if args.shape:
            from benchmarks.shapes import save_random

            model = str(save_random(args.shape, Path(folder) / f"random-{args.shape}", args.tokenizer))
        yield BaseSpec(model=model, quantisation=args.quantisation, compute_dtype=args.dtype, device=args.device)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the cases, print a table after each, write the file after each; 2 for bad input."""
    return carry_out(parser().parse_args(argv), _run)


def carry_out(args: argparse.Namespace, run: Callable[[argparse.Namespace, BaseSpec], None]) -> int:
    """Run a benchmark of one model and return its exit code: 2, after one line, for bad input."""
    prepare(args.threads)
    try:
        with spec_of(args) as spec:
            run(args, spec)
    except BenchError as err:
        print(f"error: {err}", file=sys.stderr)
        return 2
    return 0


def _run(args: argparse.Namespace, spec: BaseSpec) -> None:
    from benchmarks.compare import Settings, compare
    from benchmarks.several import several

    settings = Settings(
        columns=tuple(name for name in COLUMNS if name in args.columns or name == "stock"),
        repeats=args.repeats,
        slow_repeats=args.slow_repeats,
        documents=args.documents,
        demo=args.demo or not real_data(),
        clock="seconds" if args.clock == "wall" else "cpu_seconds",
    )
    wanted = args.case or NAMES
    results = report.kept(args.out, "cases", "case") if args.keep else {}

    def note(result: dict[str, Any], table: str) -> None:
        results[result["case"]] = result
        print(table, flush=True)
        report.save(args.out, facts, {"cases": [results[name] for name in NAMES if name in results]})

    trained = TRAINED if TRAINED.is_dir() and not args.shape and spec.model == embedded.NAME else None
    facts = report.facts("evaluation", args, title(spec))
    print(report.heading(facts))
    for adapted in (False, True):
        cases = [case for case in CASES if case.name in wanted and case.adapter == adapted]
        if settings.demo:
            cases = [case for case in cases if case.demo is not None]
        if not cases:
            continue
        models = load(spec, trained if adapted else None)
        for case in cases:
            result = compare(case, models, settings)
            result["adapter"] = adapted and hasattr(models.ours, "peft_config")
            note(result, report.case_table(result, settings.clock))
        del models
    if ADAPTERS in wanted:
        result = several(spec, settings, args.adapter_tasks, trained)
        note(result, report.several_table(result, settings.clock))


def load(spec: BaseSpec, adapter: Path | None) -> Any:
    """The weights for both sides, with `adapter` where there is one.

    One object, unless ours is de-quantised once on a CPU: then stock gets bitsandbytes' packed layers, as its users do.
    """
    from benchmarks.compare import Models
    from benchmarks.sides import load_stock
    from phingpt_bench.engine.model_facts import attention
    from phingpt_bench.models.load import load_base

    loaded = load_base(spec)
    model = loaded.model
    ours_attention = attention(model)
    if adapter is not None:
        from peft import PeftModel

        # without the card's check: it was trained on NF4 weights, and only the time of its answers matters here
        model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()
    if loaded.dequantised:
        stock, _ = load_stock(spec, adapter)
        return Models(stock, model, loaded.tokenizer, attention(stock), ours_attention, shared=False)
    # what transformers takes by itself; load_base takes another on a CPU
    return Models(model, model, loaded.tokenizer, "sdpa", ours_attention, shared=True)


if __name__ == "__main__":
    sys.exit(main())
