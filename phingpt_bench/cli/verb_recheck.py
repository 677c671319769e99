"""`phingpt-bench recheck`: look again for training rows among the test rows of existing runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n

if TYPE_CHECKING:
    from phingpt_bench.core.records import RunRecord
    from phingpt_bench.evaluate.tasks import Tasks

NAME = "recheck"
HELP = sentence("look again for copies of training rows among the test rows of existing runs")
EPILOG = sentence("""\
examples:
  phingpt-bench recheck results/
  phingpt-bench recheck results/ --trained-on MODEL=fpb
  phingpt-bench recheck results/ --trained-on MODEL=rows.txt

No model runs, and no score changes. Use it for runs of an earlier version, and
when you learn later what a base was trained on.
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments."""
    parser.add_argument(
        "folder", type=Path, metavar=say("DIR"), help="a folder with runs; their records are updated in place"
    )
    parser.add_argument(
        "--trained-on",
        action="append",
        default=[],
        metavar=say("MODEL=DATA"),
        help="what a base was trained on, as in 'evaluate --trained-on'; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Check the runs, write the changes, report them; 0. BenchError without runs or for an unreadable declaration."""
    from phingpt_bench.api.silence import silence_libraries
    from phingpt_bench.cli.output import line
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.evaluate.again import look_again
    from phingpt_bench.evaluate.tasks import Tasks

    silence_libraries()
    trained_on: dict[str, list[str]] = {}
    for entry in args.trained_on:
        model, equals, data = entry.partition("=")
        if not (model and equals and data):
            raise BenchError(
                "--trained-on '{entry}' is not MODEL=DATA", hint="such as org/model=fpb:train", entry=entry
            )
        trained_on.setdefault(model, []).extend([] if data == "none" else [data])
    known = Tasks()
    rows: dict[str | None, Mapping[str, Sequence[str]] | None] = {}

    def of_adapter(record: RunRecord) -> Mapping[str, Sequence[str]] | None:
        if record.model.adapter not in rows:
            rows[record.model.adapter] = row_ids(record, known)
        return rows[record.model.adapter]

    looked = look_again(args.folder, known, trained_on, of_adapter)
    for one in looked:
        if one.why is not None:
            line(say("{path}: unchanged: {reason}", path=one.path, reason=one.why))
        elif one.record.exposure != one.before:
            counts = [None if found is None else found.seen for found in (one.before, one.record.exposure)]
            before, after = (say("unknown") if count is None else str(count) for count in counts)
            line(
                say(
                    "{path}: {before} -> {after} of {n} test rows seen",
                    path=one.path,
                    before=before,
                    after=after,
                    n=one.record.protocol.n,
                )
            )
    changed = sum(one.record.exposure != one.before for one in looked)
    left = sum(one.why is not None for one in looked)
    runs = say_n("{n} run", "{n} runs", len(looked))
    line(say("{runs}: {changed} changed, {left} could not be checked", runs=runs, changed=changed, left=left))
    return 0


def row_ids(record: RunRecord, known: Tasks) -> Mapping[str, Sequence[str]] | None:
    """The training rows of a record's adapter: from its card if it is available, otherwise from its recipe.

    The recipe is used instead of the card if it gives as many rows as were compared when the run was made. None if
    neither is there, or the base's tokenizer, which says which rows are too long.
    """
    from phingpt_bench.cli.tokenizers import tokenizer
    from phingpt_bench.core.errors import BenchError
    from phingpt_bench.models.adapter import CARD, read_card
    from phingpt_bench.train.dataset import training_data
    from phingpt_bench.train.folder import default_folder
    from phingpt_bench.train.recipe import load_recipe

    if record.model.adapter is None or record.model.trained_elsewhere:
        return None
    try:
        recipe = load_recipe(record.model.adapter)
        folder = default_folder(recipe)
        if (folder / CARD).is_file():
            return read_card(folder).row_ids
        rows = training_data(recipe, tokenizer(recipe.base.model)[0], None, known.manager).ids
    except BenchError:
        return None
    compared = None if record.exposure is None else record.exposure.compared
    counted = None if compared is None else compared.training_rows
    return rows if counted in (None, sum(len(set(ids)) for ids in rows.values())) else None
