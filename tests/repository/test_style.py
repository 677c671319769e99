"""Expressions that docs/style.md asks to avoid are in no page, help text, string or comment of the project."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest
from helpers.paths import ROOT

AVOID = re.compile(
    r"""\b(
    at\ hand | anew | (?:to|can|could|be|been|is|are|was|were)\ (?:not\ )?(?:be\ )?had\b(?!\ (?:a|an|the|no)\b)
    | mend(?:s|ed|ing)? | nobody | stands?\ (?:beside|apart) | beside\ each\ other | (?:of\ )?one's\ own
    | told(?!\ apart) | goes\ on\ where | wrong[ -](?:alike|otherwise) | passed\ over
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
# docs/style.md shows what to avoid
PAGES = [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")) if path.name != "style.md"]
MODULES = [*(ROOT / "phingpt_bench").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")]
YAML = [
    *(ROOT / "tasks").rglob("*.yaml"),
    *(ROOT / "adapters" / "recipes").glob("*.yaml"),
    *(ROOT / "results").glob("*.yaml"),
    *(ROOT / "results" / "published").glob("*.yaml"),
]
STATIC = [path for path in (ROOT / "phingpt_bench" / "page" / "static").rglob("*") if path.is_file()]


def strings(source: str) -> str:
    """The string literals of a module (docstrings and parts of f-strings included) and its comments, one per line."""
    nodes = ast.walk(ast.parse(source))
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if AVOID.search(source):  # only then can a comment hold one, and finding comments takes long
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        texts += [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join(texts)


def avoided(path: Path) -> list[str]:
    """The expressions of a file that are to be avoided, line breaks within them as blanks."""
    text = path.read_text(encoding="utf-8")
    text = strings(text) if path.suffix == ".py" else re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [match[0].lower() for match in AVOID.finditer(re.sub(r"\s+", " ", text))]


def test_no_file_holds_an_expression_to_avoid() -> None:
    files = PAGES + MODULES + YAML + STATIC
    found = {path.relative_to(ROOT).as_posix(): words for path in files if (words := avoided(path))}
    assert found == {}, "see docs/style.md"


@pytest.mark.parametrize(
    "text",
    ["It is at hand.", "not to be had", "can be had", "Nobody looked", "to mend: x", "what is told", "wrong-alike"],
)
def test_an_expression_to_avoid_is_seen(text: str) -> None:
    assert AVOID.search(text)


@pytest.mark.parametrize("text", ["told apart", "a handle", "had a row", "to amend", "recommended"])
def test_plain_words_are_not_seen(text: str) -> None:
    assert not AVOID.search(text)


def test_a_string_and_a_comment_of_a_module_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""Doc."""\n\ntold = 1  # anew\nprint(f"{told} at\\n hand")\n')
    assert avoided(file) == ["at hand", "anew"]
