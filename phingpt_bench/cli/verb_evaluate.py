"""`phingpt-bench evaluate`: one base and its adapters on some tasks, from flags instead of a suite file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.suites import carry_out, positive
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.errors import BenchError

if TYPE_CHECKING:
    from phingpt_bench.evaluate.suite import AdapterEntry
    from phingpt_bench.served.spec import ServedSpec

NAME = "evaluate"
HELP = "evaluate one base, loaded or served, and adapters on it, without a suite file"
EPILOG = """\
examples:
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --tasks phin_demo_sentiment --limit 20
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --adapter adapters/trained/demo --tasks phin_demo_ner
  phingpt-bench evaluate --adapter ORG/ADAPTER@REVISION --tasks phin_fpb \\
      --adapter-trained-on tfns
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
environment (OPENAI_API_KEY, ANTHROPIC_API_KEY) and are not stored.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--base", metavar="MODEL",
        help="folder, Hub id or the embedded model's name, loaded here; by default the one that the adapters name",
    )  # fmt: skip
    asked.add_argument(
        "--model", metavar="ENGINE",
        help="a served model: vllm, sglang, local-completions, local-chat-completions, openai-chat-completions, "
        "anthropic-chat-completions",
    )  # fmt: skip
    parser.add_argument(
        "--model-args",
        default="",
        metavar="K=V,...",
        help="options of --model: model, base_url, tokenizer, num_concurrent ...",
    )
    parser.add_argument(
        "--adapter", action="append", default=[], metavar="DIR",
        help="a folder or a Hub id (org/name, org/name/sub-folder, org/name@revision), or NAME= and one of them; may "
        "be repeated; with --model: a served name, a folder, or NAME=FOLDER",
    )  # fmt: skip
    add_overrides(parser, "seed=1 or bases.0.device=cpu")
    parser.add_argument("--tasks", nargs="+", required=True, metavar="TASK", help="tasks or groups")
    parser.add_argument(
        "--shots", type=int, default=0, metavar="K", help="few-shot examples in each prompt (default 0)"
    )
    parser.add_argument("--chat-template", action="store_true", help="put prompts into the model's chat template")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    parser.add_argument("--quantisation", choices=("nf4", "none"), default="nf4", help="default nf4 (4 bits)")
    parser.add_argument("--batch-size", type=positive, default=16, metavar="N", help="documents at a time (default 16)")
    parser.add_argument("--no-floors", action="store_true", help="skip the baselines")
    parser.add_argument(
        "--checks", action="store_true",
        help="also score gold answers, empty answers and the text itself, to test the scoring (leaderboard --checks)",
    )  # fmt: skip
    parser.add_argument(
        "--trained-on", action="append", metavar="DATA",
        help="what the base was trained on: a dataset (fpb, fpb:train+test), a protocol id, a file of 'hash-rows', or "
        "none; may be repeated. Without it, a model that is not in results/training-sets.yaml counts as unknown",
    )  # fmt: skip
    parser.add_argument(
        "--adapter-trained-on", action="append", default=[], metavar="[NAME=]DATA",
        help="what an adapter without card.json was trained on, as for --trained-on; NAME where there are several",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, metavar="DIR", help="for the records (default results/local/MODEL)")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    add_trust(parser)
    parser.add_argument("--force", action="store_true", help="re-run completed runs")
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, run, draw the board; 0. BenchError for unknown tasks, a bad base or adapter."""
    from dataclasses import replace

    from phingpt_bench.core import config
    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.evaluate.named_bases import completed
    from phingpt_bench.evaluate.plan import slug
    from phingpt_bench.evaluate.suite import Suite, Variant
    from phingpt_bench.models.load import BaseSpec, title

    served = args.model is not None
    if not served and args.model_args:
        raise BenchError("--model-args belong to --model", hint="--base takes --quantisation and --batch-size")
    if not served and args.base is None and not args.adapter:
        raise BenchError("nothing to evaluate", hint="give --base MODEL, --model ENGINE, or --adapter DIR")
    if served and args.adapter_trained_on:
        raise BenchError("--adapter-trained-on is for adapters that are loaded here, not for served ones")
    bases: list[BaseSpec | ServedSpec] = []
    spec = BaseSpec(model=args.base or "", quantisation=args.quantisation)
    if served:
        bases.append(_served(args.model, args.model_args, args.adapter))
    elif args.base is not None:
        bases.append(spec)
    suite = Suite(
        name="evaluate",
        tasks=args.tasks,
        bases=bases,
        variants=[Variant(shots=args.shots, chat_template=args.chat_template)],
        adapters=[] if served else _adapters(args.adapter, args.adapter_trained_on),
        floors=not args.no_floors,
        checks=args.checks,
        limit=args.limit,
        batch_size=args.batch_size,
    )
    suite = completed(suite, spec)
    first = suite.bases[0]
    name = slug(title(first) if isinstance(first, BaseSpec) else f"{first.title}-{first.engine}")
    on = {} if args.trained_on is None else {first.model: [own for own in args.trained_on if own != "none"]}
    suite = replace(suite, name=name, trained_on=on, results=args.results or Path("results") / "local" / name)
    suite = config.changed(suite, parsed(args.overrides))
    carry_out(
        suite,
        dry_run=args.dry_run,
        trusted=args.trust_task_code,
        force=args.force,
        quiet=args.quiet,
        changed=args.overrides,
    )
    return 0


def _adapters(adapters: list[str], trained_on: list[str]) -> list[AdapterEntry]:
    """An entry for each --adapter, with what the --adapter-trained-on that name it say, or those without a name."""
    from phingpt_bench.evaluate.suite import AdapterEntry

    entries, known = [], set()
    for text in adapters:
        name, sign, path = text.partition("=")
        own = [said for said in trained_on if "=" not in said or (sign and said.partition("=")[0] == name)]
        said = [one.rpartition("=")[2] for one in own]
        entries.append(
            AdapterEntry(
                path=Path(path if sign else text), name=name if sign else None,
                trained_on=[one for one in said if one != "none"] if said else None,
            )
        )  # fmt: skip
        known.add(name if sign else None)
    if wrong := next((said for said in trained_on if "=" in said and said.partition("=")[0] not in known), None):
        raise BenchError(
            f"--adapter-trained-on {wrong} names no adapter", hint="give the adapter as NAME=DIR, with the same name"
        )
    if len(adapters) > 1 and any("=" not in said for said in trained_on):
        raise BenchError(
            "--adapter-trained-on without a name is for one adapter, and there are several",
            hint="give each as NAME=DIR, and NAME=DATA",
        )
    return entries


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
