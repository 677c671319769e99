"""Expressions that docs/style.md asks to avoid are in no page, help text or string of the package.

reword.txt lists the files that still hold some. It may only shrink: a clean file that is still listed fails as well.
"""

from __future__ import annotations

import ast
import re
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
YAML = [*(ROOT / "tasks").rglob("*.yaml"), *(ROOT / "adapters" / "recipes").glob("*.yaml")]
REWORD = set((Path(__file__).parent / "reword.txt").read_text(encoding="utf-8").split())


def strings(source: str) -> str:
    """The string literals of a module, docstrings and the fixed parts of f-strings among them, one a line."""
    nodes = ast.walk(ast.parse(source))
    return "\n".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def avoided(path: Path) -> list[str]:
    """The expressions of a file that are to be avoided, line breaks within them as blanks."""
    text = path.read_text(encoding="utf-8")
    text = strings(text) if path.suffix == ".py" else re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [match[0].lower() for match in AVOID.finditer(re.sub(r"\s+", " ", text))]


def test_no_file_holds_an_expression_to_avoid() -> None:
    found = {path.relative_to(ROOT).as_posix(): words for path in PAGES + MODULES + YAML if (words := avoided(path))}
    assert {name: words for name, words in found.items() if name not in REWORD} == {}, "see docs/style.md"
    assert REWORD - set(found) == set(), "clean by now, or gone: take these out of reword.txt"


@pytest.mark.parametrize(
    "text",
    ["It is at hand.", "not to be had", "can be had", "Nobody looked", "to mend: x", "what is told", "wrong-alike"],
)
def test_an_expression_to_avoid_is_seen(text: str) -> None:
    assert AVOID.search(text)


@pytest.mark.parametrize("text", ["told apart", "a handle", "had a row", "to amend", "recommended"])
def test_plain_words_are_not_seen(text: str) -> None:
    assert not AVOID.search(text)


def test_a_string_of_a_module_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""Doc."""\n\ntold = 1\nprint(f"{told} at\\n hand")\n')
    assert avoided(file) == ["at hand"]
