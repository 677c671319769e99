"""The catalogues of translations: extracted by Babel as babel.cfg says, updated and compiled by `make messages`."""

from __future__ import annotations

import ast
import functools
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from helpers.paths import ROOT
from phingpt_bench.board.published.files import read
from phingpt_bench.text.language import DOMAIN, ENGLISH, LANGUAGES, LOCALE

CONFIG = ROOT / "babel.cfg"
# which arguments of a function are texts, None for the first alone
KEYWORDS = {"say": None, "sentence": None, "say_n": (1, 2), "sentence_n": (1, 2), "t": None, "tn": (1, 2)}
PYTHON = set(KEYWORDS) - {"t", "tn"}  # which are the page's
ERROR = "BenchError"  # its message and its hint are texts
HELPED = ("add_argument", "add_parser")  # methods whose `help` is a text
LISTED = "TRANSLATED"  # a tuple of texts that reach `say` by a name
Found = tuple[int, str | None, str | tuple[str, ...], list[str]]


def in_python(file: IO[bytes], *_: object, **options: object) -> list[Found]:
    """The literal texts of each call that is among KEYWORDS, however deep, and of each assignment to LISTED."""
    found: list[Found] = []
    for node in ast.walk(ast.parse(file.read())):
        if (
            isinstance(node, ast.Call)
            and (name := getattr(node.func, "id", "t")) in KEYWORDS
            and not name.startswith("t")
        ):
            texts = node.args[: len(KEYWORDS[name] or (1,))]
            literal = [text.value for text in texts if isinstance(text, ast.Constant)]
            if len(literal) == len(texts) > 0:
                found.append((node.lineno, name, tuple(literal) if len(literal) > 1 else literal[0], []))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == ERROR:
            texts = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "hint")]
            found += [
                (node.lineno, None, text.value, []) for text in texts if isinstance(text, ast.Constant) and text.value
            ]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) in HELPED:
            helps = [word.value for word in node.keywords if word.arg == "help"]
            found += [(node.lineno, None, text.value, []) for text in helps if isinstance(text, ast.Constant)]
        elif isinstance(node, ast.Assign) and LISTED in map(ast.unparse, node.targets):
            found += [(node.lineno, None, text, []) for text in ast.literal_eval(node.value)]
    return found


def in_yaml(file: IO[bytes], *_: object, **options: object) -> list[Found]:
    """The texts of a data file that a board shows."""
    return [(line, None, text, []) for line, text in scalars(yaml.compose(file)) if text in shown()]


def scalars(node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    """(line, text) of all values of a YAML tree."""
    if isinstance(node, yaml.ScalarNode):
        yield node.start_mark.line + 1, node.value
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for _, item in node.value:
            yield from scalars(item)


@functools.cache
def shown() -> set[str]:
    """Notes of published results (how they compare, what a row and a cost cover) and what a price card assumes."""
    scores = [score for score in read(None).scores if score.metric.metric is not None and score.protocol.our_ids]
    found = {score.protocol.note for score in scores} | {score.note for score in scores}
    found |= {score.cost.scope for score in scores if score.cost is not None}
    card = yaml.safe_load((ROOT / "results" / "prices.yaml").read_text(encoding="utf-8"))
    found |= {entry["assumption"] for entry in card["entries"]}
    return {text for text in found if text}


def extracted() -> Catalog:
    """Every text of the project that is to be translated, as `make messages` finds them."""
    with CONFIG.open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    catalog = Catalog()
    for name, line, message, comments, context in extract_from_dir(ROOT, methods, options, KEYWORDS):
        catalog.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def file_of(language: str, suffix: str) -> Path:
    """The catalogue of a language, as text (.po) or compiled (.mo)."""
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def translations(language: str) -> Catalog:
    """What the .po file of a language says."""
    with file_of(language, ".po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def update(language: str) -> None:
    """Adds what is new to the .po file, takes out what is no longer said, and compiles it."""
    path, catalog, template = file_of(language, ".po"), translations(language), extracted()
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    catalog.update(template, no_fuzzy_matching=True)
    for message in catalog:
        message.flags.clear()  # Babel's guesses: it takes "5 % of" for a format
    body = io.BytesIO()
    write_po(body, catalog, width=100, omit_header=True, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    path.write_text(f"{head}\n\n{body.getvalue().decode().strip()}\n", encoding="utf-8")
    with file_of(language, ".mo").open("wb") as file:
        write_mo(file, catalog)
    lacking = [message for message in catalog if message.id and not is_translated(message)]
    print(f"{language}: {len(catalog)} texts, {len(lacking)} to be translated")


def is_translated(message: Message) -> bool:
    """Whether all its forms are there."""
    forms = message.string if message.pluralizable else [message.string]
    return all(form and form.strip() for form in forms)


if __name__ == "__main__":
    for name in LANGUAGES:
        if name != ENGLISH:
            update(name)
