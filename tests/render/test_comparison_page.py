"""A comparison as drawn: golden files in both languages at 80 columns, hostile names and texts, every width.

UPDATE_GOLDEN=1 pytest tests/render/test_comparison_page.py     writes the golden files again: read the difference
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import re

import pytest
from helpers.board_factory import labels, make_run
from helpers.comparison_factory import ADAPTER, entities, entity_row, pairs, word
from helpers.paths import ROOT
from rich.cells import cell_len

from phingpt_bench.core.errors import BenchError
from phingpt_bench.render.comparison.comparison_blocks import sections
from phingpt_bench.render.comparison.comparison_rows import chosen, row_blocks
from phingpt_bench.render.comparison.comparison_summary import summary
from phingpt_bench.results.compare import Comparer
from phingpt_bench.results.comparison.build import compare, corrected_tests
from phingpt_bench.results.comparison.export import to_json
from phingpt_bench.results.comparison.row_values import FATES
from phingpt_bench.scoring.entities import Problem
from phingpt_bench.text.language import speaking
from phingpt_bench.text.write_markdown import markdown
from phingpt_bench.text.write_terminal import terminal as render

GOLDEN = ROOT / "tests" / "golden"
HEBREW = "\u05de\u05d5\u05d3\u05dc"
HOSTILE = [
    "[bold]Model[/bold] [link=x]", "A" * 120, f"{HEBREW} 7", "pipe | pipe", "line\nbreak \x1b[31mred", "</td><b>",
    "\u202eevil", "",
]  # fmt: skip


@pytest.fixture(scope="module")
def comparisons():
    runs = pairs()
    found = [(runs[0], runs[1]), (runs[3], runs[4]), (runs[5], runs[6]), (runs[7], runs[8])]
    comparer = Comparer()
    tested = corrected_tests(found, comparer)
    return [compare(a, b, comparer, runs=runs, test=test) for (a, b), test in zip(found, tested, strict=True)]


def detail(comparison, docs=None, fates=(), most=3):
    return [*sections(comparison, 4), *row_blocks(comparison, fates, most, docs)]


@pytest.mark.parametrize(
    ("name", "at", "language"),
    [
        ("labels", 0, "en"), ("labels", 0, "es"), ("written", 1, "en"), ("spans", 2, "en"), ("spans", 2, "es"),
        ("numbers", 3, "en"), ("summary", None, "en"), ("summary", None, "es"),
    ],
)  # fmt: skip
def test_golden(comparisons, name, at, language):
    with speaking(language):
        text = render(summary(comparisons) if at is None else detail(comparisons[at]), 80)
        assert text.isascii() or language != "en"
    same_as_golden(f"compare-{name}-80{'' if language == 'en' else f'.{language}'}.txt", text)


def test_golden_markdown(comparisons):
    same_as_golden("compare.md", markdown(detail(comparisons[0])))


@pytest.mark.slow
def same_as_golden(name: str, text: str) -> None:
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [76, 80, 120, 160])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(comparisons, width):
    for language in ("en", "es"):
        with speaking(language):
            for blocks in (summary(comparisons), *(detail(comparison) for comparison in comparisons)):
                text = render(blocks, width)
                assert max(map(cell_len, text.splitlines())) <= width
                assert "\u2026" not in text


def test_everything_is_in_the_json(comparisons):
    read = json.loads(to_json(comparisons))["comparisons"]
    for comparison, found in zip(comparisons, read, strict=True):
        assert found == json.loads(json.dumps(dataclasses.asdict(comparison)))
    rows = read[0]["labels"]["rows"]
    assert len(rows) == 120 and {row["fate"] for row in rows} <= set(FATES)
    docs = {row["id"]: {"text": f"text of {row['id']}"} for row in rows[1:]}
    told = json.loads(to_json(comparisons[:1], [docs]))["comparisons"][0]["labels"]["rows"]
    assert [row["text"] for row in told[:2]] == [None, f"text of {rows[1]['id']}"]
    assert "text" not in rows[0]


def test_the_surest_rows_come_first_and_only_those_asked_for(comparisons):
    details = comparisons[0].labels
    rows = chosen(details.rows, "broken", 4)
    swings = [row.margin_a + row.margin_b for row in details.rows if row.fate == "broken"]
    assert [row.margin_a + row.margin_b for row in rows] == sorted(swings, reverse=True)[:4]
    text = render(row_blocks(comparisons[0], ["same-error"], 2), 80)
    assert "Rows same-error: 2 of" in text and "fixed" not in text
    assert row_blocks(comparisons[0], [], 0) == []
    with pytest.raises(BenchError, match="no row of phin_made_up can be 'better'"):
        row_blocks(comparisons[0], ["better"], 2)


def test_entities_are_reported_by_offsets_and_marked_in_the_text_on_request():
    gold = [(0, "PER"), (2, "ORG", 2), (5, "LOC")]
    a = entities([entity_row(gold, [(0, "ORG"), (2, "ORG")], [Problem("hallucinated", "x", "ORG")])])
    b = entities([entity_row(gold, [(0, "PER"), (2, "ORG", 2), (5, "LOC")])])
    comparison = compare(make_run(outcomes=a), make_run(outcomes=b, **ADAPTER))
    bare = render(row_blocks(comparison, ["fixed"], 1), 200)
    assert "gold: PER 0-3, ORG 8-15, LOC 20-23" in bare
    assert "A: ORG 0-3 (type), ORG 8-11 (boundary)  + 1 hallucinated" in bare
    text = " ".join(f"w{i:02d}" for i in range(12))
    shown = render(row_blocks(comparison, ["fixed"], 1, {"s0": {"text": text}}), 200)
    assert "gold: [PER w00] w01 [ORG w02 w03] w04 [LOC w05] w06" in shown
    assert "A: [ORG/type w00] w01 [ORG/boundary w02] w03 w04 w05" in shown
    assert shown.rstrip().endswith("B: [PER w00] w01 [ORG w02 w03] w04 [LOC w05] w06 w07 w08 w09 w10 w11")


def test_gold_entities_of_the_dataset_are_marked_where_the_record_has_no_offsets():
    a = dataclasses.replace(entities([entity_row([(0, "PER")], [])]), entities=[], misses=[])
    comparison = compare(make_run(outcomes=a), make_run(outcomes=a, **ADAPTER))
    doc = {"text": "w00 w01", "entities": [word(0, "PER")._asdict(), word(1, "OTHER")._asdict()]}
    text = render(row_blocks(comparison, ["same-error"], 1, {"s0": doc}), 80)
    assert "gold: [PER w00] w01" in text


def test_hostile_names_stay_names():
    for name in HOSTILE:
        a, b = labels(0.5, 30, seed=1), labels(0.7, 30, seed=2)
        a, b = (dataclasses.replace(side, labels=[name, "x", "y"]) for side in (a, b))
        task = {"task": name or "t", "protocol": name or "p"}
        comparison = compare(make_run(name, outcomes=a, **task), make_run(name, "tuned", b, adapter=name, **task))
        for blocks, width in itertools.product((detail(comparison), summary([comparison])), (76, 80, 160)):
            text = render(blocks, width)
            assert max(map(cell_len, text.splitlines())) <= width
            assert "\x1b" not in text and "\u202e" not in text
            assert not re.search(r"(?<!\\)(<|\[(?=[a-z]))", markdown(blocks))


def test_hostile_text_stays_text():
    gold = [(0, "PER"), (2, "ORG")]
    row = entity_row(gold, [(0, "PER")])
    comparison = compare(make_run(outcomes=entities([row])), make_run(outcomes=entities([row]), **ADAPTER))
    for hostile in ("[bold]x[/bold] [PER y] ", "\x1b[31m\r\n\x00 red ", f"{HEBREW} \u202e {HEBREW} ", "</td><b> `x` "):
        text = hostile + "w00 w01 w02"
        blocks = row_blocks(comparison, ["same-error"], 1, {"s0": {"text": text}})
        drawn = render(blocks, 80)
        assert max(map(cell_len, drawn.splitlines())) <= 80
        assert "\x1b" not in drawn and "\u202e" not in drawn and "\x00" not in drawn
        assert drawn.count("[PER") - drawn.count("\\[PER") == 3  # gold, A and B: none that the text wrote
        assert not re.search(r"(?<!\\)[<`]", markdown(blocks))
    beyond = render(row_blocks(comparison, ["same-error"], 1, {"s0": {"text": "w00"}}), 80)
    assert "gold: [PER w00]  + ORG 8-11" in beyond  # another text than the record's: told, not lost
    assert "(not in the local dataset)" in render(row_blocks(comparison, ["same-error"], 1, {}), 80)


def test_runs_that_cannot_be_compared_are_drawn_with_the_reason():
    a, b = make_run(outcomes=labels(0.5, 30)), make_run(outcomes=labels(0.7, 20), **ADAPTER)
    text = render(detail(compare(a, b)), 80)
    assert "B - A: not tested: other rows" in text and "Rows" not in text
    assert "no test" in render(summary([compare(a, b)]), 80)


def test_many_labels_are_numbered_and_still_fit():
    names = [f"label number {i}" for i in range(7)]
    gold = [i % 7 for i in range(70)]
    a, b = labels(0.5, 70, seed=1), labels(0.7, 70, seed=2)
    a, b = (
        dataclasses.replace(
            side, labels=names, gold=gold, pred=[(g + p) % 7 for g, p in zip(gold, side.pred, strict=True)]
        )
        for side in (a, b)
    )
    text = render(detail(compare(make_run(outcomes=a), make_run(outcomes=b, **ADAPTER))), 80)
    assert "[7] label number 6" in text and "\u2026" not in text
    assert max(map(cell_len, text.splitlines())) <= 80
