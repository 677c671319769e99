"""`init task FILE` makes a task from a user's own data without Python; a reader that the user wrote is found too."""

from __future__ import annotations

from pathlib import Path

import pytest

from phingpt_bench.cli.main import main
from phingpt_bench.data import catalogue

UP = ["sube", "gana", "crece", "mejora"]
DOWN = ["baja", "pierde", "cae", "empeora"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = [
        f'"La empresa {n} {verb} en el trimestre";{label}'
        for n in range(40)
        for verbs, label in ((UP, "positivo"), (DOWN, "negativo"))
        for verb in verbs[n % 4 : n % 4 + 1]
    ]
    text = "Titular;Sentimiento\r\n" + "\r\n".join([*rows, rows[0], '"Sin etiqueta, aún";'])
    (tmp_path / "titulares nuevos.csv").write_bytes(text.encode("cp1252"))
    tokens = "\n".join(f"La O\nempresa O\nIberda{n} B-ORG\ncrece O\nen O\nMadrid S-LOC\n" for n in range(40))
    (tmp_path / "noticias.conll").write_text(tokens, encoding="utf-8")
    dates = "".join(f"La empresa {n} gana y crece;{n}.10.2025\n" for n in range(60))
    (tmp_path / "fechas.csv").write_text(f"titular;etiqueta\n{dates}", encoding="utf-8")
    (tmp_path / "una.csv").write_text("titular;etiqueta\nLa empresa gana;sube\nLa otra gana;sube\n", encoding="utf-8")
    return tmp_path


def test_a_spanish_spreadsheet_becomes_a_task(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", "titulares nuevos.csv"]) == 0
    out = capsys.readouterr().out
    for said in ("texts in 'Titular', labels in 'Sentimiento'", "read as cp1252", "1 duplicate is left out",
                 "1 row without an answer", "export PHINGPT_BENCH_TASKS="):  # fmt: skip
        assert said in out
    assert "la empresa 1 gana" not in out.lower()
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    splits = catalogue.load("titulares_nuevos")
    passport = catalogue.dataset("titulares_nuevos")
    assert sum(map(len, splits.values())) == 80 == sum(passport.rows.values())
    assert passport.labels == ("negativo", "positivo") and passport.language == "es"
    task = (place / "my_tasks" / "titulares_nuevos.yaml").read_text(encoding="utf-8")
    assert "negativo o positivo" in task and 'gen_prefix: "Sentimiento:"' in task and "_labels_yaml" in task
    assert main(["init", "task", "titulares nuevos.csv"]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
def test_the_tasks_are_valid_and_their_floors_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", "titulares nuevos.csv", "--name", "moods"]) == 0
    assert main(["init", "task", "noticias.conll", "--name", "names", "--lang", "es"]) == 0
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    capsys.readouterr()
    assert main(["tasks", "validate", "my_tasks"]) == 0
    out = capsys.readouterr().out
    assert "passport moods  test rows: of " in out and "names  metrics" in out
    assert "has no rank" not in out
    (place / "suite.yaml").write_text("name: own\ntasks: [moods, names]\nresults: results/own\n")
    assert main(["run", "suite.yaml", "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "tfidf-lr" in out and "crf" in out


def test_a_test_part_that_is_in_the_training_part_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", "titulares nuevos.csv", "--name", "moods"]) == 0
    data = place / "my_tasks" / "data" / "moods"
    rows = data.joinpath("test.jsonl").read_text(encoding="utf-8")
    data.joinpath("train.jsonl").write_text(rows + data.joinpath("train.jsonl").read_text(encoding="utf-8"))
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    passport = place / "my_tasks" / "passports" / "moods.yaml"
    capsys.readouterr()
    assert main(["tasks", "stamp", str(passport)]) == 0
    counted = capsys.readouterr().out
    kept = passport.read_text(encoding="utf-8").split("\nrows:")[0]
    passport.write_text(f"{kept}\n{counted}metric: f1_weighted\ncomparable: none\n", encoding="utf-8")
    assert main(["tasks", "validate", str(passport)]) == 2
    assert "FAIL" in (out := capsys.readouterr().out) and "are training rows, too" in out
    assert "are changed copies of some; above 10%, so a model trained on these rows has no rank" in out


@pytest.mark.slow
def test_a_reader_of_ones_own_is_found_next_to_the_tasks_and_needs_trust(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", "titulares nuevos.csv", "--name", "moods"]) == 0
    folder = place / "my_tasks"
    (folder / "readers").mkdir()
    (folder / "readers" / "mine.py").write_text(
        "def mine(origin, path, *, word):\n"
        "    rows = [{'text': f'{word} {n}', 'label': ['negativo', 'positivo'][n % 2]} for n in range(9)]\n"
        "    return {'train': rows[3:], 'test': rows[:3]}\n"
    )
    passport = folder / "passports" / "moods.yaml"
    text = passport.read_text(encoding="utf-8").replace("reader: table", "reader: mine")
    head, _, rest = text.partition("options: {files")
    passport.write_text(f"{head}options: {{word: hola}}\n{rest.partition(chr(10))[2]}", encoding="utf-8")
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(folder))
    assert len(catalogue.read(catalogue.dataset("moods"))["train"]) == 6
    capsys.readouterr()
    assert main(["tasks", "validate", str(passport)]) == 0
    assert "does not run without --trust-task-code" in capsys.readouterr().out
    assert main(["tasks", "validate", str(passport), "--trust-task-code"]) == 2
    assert "rows, ids, digests" in capsys.readouterr().out
    passport.write_text(passport.read_text(encoding="utf-8").replace("{word: hola}", "{}"), encoding="utf-8")
    assert main(["tasks", "validate", str(passport), "--trust-task-code"]) == 0
    assert "option 'word' of the reader 'mine' is missing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.csv"], "no such file"),
        (["titulares nuevos.csv", "--name", "9 x"], "cannot be the name of a task"),
        (["titulares nuevos.csv", "--text", "Titula"], "did you mean 'Titular'?"),
        (["titulares nuevos.csv", "--codes", "a"], "not VALUE=LABEL"),
        (["titulares nuevos.csv", "--encoding", "x"], "unknown encoding"),
        (["titulares nuevos.csv", "--layout", "{text}"], "--layout: is for a prompt file"),
        (["titulares nuevo.csv"], "did you mean 'titulares nuevos.csv'?"),
        (["noticias.conll", "--label", "NER"], "--label: is for tables with named columns"),
        (["fechas.csv"], "60 different labels in 60 rows: these are no labels"),
        (["una.csv"], "a task needs two; --label names another column"),
        (["titulares nuevos.csv", "--test", "noticias.conll"], "different kinds of answers: labels, spans"),
    ],
)
def test_what_cannot_become_a_task_is_one_line(
    place: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (place / "my_tasks").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["suite", "s.yaml", "--test", "x.csv"], "--test: is for a task from a file of data"),
        (["task", "t.yaml", "--label", "x"], "--label: is for a task from a file of data"),
        (["prompt", "p.yaml", "--licence", "MIT"], "--licence: is for a task from a file of data"),
        (["recipe", "r.yaml", "--from", "x.jsonl"], "--from: is for a prompt file"),
    ],
)
def test_options_of_another_kind_of_file_are_refused(
    place: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (place / arguments[1]).exists()


def test_the_rows_of_an_own_task_are_verified_by_its_name(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    assert main(["init", "task", "noticias.conll"]) == 0
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    capsys.readouterr()
    assert main(["data", "verify", "noticias"]) == 0
    assert "1 of 1 datasets are here, 0 faults" in capsys.readouterr().out
    assert main(["data", "pull", "noticias"]) == 0
    assert "noticias: on no Hub, so there is nothing to fetch" in capsys.readouterr().out
    rows = place / "my_tasks" / "data" / "noticias" / "test.jsonl"
    rows.write_text(rows.read_text(encoding="utf-8").replace("Iberda", "Iberia"), encoding="utf-8")
    assert main(["data", "verify", "noticias"]) == 1
    assert "FAIL  noticias: " in capsys.readouterr().out
    assert main(["data", "verify", "noticas"]) == 2
    assert "did you mean 'noticias'?" in capsys.readouterr().err


def test_what_is_unknown_of_an_own_task_is_said_in_spanish(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "task", "noticias.conll"]) == 0
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(place / "my_tasks"))
    capsys.readouterr()
    assert main(["tasks", "show", "noticias", "--lang", "es"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "licencia licencia desconocida" in out and "fuente ninguna; en ningún Hub" in out
