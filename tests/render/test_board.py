"""The board as drawn: golden files, narrow and wide, hostile names, no colour where there is no terminal.

UPDATE_GOLDEN=1 pytest tests/render/test_board.py     writes the golden files again: read the difference
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import re
from collections.abc import Sequence

import pytest
from helpers.board_factory import PRICES, example_runs, labels, make_run, seen, spans, write_run
from helpers.drawing import markdown, render
from helpers.paths import GOLDEN
from helpers.published import HEBREW, HOSTILE, published
from rich.cells import cell_len
from rich.color import Color
from rich.console import Console

from phingpt_bench.board.costs import prices_of
from phingpt_bench.board.load import Options, load_board
from phingpt_bench.board.names import TEXTS
from phingpt_bench.board.published import rows as published_rows
from phingpt_bench.board.published.rows import PublishedRow
from phingpt_bench.board.sections import build
from phingpt_bench.cli import main as command
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.exposure import Declared, Exposure
from phingpt_bench.core.outcomes import rows_at
from phingpt_bench.render.board.board_blocks import terminal_blocks
from phingpt_bench.render.board.board_export import FIELDS
from phingpt_bench.render.board.columns import COLUMNS
from phingpt_bench.render.board.formats import board_text as page
from phingpt_bench.render.board.row_text import note_text, row_notes
from phingpt_bench.render.board.view import View
from phingpt_bench.results.collect import collect
from phingpt_bench.scoring.metrics import score_all
from phingpt_bench.text.clean import clean
from phingpt_bench.text.language import speaking
from phingpt_bench.text.numbers import score_text
from phingpt_bench.text.quantities import short_duration
from phingpt_bench.text.write_csv import csv_cell
from phingpt_bench.text.write_terminal import BAD, GOOD, WARNING, show

ANSI = re.compile("\x1b")


@pytest.fixture(scope="module")
def board():
    return build(example_runs(), published(), prices=PRICES)


@pytest.mark.parametrize(
    ("name", "form", "width", "language"),
    [
        ("brief-80.txt", "terminal", 80, "en"),
        ("brief-80-es.txt", "terminal", 80, "es"),
        ("brief-40.txt", "terminal", 40, "en"),
        ("terminal-80.txt", "terminal", 80, "en"),
        ("terminal-160.txt", "terminal", 160, "en"),
        ("board.md", "markdown", 80, "en"),
        ("board.tex", "latex", 80, "en"),
        ("terminal-80-es.txt", "terminal", 80, "es"),
        ("terminal-160-es.txt", "terminal", 160, "es"),
        ("board-es.md", "markdown", 80, "es"),
        ("board-es.tex", "latex", 80, "es"),
        ("board.csv", "csv", 80, "en"),
        ("board.csv", "csv", 80, "es"),  # for programs: the same in every language
        ("board.json", "json", 80, "en"),
        ("board.json", "json", 80, "es"),
    ],
)
def test_golden(board, name, form, width, language):
    with speaking(language):
        text = page(board, form, width, None if name.startswith("brief") else View(full=True, plot=True))
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    want = file.read_text(encoding="utf-8")
    assert text == want


@pytest.mark.parametrize("width", [40, 47, 48, 60, 75, 76, 80, 100, 139, 140, 160, 240])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(board, width):
    text = render(board, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "\u2026" not in text
    for section in (*board.sections, *board.limited):
        for row in section.rows:
            assert score_text(row.score) in text
            assert f"[{row.interval.low:.3f}, {row.interval.high:.3f}]" in text
            if (
                76 <= width < 140 or width >= 200
            ):  # below it gives way; between, the time may give way to what does not fit
                assert short_duration(1000 * sum(row.evaluation.seconds.values()) / row.n) in text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [60, 76, 80, 160])
def test_hostile_names_stay_names(width, language):
    runs = [make_run(name, base=name, outcomes=labels(0.5, seed=i)) for i, name in enumerate(HOSTILE)]
    runs += [make_run("Model A", kind="tuned", adapter="[red]x[/red]|\x00", outcomes=labels(0.7, seed=8))]
    runs += [make_run(name, base=name, task="phin_made_up_ner", outcomes=spans(0.3)) for name in HOSTILE]
    board = build(runs)
    with speaking(language):
        text = render(board, width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert not ANSI.search(text)
    parts = ("[bold]Model[/bold]", "[link=x]", "[red]x[/red]|", "[31mred", "</td><b>", HEBREW, "{name} {0} %s")
    for part in (*parts, r"\input{x} $y_1^2$", "<script>alert(1)</script>"):
        assert part in text
    assert text.count("A") >= 120
    assert all(score_text(row.score) in text for section in board.sections for row in section.rows)


def test_hostile_names_in_markdown_csv_and_json():
    runs = [make_run(name, base=name, outcomes=labels(0.5, seed=i)) for i, name in enumerate(HOSTILE)]
    board = build(runs)
    table = [line for line in markdown(board).splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(HOSTILE)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {14}
    assert not re.search(r"(?<!\\)[<\[]", "".join(table))
    read = list(csv.DictReader(io.StringIO(page(board, "csv"))))
    assert {row["model"] for row in read} == set(map(clean, HOSTILE))
    assert {row["name"] for row in json.loads(page(board, "json"))["sections"][0]["rows"]} == set(HOSTILE)


@pytest.mark.parametrize(
    ("value", "want"),
    [("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
     ("\t=1", "'=1"), ("\u202e =1", "'=1"), ("a\u202eb\x1b[31m\n", "ab [31m"), ("-0.5", "-0.5"),
     (-0.5, -0.5), (-3, -3), (True, "true"),
     (None, ""), ("x=1", "x=1")],
)  # fmt: skip
def test_cells_of_a_spreadsheet(value, want):
    assert csv_cell(value) == want


def test_a_name_is_no_formula_in_csv():
    (row,) = csv.DictReader(io.StringIO(page(build([make_run("=HYPERLINK(1)\x1b\u202e")]), "csv")))
    assert row["model"] == "'=HYPERLINK(1)"


def test_csv_numbers_read_back_to_ten_digits_and_missing_is_empty(board):
    rows = list(csv.DictReader(io.StringIO(page(board, "csv"))))
    assert list(rows[0])[: len(FIELDS)] == list(FIELDS)
    want = [row for section in (*board.sections, *board.limited) for row in section.rows]
    ours = [row for row in rows if row["section"] != "published"]
    by_id = {row["run_id"]: row for row in ours}
    assert len(by_id) == len(want)
    for row in want:
        found = by_id[row.run_id]
        assert float(found["score"]) == pytest.approx(row.score, rel=1e-9)
        assert float(found["low"]) == pytest.approx(row.interval.low, rel=1e-9)
        assert found["training_usd"] == ("" if row.training is None or row.training.usd is None else "0.115")
    assert {row["section"] for row in rows} == {"ranked", "limited", "published"}
    assert all(row["rank"] == "" for row in rows if row["section"] != "ranked")


def test_the_engine_of_a_served_model_is_exported():
    run = make_run()
    served = dataclasses.replace(run.record.model, engine="vllm", engine_version="0.32.0", compute_dtype="bfloat16")
    run = dataclasses.replace(run, record=dataclasses.replace(run.record, model=served))
    (row,) = csv.DictReader(io.StringIO(page(build([run]), "csv")))
    assert row["served_by"] == "vllm 0.32.0, bfloat16"
    (loaded,) = csv.DictReader(io.StringIO(page(build([make_run()]), "csv")))
    assert loaded["served_by"] == ""


def test_a_brief_board_says_that_a_server_does_not_report_its_number_format():
    run = make_run()
    for dtype, said in ((None, True), ("bfloat16", False)):
        model = dataclasses.replace(run.record.model, engine="vllm", compute_dtype=dtype, quantisation=None)
        served = dataclasses.replace(run, record=dataclasses.replace(run.record, model=model))
        text = page(build([served]), "terminal", 80, None)
        assert ("number format unknown" in re.sub(r"\s+", " ", text)) is said


def test_missing_costs_are_not_available_and_never_zero(board):
    text = render(board, 80, columns=["model", "training_usd", "training", "score"])
    line = next(line for line in text.splitlines() if "+0.223" in line or ("0.647!" in line and "$" not in line))
    assert "N/A" in line
    text = render(board, 80)
    assert "$0.00" not in text
    assert " 0 s" not in text


def test_meaning_does_not_rest_on_colour(board):
    text = render(board, 80)
    for words in (
        "! not shown to be better than TF-IDF + LR, the best floor", "1=", "on the Pareto front", " P",
            "base", "Limited to 20 rows, not comparable", "published, unranked",
        "+0.380*", "p<0.001", "18% unreadable answers", "Holm", "price card of 2000-01-01", "made-up price", "N/A",
        "(floor)", "$7.00?", "another metric", "0.700 (1)", "(1) made-up note",
    ):  # fmt: skip
        assert re.sub(r"\s+", " ", words) in re.sub(r"\s+", " ", text), words
    assert "oracle" not in text


def test_colour_only_on_a_terminal_and_not_with_no_color(board, monkeypatch):
    def drawn(**how):
        file = io.StringIO()
        show(terminal_blocks(board, 80, View(full=True)), Console(file=file, width=80, **how))
        return file.getvalue()

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = drawn(force_terminal=True)
    assert re.search(r"\x1b\[(38;5;28|32)m", coloured)  # rich keeps the codes that a style had on the first console
    assert not ANSI.search(drawn(force_terminal=False))
    monkeypatch.setenv("NO_COLOR", "1")
    plain = drawn(force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*[34][0-8]", plain)


def test_the_overview_is_split_where_tasks_do_not_fit():
    runs = [make_run(task=f"phin_task_number_{i}", outcomes=spans(0.5, seed=i)) for i in range(6)]
    text = render(build(runs), 80)
    assert max(map(cell_len, text.splitlines())) <= 80
    overview, _ = text.split("phin_task_number_0")[:2]
    assert all(f" task_number_{i} " in overview for i in range(6))
    assert "A  Model A, 0-shot" in overview
    assert overview.count("A\n") == 1


def test_an_overview_of_floors_alone_is_drawn_in_every_form():
    runs = [make_run("CRF", "floor", spans(0.5, seed=i), task=f"phin_task_number_{i}") for i in range(8)]
    board = build(runs)
    for form in TEXTS:
        assert "task_number_7" in re.sub(r" \\\\ |\\", "", page(board, form))  # a head may be stacked


def test_one_task_has_no_overview_and_only_checks_say_so():
    assert "All tasks" not in render(build([make_run()]), 80)
    assert "No runs to show" in render(build([make_run("oracle", "check", labels(1.0))]), 80)


def test_our_own_words_are_ascii(board):
    for form in TEXTS:
        assert page(board, form).isascii()


def test_synthetic_data_are_called_so():
    made_up = build([make_run(synthetic=True)])
    assert "SYNTHETIC data" in render(made_up, 80)
    assert "**SYNTHETIC data" in markdown(made_up)
    assert "SYNTHETIC" not in render(build([make_run()]), 80) + markdown(build([make_run()]))


def texts(**run):
    """The board of one run, narrow, wide and in Markdown."""
    board = build([make_run(**run)])
    return [re.sub(r"\s+", " ", text) for text in (render(board, 80), render(board, 160), markdown(board))]


def notes(**run):
    """What stands under the name of the one row, where no column says it."""
    (row,) = build([make_run(**run)]).sections[0].rows
    return [note_text(note) for note in row_notes(row)]


def test_a_partial_check_is_not_called_clean():
    tuned = {"kind": "tuned", "adapter": "x"}
    for partial in (Exposure(exact=0), Exposure(exact=0, normalised=0, near=0)):  # by row id; by an earlier version
        for text in texts(**tuned, exposure=partial):
            assert "none found" not in text
            assert "partly checked for 1 of 1" in text
    assert notes(**tuned, exposure=Exposure(exact=3)) == [
        "warning: saw 1% of the test rows (partly checked, its base: unknown)"
    ]
    _, wide, marked = texts(**tuned, exposure=Exposure(exact=3))
    assert " 1%?+? " in wide and " 1%?+? " in marked
    for text in texts(**tuned, exposure=seen(base=Declared(sets=["made-up:train"], source="a paper"))):
        assert "none found" in text
        assert "partly" not in text and "unknown" not in text


def test_an_unknown_training_is_shown_in_the_row():
    for text in texts():
        assert re.search(r"training data unknown|\| unknown \|| unknown ", text)
        assert "the training data of the base are not declared" in text
    known = seen("near", labels(0.6).ids[:6], Declared(sets=["fpb:train"], source="a paper"))
    for text in texts(exposure=known):
        assert "2%" in text and "unknown" not in text
    assert notes(kind="tuned", adapter="x", exposure=seen()) == ["saw no test row (its base: unknown)"]
    floor = {"kind": "floor", "exposure": seen("exact", labels(0.6).ids[:30])}
    assert re.fullmatch(r"warning: saw 10% of the test rows, 0\.\d{3} on the others", notes(**floor)[0])
    assert " 10% " in texts(**floor)[1]
    assert all("unknown" not in text for text in texts(**floor))


def test_the_score_on_unseen_rows_is_in_the_row():
    outcomes = labels(0.6)
    board = build([make_run(kind="tuned", adapter="x", outcomes=outcomes, exposure=seen("near", outcomes.ids[:50]))])
    left = rows_at(outcomes, range(50, 300))
    score = score_text(score_all(left)["f1_weighted"])
    assert f"{score} on the 250 unseen rows" in re.sub(r"\s+", " ", render(board, 80))
    (row,) = json.loads(page(board, "json"))["sections"][0]["rows"]
    assert row["unseen"]["n"] == 250
    assert row["unseen"]["score"] == pytest.approx(score_all(left)["f1_weighted"])
    (record,) = csv.DictReader(io.StringIO(page(board, "csv")))
    assert (record["unseen_rows"], record["base_training_known"]) == ("250", "false")


def test_bases_under_the_floor_have_the_mark(board):
    lines = [line for line in render(board, 80).splitlines() if "Model A " in line and "0.424" in line]
    assert lines
    assert all("0.424!" in line for line in lines)
    assert "0.424!" in markdown(board).replace("\\", "")


def test_digits_are_aligned_next_to_marks(board):
    parts = render(board, 80).split("\n\n")
    table = next(part for part in parts if part.startswith("phin_made_up_sentiment: F1"))
    scores = [score_text(row.score) for row in board.sections[1].rows]
    assert len({line.index(score) for line in table.splitlines() for score in scores if score in line}) == 1
    assert len({line.index("0.") for line in parts[1].splitlines() if "0.154" in line or "0.797" in line}) == 1


def many() -> dict[str, tuple[PublishedRow, ...]]:
    (first, *_), ((protocol, _),) = published().values(), published().items()
    rows = [dataclasses.replace(first[0], model=f"Model {i:02}") for i in range(11)]
    return {protocol: tuple(rows)}


def test_only_the_best_published_rows_are_drawn_unless_all_are_asked_for():
    board = build(example_runs(), many())
    short, whole = render(board), render(board, published="all")
    assert sum(f"Model {i:02}" in short for i in range(11)) == 8
    assert "3 more: --published all" in short
    assert sum(f"Model {i:02}" in whole for i in range(11)) == 11
    assert "more: --published" not in whole
    for form in ("markdown", "csv", "json"):
        assert all(f"Model {i:02}" in page(board, form) for i in range(11))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--full"], 8),
        (["--published", "top"], 8),
        (["--published", "all"], 11),
        (["--published", "none"], 0),
        ([], 0),
    ],
)
def test_the_verb_shows_the_published_rows_asked_for(folder, monkeypatch, arguments, shown, capsys):
    monkeypatch.setattr(published_rows, "load", many)
    assert command.main(["leaderboard", "--task", "phin_made_up_sentiment", *arguments]) == 0
    out = capsys.readouterr().out
    assert sum(f"Model {i:02}" in out for i in range(11)) == shown
    assert ("11 published results" in out) == (not arguments)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path, cache, monkeypatch):
    """A working folder with results/, and a cache of tests that the tests here share."""
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / str(i), run)
    return tmp_path


@pytest.mark.slow
def test_the_verb_draws_the_folder_here_by_default(folder, cache, capsys):
    assert command.main(["leaderboard"]) == 0
    made = build(collect(folder / "results"), published_rows.load(), prices=prices_of())
    assert capsys.readouterr().out == page(made, "terminal", 80)
    assert command.main(["leaderboard", "--full"]) == 0
    assert capsys.readouterr().out == render(made, 80)
    assert list(cache.rglob("*.json"))


@pytest.mark.parametrize("form", ["markdown", "csv", "json", "terminal"])
def test_the_verb_writes_files(folder, form, capsys):
    assert (
        command.main(["leaderboard", "results", "--format", form, "--output", "out/board.x", "--published", "none"])
        == 0
    )
    assert capsys.readouterr().out == ""
    board, _ = load_board(folder / "results", Options(published=False))
    assert (folder / "out" / "board.x").read_text(encoding="utf-8") == page(board, form)


def test_the_verb_selects_tasks_metric_and_width(folder, capsys):
    arguments = ["--task", "phin_made_up_sentiment", "--metric", "acc", "--width", "100"]
    assert command.main(["leaderboard", *arguments]) == 0
    out = capsys.readouterr().out
    assert "Accuracy" in out
    assert "made_up_ner" not in out
    assert max(map(cell_len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no such folder"),
        (["--task", "phin_made_up_nerr"], "did you mean 'phin_made_up_ner'?"),
        (["--metric", "f1_weightd"], "did you mean 'f1_weighted'?"),
        (["--width", "39"], "at least 40"),
        (["--format", "markdwn"], "did you mean 'markdown'?"),
        (["--columns", "model,scor"], "did you mean 'score'?"),
        (["--columns", ",".join(COLUMNS)], "these columns need"),
        (["--lang", "fr"], "known: en, es"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(folder, arguments, message, capsys):
    assert command.main(["leaderboard", *arguments]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told


def test_a_damaged_record_is_one_line_and_exit_code_2(folder, capsys):
    (folder / "results" / "3" / "run.json").write_text('{"schema_version": 1}')
    assert command.main(["leaderboard"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "run.json" in told
    assert len(told.splitlines()) == 2


def test_names_that_the_output_cannot_encode_become_question_marks(folder, monkeypatch):
    write_run(folder / "other" / "run", make_run(HEBREW))
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    assert command.main(["leaderboard", "other"]) == 0
    assert b"????" in raw.getvalue()


def test_an_unknown_format_or_width_is_refused(board):
    with pytest.raises(BenchError, match="did you mean 'markdown'"):
        page(board, "markdwn")
    with pytest.raises(BenchError, match="too small"):
        page(board, width=39)


def test_the_legend_says_one_training_and_weights_that_were_quantised_twice():
    tuned = make_run(kind="tuned", adapter="x", base="wheel==1 (Q4_1 of Org/Model)")
    text = re.sub(r"\s+", " ", render(build([tuned]), 160))
    assert "a tuned row without seeds is one training" in text
    assert "the weights of Model A are those of a Q4_1 file, quantised a second time" in text
    plain = re.sub(r"\s+", " ", render(build([make_run(), make_run("majority", "floor")]), 160))
    assert "one training" not in plain and "quantised a second time" not in plain


def test_each_format_has_its_own_text_and_a_name_without_one_is_an_error():
    board = build([make_run()])
    texts = [page(board, form) for form in TEXTS]
    assert len(set(texts)) == len(texts)
    for form in ("html", "svg", "jsn"):
        with pytest.raises(BenchError, match=f"unknown format '{form}'"):
            page(board, form)


def test_a_brief_board_begins_with_the_answer_and_ends_with_how_to_see_more(board):
    text = page(board)
    assert text.startswith("Answer\n")
    joined = " ".join(text.split())
    assert "Model A + adapter-three, 0-shot, nf4+dq: better than its base on 1 of 1 task" in joined
    assert "4 published results" in joined and "published, unranked" not in joined
    assert text.splitlines()[-3].startswith("more ") or text.splitlines()[-2].startswith("more ")
    assert len(text.splitlines()) < len(render(board, 80).splitlines()) / 1.4


def test_the_answer_follows_the_tests_of_the_rows():
    outcomes = labels(0.9)
    floor = make_run("CRF", "floor", labels(0.4))
    runs = [make_run(outcomes=labels(0.5)), floor, make_run(kind="tuned", adapter="x", outcomes=outcomes)]
    text = " ".join(page(build(runs)).split())
    assert "better than its base (+" in text and "better than the best floor, CRF" in text
    remembered = make_run(kind="tuned", adapter="x", outcomes=outcomes, exposure=seen("exact", outcomes.ids[:200]))
    text = " ".join(page(build([*runs[:2], remembered])).split())
    assert "not ranked, because its training held many of the test rows" in text
    assert "better than its base (" not in text
    text = " ".join(page(build(runs[:2])).split())
    assert text.startswith("Answer") and "Model A, 0-shot, nf4+dq: 0." in text
    assert not page(build([floor])).startswith("Answer")


def test_of_many_tasks_only_the_overview_is_drawn_unless_tables_are_asked_for():
    board = build([make_run(task=f"phin_task_number_{i}", outcomes=spans(0.5, seed=i)) for i in range(6)])
    assert "phin_task_number_3: Entity F1" not in page(board)
    assert "--task NAME (or --tables)" in " ".join(page(board).split())
    assert "phin_task_number_3: Entity F1" in page(board, view=View(tables=True))
    assert "phin_task_number_3: Entity F1" in page(board, view=View(columns=["model", "score"]))


def test_one_mark_has_one_meaning(board):
    for text in (page(board), render(board, 80), markdown(board)):
        for line in text.splitlines():
            assert not re.search(r"(^|\s)\\?! +(?! |not shown)", line), line


@pytest.mark.parametrize("style", [WARNING, GOOD, BAD])
@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255)])
def test_colours_can_be_read_on_black_and_on_white(style, background):
    def luminance(triplet: Sequence[int]) -> float:
        parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in triplet]
        return sum(part * weight for part, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))

    low, high = sorted((luminance(Color.parse(style).get_truecolor()), luminance(background)))
    assert (high + 0.05) / (low + 0.05) >= 3.8


@pytest.mark.slow
def test_a_board_is_drawn_again_when_a_run_is_added(folder, capsys, monkeypatch):
    sleeps: list[float] = []

    def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 2:
            write_run(folder / "results" / "new", make_run("Newcomer", task="phin_made_up_ner", outcomes=spans(0.2)))
        if len(sleeps) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr("phingpt_bench.cli.watch.time.sleep", sleep)
    assert command.main(["leaderboard", "results", "--watch", "3"]) == 0
    out = capsys.readouterr().out
    assert sleeps == [3.0] * 4
    assert out.count("All tasks") == 2 and out.count("Ctrl-C ends") == 2
    assert "Newcomer" not in out[: out.index("Ctrl-C")] and "Newcomer" in out


def test_a_folder_without_runs_is_watched_until_there_are_some(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("phingpt_bench.cli.watch.time.sleep", interrupt)
    assert command.main(["leaderboard", str(tmp_path), "--watch"]) == 0
    assert "no run.json below this folder\n0 runs" in capsys.readouterr().out
    assert command.main(["leaderboard", str(tmp_path), "--watch", "--format", "csv"]) == 2


def interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt
