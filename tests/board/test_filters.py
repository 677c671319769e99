"""Filters and sorts show a part; ranks, tests, floors and the front stay those of the whole."""

from __future__ import annotations

import argparse
import dataclasses

import pytest
from helpers.board_factory import example_runs, make_run, write_run
from helpers.drawing import render
from helpers.paths import ROOT
from helpers.published import published

from phingpt_bench.board import names
from phingpt_bench.board.filters import Filter, Size, filtered, size
from phingpt_bench.board.licences import licence_of
from phingpt_bench.board.names import TEXTS
from phingpt_bench.board.sections import build
from phingpt_bench.cli import main as command
from phingpt_bench.cli import verb_leaderboard
from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.catalogue import Rights
from phingpt_bench.page.page import html
from phingpt_bench.render.board import columns
from phingpt_bench.render.board.formats import board_text as page
from phingpt_bench.render.board.row_text import parameters_text

SENTIMENT = "phin_made_up_sentiment/made-up/v1"
RIGHTS = {
    SENTIMENT: Rights(("en", "es"), "CC BY-NC-SA 3.0"),
    "phin_made_up_ner/made-up/v1": Rights(("en",), None),
}


@pytest.fixture(scope="module")
def board():
    return build(example_runs(), published(), rights=RIGHTS)


def rows(board):
    return [row for section in (*board.sections, *board.limited) for row in section.rows]


@pytest.mark.parametrize(
    "wanted",
    [
        Filter(kinds=("tuned",)),
        Filter(kinds=("floor", "base")),
        Filter(languages=("es",)),
        Filter(licences=("cc by",)),
        Filter(protocols=(SENTIMENT,)),
        Filter(sizes=(Size(sign="<", parameters=1.0),)),
        Filter(sort="cost"),
        Filter(sort="name"),
    ],
)
def test_no_filter_changes_a_row(board, wanted):
    part = filtered(board, wanted)
    whole = {row.run_id: row for row in rows(board)}
    assert rows(part)
    assert all(whole[row.run_id] == row for row in rows(part))
    hidden = sum(section.hidden for section in (*part.sections, *part.limited))
    gone = {section.protocol for section in board.sections} - {section.protocol for section in part.sections}
    assert (len(rows(part)) < len(rows(board))) == bool(hidden or gone)


def test_how_much_is_hidden_is_said(board):
    part = filtered(board, Filter(kinds=("tuned",), languages=("es",)))
    assert part.hidden == 1
    text = " ".join(render(part, 80).split())
    assert "5 more rows are hidden by filters" in text
    assert "1 more task is hidden by filters" in text
    assert "hidden" not in render(board, 80)
    for form in ("markdown", "latex"):
        assert "5 more rows are hidden" in page(part, form)


def test_rows_that_a_filter_leaves(board):
    assert {row.kind for row in rows(filtered(board, Filter(kinds=("tuned", "floor"))))} == {"tuned", "floor"}
    assert not filtered(board, Filter(kinds=("tuned",))).sections[0].published
    assert filtered(board, Filter(kinds=("published",))).sections[0].published
    assert {s.task for s in filtered(board, Filter(licences=("CC BY",))).sections} == {"phin_made_up_sentiment"}
    small = filtered(board, Filter(sizes=(size("<1B"),)))  # no record says its size, and no published model is small
    assert {row.kind for row in rows(small)} == {"floor"}
    assert not any(section.published for section in small.sections)
    assert filtered(board, Filter(sizes=(size("7B"),))).sections[1].published


def test_the_best_floor_is_named_in_any_order_and_when_it_is_hidden(board):
    for wanted in (Filter(sort="name"), Filter(sort="date"), Filter(kinds=("tuned",))):
        assert "not shown to be better than TF-IDF + LR, the best floor" in render(filtered(board, wanted), 80)


def test_an_empty_board_says_why_in_every_form(board):
    part = filtered(board, Filter(licences=("no such licence",)))
    assert not rows(part)
    for form in set(TEXTS) - {"csv", "json"}:
        assert "the filters hide all of it" in page(part, form)
    assert "the filters hide all of it" in html(part)
    assert page(part, "csv").count("\n") == 1


def test_sorts_put_what_is_unknown_last(board):
    costs = [row.usd_per_1000 for row in filtered(board, Filter(sort="cost")).sections[1].rows]
    known = [cost for cost in costs if cost is not None]
    assert known == sorted(known)
    assert costs == known + [None] * (len(costs) - len(known))
    assert None in costs
    by_name = [row.name.casefold() for row in filtered(board, Filter(sort="name")).sections[1].rows]
    assert by_name == sorted(by_name)


@pytest.mark.parametrize(
    ("text", "holds", "fails"),
    [("<1B", 135e6, 1e9), ("<=1b", 1e9, 1.1e9), (">=350M", 350e6, 1e6), ("7B", 7e9, 6.7e9), (" > 1.5B ", 2e9, 1.5e9)],
)
def test_sizes(text, holds, fails):
    condition = size(text)
    assert condition.holds(holds)
    assert not condition.holds(fails)
    assert not condition.holds(None)


@pytest.mark.parametrize(
    ("parameters", "text", "other"),
    [(134_515_008, "135M", "134M"), (6_980_000_000, "7B", "6.9B"), (7_241_732_096, "7.2B", "7B"),
     (13_015_864_320, "13B", "13.1B"), (999_600_000, ">=1B", "<1B"), (134_515_008, ">=135M", "<135M")],
)  # fmt: skip
def test_sizes_are_compared_as_they_are_shown(parameters, text, other):
    run = make_run()
    model = dataclasses.replace(run.record.model, parameters=parameters)
    whole = build([dataclasses.replace(run, record=dataclasses.replace(run.record, model=model))])
    shown = parameters_text(rows(whole)[0])
    for wanted in (text, shown):
        assert len(rows(filtered(whole, Filter(sizes=(size(wanted),))))) == 1
    assert not rows(filtered(whole, Filter(sizes=(size(other),))))


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"kinds": ("tuend",)}, "did you mean 'tuned'"),
        ({"protocols": (SENTIMENT + "x",)}, "did you mean 'phin_made_up_sentiment"),
        ({"languages": ("fr",)}, "--language"),
        ({"sort": "csot"}, "did you mean 'cost'"),
    ],
)
def test_names_that_are_not_there(board, wanted, message):
    with pytest.raises(BenchError, match=message):
        filtered(board, Filter(**wanted))


@pytest.mark.parametrize("text", ["", "1X", "<", "1B<", "-1B", "<1B or so"])
def test_a_size_that_is_none(text):
    with pytest.raises(BenchError, match="not a size"):
        size(text)


@pytest.mark.slow
def test_the_verb_filters_sorts_and_chooses_columns(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    for i, run in enumerate(example_runs()):
        write_run(tmp_path / "results" / str(i), run)
    call = ["leaderboard", str(tmp_path / "results"), "--published", "none", "--task", "phin_made_up_sentiment"]
    assert command.main([*call, "--kind", "tuned,floor", "--sort", "name", "--columns", "kind,score"]) == 0
    table = next(part for part in capsys.readouterr().out.split("\n\n") if part.startswith("phin_")).splitlines()[3:]
    assert table[0].split() == ["model", "kind", "score"]
    assert [line.split()[-2] for line in table if "  0." in line] == ["floor", "tuned", "tuned", "floor"]
    assert command.main([*call, "--size", "1X"]) == 2
    assert "not a size" in capsys.readouterr().err


def test_names_of_the_command_line_are_those_of_the_code():
    assert tuple(columns.COLUMNS) == names.COLUMNS


def test_the_page_on_the_leaderboard_names_everything():
    page_of_docs = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")
    parser = argparse.ArgumentParser()
    verb_leaderboard.configure(parser)
    options = [option for action in parser._actions for option in action.option_strings if option.startswith("--")]
    unsaid = {"--help", "--output"}  # in words of their own
    for name in (*names.COLUMNS, *names.FORMATS, *names.SORTS, *names.KINDS):
        assert f"`{name}`" in page_of_docs, name
    assert [option for option in options if option not in page_of_docs and option not in unsaid] == []
    for column in columns.COLUMNS.values():
        assert f"| `{column.name}` | {column.head} | {column.about} |" in page_of_docs


def test_rights_agree_with_the_passports():
    found = catalogue.rights()
    passports, _ = catalogue.readable()
    for passport in passports.values():
        assert found[passport.protocol].licence == passport.licence
        assert set(found[passport.protocol].languages) == set(catalogue.languages_of(passport.language))


def test_licences_of_families():
    assert licence_of("HuggingFaceTB/SmolLM2-135M-Instruct") == "Apache-2.0"
    assert licence_of("Qwen/Qwen2.5-3B") == "Qwen Research License"
    assert licence_of("Qwen/Qwen2.5-0.5B-Instruct") == "Apache-2.0"
    assert licence_of("made-up/model-a") is None
