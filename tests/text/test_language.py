"""Translations: none missing, none left over, the same values in both; which language is taken."""

from __future__ import annotations

import ast
import functools
import json
import re
import string
from pathlib import Path

import pytest

from phingpt_bench.board.published.files import read
from phingpt_bench.board.published.values import EVIDENCE
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.yamlfile import load_with_lines
from phingpt_bench.render.board.columns import COLUMNS
from phingpt_bench.render.board.legend import REASONS
from phingpt_bench.render.measures import METHODS
from phingpt_bench.results.pairing import BELOW_FLOOR
from phingpt_bench.scoring.metrics import METRICS
from phingpt_bench.text import language
from phingpt_bench.text.language import ENGLISH, LANGUAGES, WORDS, preferred, say, speaking, translations

PACKAGE = Path(language.__file__).resolve().parent.parent
SCRIPTS = sorted((PACKAGE / "page" / "static" / "js").glob("*.js"))
OTHERS = [name for name in LANGUAGES if name != ENGLISH]
# sentences that reach `say` through a name: values of tables that the code holds
BY_NAME = {metric.title for metric in METRICS.values()} | {BELOW_FLOOR, *METHODS.values(), *REASONS.values()}
BY_NAME |= {head for column in COLUMNS.values() for head in (column.head, column.stacked) if head}
BY_NAME |= set(EVIDENCE.values()) - {EVIDENCE["primary"]}
ASSUMED = "every core costs what a rented cloud vCPU (Intel Sapphire Rapids, 2 GB) lists for"  # of the shipped results


def of_published() -> set[str]:
    """The notes of published results that a board shows: how they compare, what a row and a cost cover."""
    scores = [score for score in read(None).scores if score.metric.metric is not None and score.protocol.our_ids]
    found = {score.protocol.note for score in scores} | {score.note for score in scores}
    found |= {score.cost.scope for score in scores if score.cost is not None}
    return {text for text in found if text}


@functools.cache
def said() -> set[str]:
    """Every literal first argument of `say` and `sentence` in the package, and what is marked by TRANSLATED = (...)."""
    found = BY_NAME | of_published() | {ASSUMED}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("say", "sentence") and node.args:
                try:
                    found.add(ast.literal_eval(node.args[0]))
                except ValueError:
                    continue
            named = isinstance(node, ast.Assign | ast.AnnAssign)
            targets = (node.targets if isinstance(node, ast.Assign) else [node.target]) if named else []
            if any(isinstance(target, ast.Name) and target.id == "TRANSLATED" for target in targets):
                found |= set(ast.literal_eval(node.value))
    return found | {sentence for path in SCRIPTS for sentence in said_in_script(path.read_text(encoding="utf-8"))}


def said_in_script(source: str) -> set[str]:
    """Every first argument of `t("...")` in a script of the page."""
    return {json.loads(text) for text in re.findall(r'\bt\(\s*("(?:[^"\\\n]|\\.)*")', source)}


def test_scripts_say_sentences_that_can_be_found():
    """A sentence that reaches `t` through a name escapes the tests above; the titles of metrics are in BY_NAME."""
    assert said_in_script('t("a"), t(\n  "b {n}", { n: 1 }), part("c"), t("d \\"e\\"")') == {"a", "b {n}", 'd "e"'}
    named = {
        (path.name, call)
        for path in SCRIPTS
        for call in re.findall(r"(?<!function )\bt\(\s*([^\s\"][^)]*)\)", path.read_text(encoding="utf-8"))
    }
    known = {"section.metricTitle", "board.metrics[metric]?.title ?? metric", "phase"}
    assert {call for _, call in named} <= known, named


def fields(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("name", OTHERS)
def test_every_sentence_is_translated_and_no_translation_is_left_over(name):
    words = translations(name)
    assert said() - set(words) == set()
    assert set(words) - said() == set()


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_same_values(name):
    for english, translated in translations(name).items():
        assert isinstance(translated, str) and translated.strip(), english
        assert fields(english) == fields(translated), english


@pytest.mark.parametrize("path", sorted(WORDS.rglob("*.yaml")), ids=lambda path: path.name)
def test_a_file_says_nothing_twice(path):
    _, _, twice = load_with_lines(path)
    assert twice == []


def test_no_sentence_stands_in_two_files():
    for name in OTHERS:
        keys = [key for path in (WORDS / name).glob("*.yaml") for key in load_with_lines(path)[0]]
        assert sorted(keys) == sorted(set(keys))


def test_say_speaks_the_language_in_force_and_english_where_it_has_no_word():
    assert say("Accuracy") == "Accuracy"
    with speaking("es"):
        assert say("Accuracy") == "Exactitud"
        assert say("no such sentence {n}", n=3) == "no such sentence 3"
    assert say("Accuracy") == "Accuracy"


@pytest.mark.parametrize(
    ("own", "locale", "expected"),
    [
        ("es", {"LANG": "en_US.UTF-8"}, "es"),
        ("", {"LANG": "es_MX.UTF-8"}, "es"),
        ("", {"LC_ALL": "C", "LANG": "es_MX.UTF-8"}, "en"),
        ("", {"LANG": "de_DE.UTF-8"}, "en"),
        ("", {}, "en"),
    ],
)
def test_the_language_is_that_of_the_variable_else_of_the_locale(monkeypatch, own, locale, expected):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PHINGPT_BENCH_LANG", own)
    assert preferred() == expected


def test_an_unknown_language_is_an_error(monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "xx")
    with pytest.raises(BenchError, match="no language 'xx'"):
        preferred()
    with pytest.raises(BenchError, match="no language 'fr'"), speaking("fr"):
        pass


def test_a_number_is_written_as_the_language_writes_it():
    assert (language.count(41000), language.count(41000, "+")) == ("41,000", "+41,000")
    with speaking("es"):
        assert (language.count(41000), language.count(-7, "+")) == ("41000", "-7")


@pytest.mark.parametrize("name", OTHERS)
def test_no_translation_groups_digits_as_english_does(name):
    assert [words for words in translations(name).values() if ",}" in words] == []
