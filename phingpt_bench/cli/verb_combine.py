"""`phingpt-bench combine`: a run combined with TF-IDF and a lexicon, or with a CRF, learned on validation rows."""

from __future__ import annotations

import argparse

from phingpt_bench.cli.output import line, show
from phingpt_bench.cli.run_args import add_asked_again
from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say

NAME = "combine"
HELP = sentence("a hybrid: a run with TF-IDF and a lexicon, or with a CRF, learned on validation rows")
EPILOG = sentence("""\
The hybrid is a new run next to the old one, on the same test rows, so boards
and 'compare' show it. Its model is asked the validation rows; an adapter that
was trained on them is refused. samples.jsonl says what each part added.
Labels are combined with TF-IDF and a lexicon, entities with a CRF. For labels
it also says which rows to hand to a person for 90, 95 or 98 % right answers.

examples:
  phingpt-bench combine my-adapter --task phin_fpb
  phingpt-bench combine base --task phin_tfns --with tfidf-lr
  phingpt-bench combine my-entities --task phin_fin
  phingpt-bench compare my-adapter my-adapter+tfidf-lr+lexicon --task phin_fpb
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument("run", metavar="RUN", help="a run by its name on a board, or its folder")
    parser.add_argument("--task", metavar="T", help="the task; not needed for a run's folder")
    parser.add_argument(
        "--with",
        dest="using",
        nargs="+",
        default=[],
        choices=("tfidf-lr", "lexicon", "crf"),
        metavar=say("PART"),
        help="the other parts: tfidf-lr and lexicon for labels, crf for entities (default: all)",
    )
    add_asked_again(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the validation rows, fit, write the run; 0. BenchError for a run that cannot be combined here."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.cost.prices import load_prices
    from phingpt_bench.evaluate.tasks import Tasks
    from phingpt_bench.hybrids.combine import combine
    from phingpt_bench.render.abstention_text import abstention_blocks
    from phingpt_bench.results.comparison.asked import runs_of
    from phingpt_bench.scoring.metrics import METRICS
    from phingpt_bench.text.numbers import score_text

    silence_libraries()
    (source,) = runs_of(args.run, None, args.task, args.results)
    folder, made = combine(source, Tasks(), args.adapters, using=args.using, base=args.base, prompts=args.prompt)
    metric = made.protocol.metric
    line(
        say(
            "{metric} {before}, combined {after}: {folder}",
            metric=METRICS[metric].title,
            before=score_text(source.record.scores.get(metric)),
            after=score_text(made.scores.get(metric)),
            folder=folder,
        )
    )
    show(abstention_blocks(made.diagnostics.abstention or [], load_prices()))
    return 0
