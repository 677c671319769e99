"""`phingpt-bench hash-rows`: a file that shows which rows a model was trained on, without their texts."""

from __future__ import annotations

import argparse
from pathlib import Path

from phingpt_bench.core.sentences import sentence
from phingpt_bench.text.language import say, say_n

NAME = "hash-rows"
HELP = sentence("write a file that shows what a model was trained on without revealing the texts")
EPILOG = sentence("""examples:
  phingpt-bench hash-rows train.jsonl --out rows.txt
  phingpt-bench hash-rows train.csv --text sentence --near --out rows.txt
  phingpt-bench evaluate --base MODEL --trained-on rows.txt --tasks phin_fpb
""")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar=say("FILE"), help=".jsonl, .csv or .parquet with one text per row")
    parser.add_argument(
        "--text", default="text", metavar=say("COLUMN"), help="the column with the text (default: text)"
    )
    parser.add_argument(
        "--salt", default="", metavar=say("TEXT"), help="put before each text; it is written into the file"
    )
    parser.add_argument("--near", action="store_true", help="add signatures, so that changed copies are found too")
    parser.add_argument("--out", type=Path, required=True, metavar=say("FILE"), help="the file to write")


def run(args: argparse.Namespace) -> int:
    """Write the hashes of the rows of a file; BenchError for an unknown column, and for a file to write that exists."""
    from phingpt_bench.cli.output import line
    from phingpt_bench.core.errors import BenchError, unknown
    from phingpt_bench.core.jsonio import write_text
    from phingpt_bench.data.copies import hashes
    from phingpt_bench.data.sources import read_file

    rows = read_file(args.file)
    if not rows:
        raise BenchError("no rows", where=str(args.file))
    if args.text not in rows[0]:
        raise unknown(sentence("column"), args.text, rows[0], where=str(args.file))
    if args.out.exists():
        raise BenchError("the file exists", where=str(args.out), hint="give another name, or remove it")
    texts = [row[args.text] for row in rows if isinstance(row[args.text], str)]
    lines = list(hashes.lines(texts, salt=args.salt, near=args.near))
    write_text(args.out, "\n".join(lines) + "\n")
    count = sum(not entry.startswith("#") for entry in lines)
    line(
        say_n(
            "{file}: {n:,} distinct text of {rows:,} rows",
            "{file}: {n:,} distinct texts of {rows:,} rows",
            count,
            file=args.out,
            rows=len(rows),
        )
    )
    return 0
