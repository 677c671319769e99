"""`phingpt-bench evaluate`: one base and its adapters on some tasks, from flags instead of a suite file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.cli.overrides import add_overrides
from phingpt_bench.cli.run_args import add_served
from phingpt_bench.cli.suites import add_device, add_paraphrases, add_skip_long, add_tag, carry_out, positive
from phingpt_bench.cli.tracking import add_report_to
from phingpt_bench.cli.trust import add_trust
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.paths import expanded
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

if TYPE_CHECKING:
    from phingpt_bench.evaluate.suite import AdapterEntry
    from phingpt_bench.served.spec import ServedSpec

NAME = "evaluate"
HELP = sentence("evaluate one base, loaded or served, and adapters on it, without a suite file")
EPILOG = sentence("""\
examples:
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --tasks phin_demo_sentiment --limit 20
  phingpt-bench evaluate --base smollm2-135m-instruct \\
      --adapter adapters/trained/demo --tasks phin_demo_ner
  phingpt-bench evaluate --adapter ORG/ADAPTER@REVISION --tasks phin_fpb \\
      --adapter-trained-on tfns
  phingpt-bench evaluate --base Qwen/Qwen2.5-0.5B-Instruct \\
      --tasks phin_sentiment --chat-template --results results/qwen
  phingpt-bench evaluate --base MODEL --adapter DIR --tasks phin_fpb \\
      --prompt ours --prompt my-prompt.yaml
  phingpt-bench evaluate --model vllm --model-args model=FOLDER_OR_ID \\
      --adapter adapters/trained/demo --tasks phin_demo_sentiment
  phingpt-bench evaluate --model local-completions \\
      --model-args base_url=http://127.0.0.1:8000,model=NAME \\
      --adapter SERVED_NAME --tasks phin_fpb
  phingpt-bench evaluate --model local-chat-completions \\
      --model-args base_url=https://HOST/v1,model=NAME,key_variable=MY_KEY \\
      --tasks phin_fpb
  phingpt-bench evaluate --model openai-chat-completions \\
      --model-args model=gpt-4o-mini --tasks phin_fpb phin_finer_ord

Engines and what each can do: docs/engines.md. Keys of APIs come from the
environment (OPENAI_API_KEY, ANTHROPIC_API_KEY) and are not stored.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument(
        "--base",
        metavar=say("MODEL"),
        help="folder, Hub id or the embedded model's name, loaded here; by default the one that the adapters name",
    )
    add_served(parser, asked)
    parser.add_argument(
        "--adapter",
        action="append",
        default=[],
        metavar=say("DIR"),
        help="a folder or a Hub id (org/name, org/name/sub-folder, org/name@revision), or NAME= and one of them; may "
        "be repeated; with --model: a served name, a folder, or NAME=FOLDER",
    )
    add_overrides(parser, "seed=1, bases.0.device=cpu")
    parser.add_argument("--tasks", nargs="+", required=True, metavar=say("TASK"), help="tasks or groups")
    parser.add_argument(
        "--shots", type=int, default=0, metavar="K", help="few-shot examples in each prompt (default 0)"
    )
    parser.add_argument(
        "--blocks",
        type=positive,
        default=1,
        metavar="B",
        help="number of blocks of examples to average over (default 1)",
    )
    parser.add_argument("--chat-template", action="store_true", help="put prompts into the model's chat template")
    parser.add_argument(
        "--prompt",
        action="append",
        default=[],
        metavar=say("NAME_OR_FILE"),
        help="ask in other words: a file that 'init prompt' made, 'query' (FLARE's own), or 'ours' beside them; may be "
        "repeated (docs/prompts.md)",
    )
    parser.add_argument("--thinking", choices=("on", "off"), help="use the chat template, with its switch for thinking")
    parser.add_argument(
        "--thinking-end",
        default="</think>",
        metavar=say("MARK"),
        help="what ends a thought in an answer (default </think>)",
    )
    add_paraphrases(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N rows of each task")
    add_skip_long(parser)
    parser.add_argument("--quantisation", choices=("nf4", "none"), default="nf4", help="default nf4 (4 bits)")
    parser.add_argument(
        "--batch-size", type=positive, metavar="N", help="documents at a time (default: 16 on a CPU, more on a GPU)"
    )
    add_device(parser)
    parser.add_argument("--no-floors", action="store_true", help="skip the baselines")
    parser.add_argument(
        "--checks",
        action="store_true",
        help="also score gold answers, empty answers and the text itself, to test the scoring (leaderboard --checks)",
    )
    parser.add_argument(
        "--trained-on",
        action="append",
        metavar=say("DATA"),
        help="what the base was trained on: a dataset (fpb, fpb:train+test), a protocol id, a file of "
        "'hash-rows', or none; may be repeated. Without it, a model that is not in "
        "results/training-sets.yaml counts as unknown",
    )
    parser.add_argument(
        "--adapter-trained-on",
        action="append",
        default=[],
        metavar=say("[NAME=]DATA"),
        help="what an adapter without card.json was trained on, as for --trained-on; NAME where there are several",
    )
    parser.add_argument(
        "--results", type=Path, metavar=say("DIR"), help="for the records (default results/local/MODEL)"
    )
    add_tag(parser)
    add_report_to(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    add_trust(parser)
    parser.add_argument(
        "--force", action="store_true", help="re-run completed runs; a served model is asked, and paid, again"
    )
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress, only the board")


def run(args: argparse.Namespace) -> int:
    """Plan, run, draw the board; 0. BenchError for unknown tasks, a bad base or adapter."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.core import config
    from phingpt_bench.core.overrides import parsed
    from phingpt_bench.evaluate.one_base import one_base
    from phingpt_bench.evaluate.variant import Variant
    from phingpt_bench.models.base_spec import BaseSpec

    silence_libraries()
    served = args.model is not None
    if not served and args.model_args:
        raise BenchError("--model-args belong to --model", hint="--base takes --quantisation and --batch-size")
    if not served and args.base is None and not args.adapter:
        raise BenchError("nothing to evaluate", hint="give --base MODEL, --model ENGINE, or --adapter DIR")
    if served and args.adapter_trained_on:
        raise BenchError("--adapter-trained-on is for adapters that are loaded here, not for served ones")
    if served and (args.device or args.dtype):
        raise BenchError(
            "--device and --dtype are for models that are loaded here",
            hint="a server that is started here takes dtype=... in --model-args",
        )
    spec = BaseSpec(
        model=args.base or "",
        quantisation=args.quantisation,
        device=args.device or "auto",
        compute_dtype=args.dtype or "auto",
    )
    base: BaseSpec | ServedSpec | None = None if args.base is None else spec
    if served:
        base = _served(args.model, args.model_args, args.adapter)
    variant = Variant(
        shots=args.shots, chat_template=args.chat_template or args.thinking is not None, thinking=args.thinking,
        thinking_end=args.thinking_end, blocks=args.blocks,
    )  # fmt: skip
    suite = one_base(
        base,
        args.tasks,
        spec=spec,
        adapters=[] if served else _adapters(args.adapter, args.adapter_trained_on),
        variant=variant,
        prompts=args.prompt,
        paraphrases=args.prompts is not None,
        floors=not args.no_floors,
        checks=args.checks,
        trained_on=None if args.trained_on is None else [own for own in args.trained_on if own != "none"],
        limit=args.limit,
        skip_long=args.skip_long,
        batch_size=args.batch_size,
        results=args.results,
        tags=args.tag,
    )
    suite = config.changed(suite, parsed(args.overrides))
    return carry_out(
        suite,
        dry_run=args.dry_run,
        trusted=args.trust_task_code,
        force=args.force,
        quiet=args.quiet,
        changed=args.overrides,
        report_to=args.report_to,
    )


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
            "--adapter-trained-on {wrong} names no adapter",
            hint="give the adapter as NAME=DIR, with the same name",
            wrong=wrong,
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
        folder = expanded(path if sign else text)
        if sign or folder.is_dir():
            entries.append({"name": name if sign else folder.resolve().name, "path": str(folder)})
        else:
            entries.append({"name": text})
    return from_args(engine, args, adapters=entries)
