"""The command line in Spanish: which language is taken, and that no English sentence is left in what people read."""

from __future__ import annotations

import argparse
import inspect
import io
import re

import pytest
from babel.messages.extract import extract_python

from phingpt_bench.cli import main as command
from phingpt_bench.cli.argparse_words import TRANSLATED, in_our_words

# words that are frequent in English and none in Spanish, not as part of an option, a path or a name
ENGLISH = re.compile(
    r"(?<![\w./$'-])(?:the|of|with|and|which|are|from|this|where|that|not|its|for|has|have|is)(?![\w/'-])"
)
# what argparse says only to programmers, who read English
TO_PROGRAMMERS = {
    ".__call__() not defined", "conflicting subparser: %s", "conflicting subparser alias: %s", "%r is not callable",
    "unknown parser %(parser_name)r (choices: %(choices)s)", 'argument "-" with mode %r',
    "can't open '%(filename)s': %(error)s", "cannot merge actions - two groups are named %r",
    "invalid option string %(option)r: must start with a character %(prefix_chars)r",
    "dest= is required for options like %r", "invalid conflict_resolution value: %r", "conflicting option string: %s",
    "mutually exclusive arguments must be optional", "cannot have multiple subparser arguments", "subcommands",
    "'required' is an invalid argument for positionals", "expected %s argument", " (default: %(default)s)",
    "argument '%(argument_name)s' is deprecated", "option '%(option)s' is deprecated",
    "command '%(parser_name)s' is deprecated", "%(prog)s: warning: %(message)s\n", "unexpected %(value)r",
}  # fmt: skip


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """(exit code, what a command says on standard output and standard error) in Spanish."""
    code = command.main(["--lang", "es", *argv])
    streams = capsys.readouterr()
    return code, streams.out + streams.err


def english(text: str) -> list[str]:
    """The lines of a text that look English."""
    return [line for line in text.splitlines() if ENGLISH.search(line)]


@pytest.mark.parametrize("verb", [verb for verb in command.VERBS if verb != command.PASSED_ON])
def test_help_of_every_verb_is_in_spanish(verb, capsys):
    code, text = said(capsys, verb, "--help")
    assert code == 0 and text.startswith(f"uso: phingpt-bench {verb}") and "--lang" in text
    assert english(text) == []
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("action", ["show", "path", "stamp", "validate"])
def test_help_below_a_verb_is_in_spanish(action, capsys):
    code, text = said(capsys, "tasks", action, "--help")
    assert code == 0 and english(text) == []


def test_the_list_of_verbs_is_in_spanish(capsys):
    code, text = said(capsys, "--help")
    assert code == 0 and english(text) == []
    assert max(map(len, text.splitlines())) <= 80


def test_the_check_sees_english():
    assert english("rows of a task\nfilas de una tarea\n--with-text docs/the.md") == ["rows of a task"]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["leaderboard", "--rowz"], "error: argumentos desconocidos: --rowz\n"),
        (["compare", "a"], "error: faltan estos argumentos: B\n"),
        (["compare", "a", "b", "--rows", "x"], "error: argumento --rows: valor no válido (int): 'x'\n"),
        (["evaluate", "--tasks"], "error: argumento --tasks: hace falta al menos un valor\n"),
        (["leaderboard", "--explain", "1"], "error: argumento --explain: hacen falta 2 valores\n"),
        (["run", "demo", "--limit", "0"], "error: argumento --limit: '0' no es un número entero a partir de 1\n"),
        (["doctr"], "error: no hay verbo con el nombre 'doctr'\nsugerencia: ¿quería decir 'doctor'?\n"),
        (["--langs", "es"], "error: opción desconocida '--langs'\n"),
    ],
)
def test_wrong_arguments_are_reported_in_spanish(argv, expected, capsys):
    code, text = said(capsys, *argv)
    assert code == 2 and text.startswith(expected)
    assert english(text) == []


@pytest.mark.parametrize(
    ("argv", "language", "rest"),
    [
        (["doctor"], "en", ["doctor"]),
        (["--lang", "es", "doctor"], "es", ["doctor"]),
        (["doctor", "--lang=ES"], "es", ["doctor"]),
        (["compare", "a", "--lang", "es", "b"], "es", ["compare", "a", "b"]),
        (["--lang", "es", "doctor", "--lang", "en"], "en", ["doctor"]),  # as of any option, the last counts
        (["--lang", "es", "lm-eval", "--lang", "x"], "es", ["lm-eval", "--lang", "x"]),
        (["rescore", "--", "--lang"], "en", ["rescore", "--", "--lang"]),
    ],
)
def test_the_language_is_found_before_or_after_the_verb(argv, language, rest):
    assert command.chosen_language(argv) == (language, rest)


@pytest.mark.parametrize("argv", [["--lang", "fr", "doctor"], ["doctor", "--lang"]])
def test_an_unknown_language_is_an_error(argv, capsys):
    assert command.main(argv) == 2
    assert capsys.readouterr().err.startswith("error: --lang: no language '")


def test_the_variable_chooses_where_no_option_does(monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_LANG", "es")
    assert command.chosen_language(["doctor"]) == ("es", ["doctor"])
    assert command.chosen_language(["doctor", "--lang", "en"]) == ("en", ["doctor"])


def test_the_words_of_argparse_are_known():
    """A Python whose argparse says more shows here."""
    source = io.BytesIO(inspect.getsource(argparse).encode())
    texts = [text for _, _, text, _ in extract_python(source, ["_", "ngettext"], [], {}) if text]
    found = {text if isinstance(text, str) else text[0] for text in texts}
    assert found - set(TRANSLATED) - TO_PROGRAMMERS == set()


def test_argparse_uses_english_for_other_programs():
    before = argparse._, argparse.ngettext
    with pytest.raises(ZeroDivisionError), in_our_words():
        assert argparse._ is not before[0]
        _ = 1 / 0
    assert (argparse._, argparse.ngettext) == before


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["leaderboard", "no-such-folder"], "error: no-such-folder: no existe esa carpeta\nsugerencia: dé la carpeta"),
        (["leaderboard", "--kind", "tunned"], "error: --kind: no hay tipo con el nombre 'tunned'\nsugerencia: ¿quería"),
        (["leaderboard", "--size", "big"], "error: --size: 'big' no es un tamaño\nsugerencia: como '<1B'"),
        (["leaderboard", "--width", "3"], "error: --width: un ancho de 3 columnas es demasiado pequeño\n"),
        (["run", "dmo"], "error: no hay suite con el nombre 'dmo'\nsugerencia: ¿quería decir 'demo'?\n"),
        (["run", "no.yaml"], "error: no.yaml: no existe el archivo de suite\nsugerencia: incluidas: demo"),
        (["train", "demo", "--limit", "0"], "error: --limit 0 no deja ninguna fila\nsugerencia: dé al menos 1\n"),
        (["train", "demo", "epochs=0"], "error: epochs=0: epochs es al menos 1\n"),
        (["train", "demo", "epochs=x"], "error: epochs=x: epochs: se esperaba un número entero y hay 'x'\n"),
        (["train", "demo", "epoch=1"], "error: epoch=1: clave desconocida 'epoch' (¿quería decir 'epochs'?)\n"),
        (["tasks", "show", "phin_fbp"], "error: no hay tarea con el nombre 'phin_fbp'\nsugerencia: ¿quería decir"),
        (["rescore", "no.csv", "--labels", "a,b"], "error: no.csv: no existe ese archivo\n"),
        (["evaluate", "--base", "x", "--model-args", "a=b", "--tasks", "y"],
         "error: --model-args corresponde a --model\n"),
    ],
)  # fmt: skip
def test_errors_are_in_spanish(argv, expected, capsys):
    code, text = said(capsys, *argv)
    assert code == 2 and text.startswith(expected)
    assert english(text) == []


def test_errors_are_in_english_where_english_is_spoken(capsys):
    assert command.main(["train", "demo", "epoch=1"]) == 2
    assert capsys.readouterr().err == "error: epoch=1: unknown key 'epoch' (did you mean 'epochs'?)\n"


def test_doctor_is_in_spanish(capsys):
    code, text = said(capsys, "doctor")
    assert code == 0 and english(text) == []
    for part in ("paquetes", "demo: puede ejecutarse aquí: phingpt-bench demo", "suites reales: "):
        assert part in text


@pytest.mark.slow
def test_a_plan_is_in_spanish(tmp_path, capsys):
    code, text = said(capsys, "run", "demo", "--dry-run", "--results", str(tmp_path))
    assert code == 0 and english(text) == []
    for part in ("suite demo: registros en", "adaptadores por entrenar", "phin_demo_ner, 60 documentos", "por hacer"):
        assert part in text
    assert "Por hacer: 1 entrenamiento y 10 ejecuciones con 912 preguntas a modelos." in " ".join(text.split())


def test_tasks_are_listed_in_spanish(capsys):
    code, text = said(capsys, "tasks")
    assert code == 0 and "published" not in text and "shown" not in text  # titles of sources stay English
    assert "Grupos y etiquetas, para --tasks" in text


def test_answers_are_rescored_in_spanish_and_exported_in_english(tmp_path, capsys):
    file = tmp_path / "answers.csv"
    file.write_text("id,answer,gold\n1,positive,positive\n2,maybe,negative\n3,negative,negative\n")
    code, text = said(capsys, "rescore", str(file), "--labels", "negative,positive")
    assert code == 0 and english(text) == []
    for part in ("3 filas puntuadas como etiquetas negative, positive", "Respuestas INVALID", "ninguna etiqueta"):
        assert part in " ".join(text.split())
    _, exported = said(capsys, "rescore", str(file), "--labels", "negative,positive", "--format", "json")
    assert '"no label": 1' in exported and "Columns: answers from" in exported


@pytest.mark.parametrize(("variable", "shown"), [("es", "no hay idioma"), ("en", "no language"), ("xx", "no language")])
def test_an_unknown_language_is_reported_in_the_one_that_is_set(variable, shown, capsys, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_LANG", variable)
    code = command.main(["demo", "--lang", "fr"])
    assert code == 2 and shown in capsys.readouterr().err
