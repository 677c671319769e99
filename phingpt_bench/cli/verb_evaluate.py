"""`phingpt-bench evaluate`: one base and its adapters on some tasks, from flags instead of a suite file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.suites import carry_out, positive
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.errors import BenchError

if TYPE_CHECKING:
    from phingpt_bench.served.spec import ServedSpec

NAME = "evaluate"
HELP = "evaluate one base, loaded or served, and adapters on it, without a suite file"
EPILOG = """\
examples:
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --tasks phin_demo_sentiment --limit 20
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --adapter adapters/trained/demo --tasks phin_demo_ner
  phingpt-bench evaluate --base Qwen/Qwen2.5-0.5B-Instruct \\
      --tasks phin_sentiment --chat-template --results results/qwen
  phingpt-bench evaluate --model vllm --model-args model=FOLDER_OR_ID \\
      --adapter adapters/trained/demo --tasks phin_demo_sentiment
  phingpt-bench evaluate --model local-completions \\
      --model-args base_url=http://127.0.0.1:8000,model=NAME \\
      --adapter SERVED_NAME --tasks phin_fpb
  phingpt-bench evaluate --model openai-chat-completions \\
      --model-args model=gpt-4o-mini --tasks phin_fpb phin_finer_ord

Engines and what each can do: docs/engines.md. Keys of APIs come from the
environment (OPENAI_API_KEY, ANTHROPIC_API_KEY) and are stored nowhere.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--base", metavar="MODEL", help="folder, Hub id or the embedded model's name, loaded here")
    asked.add_argument(
        "--model", metavar="ENGINE",
        help="a served model: vllm, sglang, local-completions, local-chat-completions, openai-chat-completions, "
        "anthropic-chat-completions",
    )  # fmt: skip
    parser.add_argument(
        "--model-args", default="", metavar="K=V,...", help="of --model: model, base_url, tokenizer, num_concurrent ..."
    )
    parser.add_argument(
        "--adapter", action="append", default=[], metavar="DIR",
        help="may be repeated; of --model a served name, a folder, or NAME=FOLDER",
    )  # fmt: skip
    parser.add_argument("--tasks", nargs="+", required=True, metavar="TASK", help="tasks or groups")
    parser.add_argument("--shots", type=int, default=0, metavar="K", help="solved examples in each prompt (default 0)")
    parser.add_argument("--chat-template", action="store_true", help="put prompts into the model's chat template")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    parser.add_argument("--quantisation", choices=("nf4", "none"), default="nf4", help="default nf4 (4 bits)")
    parser.add_argument("--batch-size", type=positive, default=16, metavar="N", help="documents at a time (default 16)")
    parser.add_argument("--no-floors", action="store_true", help="leave out the cheap models to compare with")
    parser.add_argument(
        "--checks", action="store_true",
        help="score the gold answers, no answer and the text itself too, which test the scoring (leaderboard --checks)",
    )  # fmt: skip
    parser.add_argument(
        "--trained-on", action="append", metavar="DATA",
        help="what the base was trained on: a data set (fpb, fpb:train+test), a protocol id, a file of 'hash-rows', or "
        "none; may be repeated. Without, and for a model that is not in results/training-sets.yaml, it is unknown",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, metavar="DIR", help="for the records (default results/local/MODEL)")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    add_trust(parser)
    parser.add_argument("--force", action="store_true", help="re-run completed runs")
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, work, board; 0. BenchError for unknown tasks, a model that cannot be loaded, an adapter of another base."""
    from phingpt_bench.evaluate.plan import slug
    from phingpt_bench.evaluate.suite import AdapterEntry, Suite, Variant
    from phingpt_bench.models.load import BaseSpec, title

    served = args.model is not None
    if not served and args.model_args:
        raise BenchError("--model-args belong to --model", hint="--base takes --quantisation and --batch-size")
    base: BaseSpec | ServedSpec
    if served:
        base = _served(args.model, args.model_args, args.adapter)
        name = slug(f"{base.title}-{base.engine}")
    else:
        base = BaseSpec(model=args.base, quantisation=args.quantisation)
        name = slug(title(base))
    suite = Suite(
        name=name,
        tasks=args.tasks,
        bases=[base],
        variants=[Variant(shots=args.shots, chat_template=args.chat_template)],
        adapters=[] if served else [AdapterEntry(path=Path(folder)) for folder in args.adapter],
        floors=not args.no_floors,
        checks=args.checks,
        trained_on={} if args.trained_on is None else {args.base: [own for own in args.trained_on if own != "none"]},
        limit=args.limit,
        batch_size=args.batch_size,
        results=args.results or Path("results") / "local" / name,
    )
    carry_out(suite, dry_run=args.dry_run, trusted=args.trust_task_code, force=args.force, quiet=args.quiet)
    return 0


def _served(engine: str, args: str, adapters: list[str]) -> ServedSpec:
    """The spec of a served model with its adapters: each a served name, a folder, or NAME=FOLDER."""
    from phingpt_bench.served.spec import from_args

    entries = []
    for text in adapters:
        name, sign, path = text.partition("=")
        folder = Path(path if sign else text).expanduser()
        if sign or folder.is_dir():
            entries.append({"name": name if sign else folder.resolve().name, "path": str(folder)})
        else:
            entries.append({"name": text})
    return from_args(engine, args, adapters=entries)
