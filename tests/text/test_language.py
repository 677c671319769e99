"""Translations: none missing, none idle, compiled as written, the same values in both; plurals; which language."""

from __future__ import annotations

import ast
import functools
import gettext
import re
import string
from collections.abc import Collection, Iterator

import pytest
from babel.messages.catalog import Message
from helpers.messages import ERROR, extracted, file_of, is_translated, translations
from helpers.paths import ROOT

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import joined, sentence, sentence_n
from phingpt_bench.page.script import counted, said
from phingpt_bench.text import language
from phingpt_bench.text.language import ENGLISH, LANGUAGES, preferred, say, say_n, speaking, spoken, translated

PACKAGE = ROOT / "phingpt_bench"
SCRIPTS = sorted((PACKAGE / "page" / "static" / "js").glob("*.js"))
OTHERS = [name for name in LANGUAGES if name != ENGLISH]
FUNCTIONS = ("say", "sentence", "say_n", "sentence_n")

ids = functools.partial(map, lambda message: message.id)


def messages(name: str) -> list[Message]:
    """All entries of a language's catalogue."""
    return [message for message in translations(name) if message.id]


@pytest.fixture(scope="module")
def in_the_code() -> set[object]:
    return set(ids(message for message in extracted() if message.id))


@pytest.mark.parametrize("name", OTHERS)
def test_every_text_is_translated_and_no_translation_is_idle(name, in_the_code):
    """`make messages` adds what is new and takes out what is idle; the words are a person's."""
    assert in_the_code - set(ids(messages(name))) == set()
    assert set(ids(messages(name))) - in_the_code == set()
    assert [message.id for message in messages(name) if not is_translated(message) or message.fuzzy] == []


def doubled(text: str) -> bool:
    """Whether a text is the same text twice in a row, with white space between or without."""
    words = text.strip()
    return any(words[:at].rstrip() == words[at:].lstrip() for at in range(1, len(words)))


@pytest.mark.parametrize("name", OTHERS)
def test_no_translation_is_the_same_text_twice_in_a_row(name):
    """A merge of two catalogues by git can leave both halves of a change, one behind the other."""
    for message in messages(name):
        texts, forms = (message.id, message.string) if message.pluralizable else ([message.id], [message.string])
        if not any(map(doubled, texts)):
            assert [form for form in forms if doubled(form)] == [], message.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("una filauna fila", True),
        ("una fila\nuna fila\n", True),
        ("una fila una filia", False),
        ("", False),
        ("a", False),
    ],
)
def test_a_doubled_text_is_seen(text, expected):
    assert doubled(text) is expected


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_compiled_is_what_is_written(name):
    with file_of(name, ".mo").open("rb") as file:
        there = gettext.GNUTranslations(file)
    for message in messages(name):
        if message.pluralizable:
            one, many = message.id
            assert {there.ngettext(one, many, n) for n in range(200)} == set(message.string)
        else:
            assert there.gettext(message.id) == message.string
    written = sum(len(message.string) if message.pluralizable else 1 for message in messages(name))
    assert len([key for key in there._catalog if key]) == written  # nothing else is in it


def fields(text: str) -> list[str]:
    """The names in braces and, of argparse's texts, the values after a %."""
    named = sorted(name for _, name, _, _ in string.Formatter().parse(text) if name) if "{" in text else []
    return named + sorted(re.findall(r"%(?:\(\w+\))?[srd]\b", text))


@pytest.mark.parametrize("name", OTHERS)
def test_translations_have_the_same_values(name):
    for message in messages(name):
        texts, forms = (message.id, message.string) if message.pluralizable else ([message.id], [message.string])
        wanted = {tuple(fields(text)) for text in texts} if has_values(texts) else {()}
        # "one row" may leave its number out in either language
        allowed = wanted | {tuple(field for field in found if field != "n") for found in wanted if message.pluralizable}
        for form in forms:
            assert tuple(fields(form) if has_values(texts) else ()) in allowed, message.id


def has_values(texts: list[str]) -> bool:
    """Whether braces in it are values, not JSON or YAML that is shown."""
    return all(re.fullmatch(r"\w*", name) for text in texts for _, name, *_ in parsed(text) if name is not None)


def parsed(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(string.Formatter().parse(text))
    except ValueError:
        return [(text, "no format", None, None)]


@pytest.mark.parametrize("name", OTHERS)
def test_translations_keep_the_space_at_their_ends_and_group_no_digits_as_english_does(name):
    for message in messages(name):
        text, forms = (message.id[0], message.string) if message.pluralizable else (message.id, [message.string])
        for form in forms:
            assert (form[0].isspace(), form[-1].isspace()) == (text[0].isspace(), text[-1].isspace()), text
            assert ",}" not in form, text
            half = len(form) // 2  # as a merge of .po files as plain text makes it
            assert len(form) < 20 or form[:half] != form[half:], text


@functools.cache
def all_calls() -> list[tuple[str, ast.Call]]:
    """(place, call) of each function in the package that is called by its bare name."""
    calls: list[tuple[str, ast.Call]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        named = (node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
        calls += [(f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}", node) for node in named]
    return calls


def calls_of(names: Collection[str]) -> Iterator[tuple[str, ast.Call]]:
    return ((place, call) for place, call in all_calls() if getattr(call.func, "id", None) in names)


def test_texts_are_literals_that_can_be_extracted():
    """A text that is put together, or is a name, would be missing in every catalogue. Names hold extracted texts."""
    for place, call in calls_of(FUNCTIONS):
        if not place.startswith(("core/sentences.py", "core/errors.py", "text/language.py")):
            for text in call.args[: 2 if call.func.id.endswith("_n") else 1]:
                assert not isinstance(text, ast.JoinedStr | ast.BinOp | ast.IfExp), place


def test_scripts_say_texts_that_can_be_extracted(tmp_path, in_the_code):
    """A text that reaches `t` through a name escapes the tests above; the titles of metrics are extracted elsewhere."""
    (tmp_path / "a.js").write_text('t("a"), t(\n  "b {n}", { n: 1 }), part("c"), t("d \\"e\\""), `${t("a")}`')
    assert said(tmp_path) == ["a", "b {n}", 'd "e"']
    assert set(said(SCRIPTS[0].parent)) <= in_the_code
    (tmp_path / "a.js").write_text('tn("{n} a",\n "{n} b", 2), tn("{n} a", "{n} b", n, { n: 1 })')
    assert counted(tmp_path) == [("{n} a", "{n} b")]
    assert set(counted(SCRIPTS[0].parent)) <= in_the_code
    named = {
        (path.name, call)
        for path in SCRIPTS
        for call in re.findall(r"(?<!function )\bt\(\s*([^\s\"][^)]*)\)", path.read_text(encoding="utf-8"))
    }
    known = {"section.metricTitle", "board.metrics[metric]?.title ?? metric", "phase"}
    assert {call for _, call in named} <= known, named


def test_say_uses_the_language_in_force_and_english_without_a_translation():
    assert say("Accuracy") == "Accuracy"
    with speaking("es"):
        assert say("Accuracy") == "Exactitud"
        assert say("no such sentence {n}", n=3) == "no such sentence 3"
        assert say("") == ""
    assert say("Accuracy") == "Accuracy"
    assert translated("Accuracy", "es") == "Exactitud"
    assert translated("no such sentence", "es") is None


def test_a_sentence_is_english_until_it_is_spoken():
    made = sentence("unknown {kind} '{name}'", kind=sentence("task"), name="x")
    assert made == "unknown task 'x'"
    both = joined([made, "{as it is}"], "; {")
    assert both == "unknown task 'x'; {{as it is}"
    with speaking("es"):
        assert spoken(made) == "no hay tarea con el nombre 'x'"
        assert spoken(both) == "no hay tarea con el nombre 'x'; {{as it is}"
        assert spoken(joined([])) == ""
        assert str(made) == "unknown task 'x'"


@pytest.mark.parametrize(
    ("n", "english", "spanish"),
    [
        (0, "expected %s arguments", "hacen falta %s valores"),
        (1, "expected %s argument", "hace falta %s valor"),
        (2, "expected %s arguments", "hacen falta %s valores"),
    ],
)
def test_plurals(n, english, spanish):
    one, many = "expected %s argument", "expected %s arguments"
    assert say_n(one, many, n) == sentence_n(one, many, n) == english
    with speaking("es"):
        assert say_n(one, many, n) == spoken(sentence_n(one, many, n)) == spanish


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


ERRORS = (ERROR, "Refused", "Missing", "Again", "Lacking", "Half", "unknown")


def english_in(call: ast.Call) -> list[ast.expr]:
    """The texts that cannot be extracted: f-strings, and literals that are neither ERROR's nor a sentence's."""
    texts = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "hint")]
    branches = [
        part for text in texts for part in ((text.body, text.orelse) if isinstance(text, ast.IfExp) else (text,))
    ]
    direct = texts if getattr(call.func, "id", None) == ERROR else []
    return [
        text
        for text in branches
        if isinstance(text, ast.JoinedStr | ast.BinOp)
        or (isinstance(text, ast.Constant) and text.value is not None and text not in direct)
    ]


def test_errors_are_made_of_texts_that_can_be_extracted():
    for place, call in calls_of(ERRORS):
        assert english_in(call) == [], place


def test_an_error_is_given_the_values_that_its_texts_name():
    """It takes any name as a value, so a misspelt `hint` would pass as one."""
    for place, call in calls_of(ERRORS):
        if getattr(call.func, "id", None) == ERROR:
            given = {word.arg: word.value for word in call.keywords}
            given.pop("where", None)
            texts = [text for text in (*call.args, given.pop("hint", None)) if isinstance(text, ast.Constant)]
            named = {re.split(r"[.\[]", name)[0] for text in texts for _, name, *_ in parsed(str(text.value)) if name}
            assert set(given) == (named if given else set()), place


@pytest.mark.parametrize("code", ["Refused('x')", "BenchError(f'{x}')", "BenchError(s('x'), hint='y' if z else None)"])
def test_the_check_sees_an_error_in_english_alone(code):
    call = ast.parse(code, mode="eval").body
    assert isinstance(call, ast.Call) and len(english_in(call)) == 1
