"""Pieces of a text that annotators marked: read in both forms, placed, and given by FiQA's readers."""

from __future__ import annotations

from pathlib import Path

import pytest

from phingpt_bench.core.errors import BenchError
from phingpt_bench.data import catalogue
from phingpt_bench.data.passport import Origin
from phingpt_bench.data.readers.evidence import marked
from phingpt_bench.data.readers.table import table

TEXT = "Sales rose, and profit rose too"


def test_pieces_are_placed_in_order() -> None:
    assert marked(TEXT, ["profit rose", "Sales"]) == [[0, 5], [16, 27]]
    assert marked(TEXT, "['profit rose', 'Sales']") == [[0, 5], [16, 27]]
    assert marked("on Britain's FTSE", "['Britain's FTSE', 'on']") == [[0, 2], [3, 17]]
    assert marked(TEXT, ["sales"]) == [], "not word for word"
    assert marked(TEXT, None) == marked(TEXT, "") == marked(TEXT, []) == marked(TEXT, [""]) == []


@pytest.mark.parametrize("value", ["rose", "[1]", 3, "{'a': 1}", ["a", None]])
def test_other_values_are_an_error(value: object) -> None:
    with pytest.raises(BenchError, match="marked pieces are not a list of texts"):
        marked(TEXT, value)


def test_a_table_of_the_users_can_have_them(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f'text,label,why\n"{TEXT}",good,"[\'rose\']"\n"{TEXT}",bad,rose\n')
    origin = Origin(folder="t", paper="none", licence="none", unpinned="made here")
    with pytest.raises(BenchError, match="row 2: marked pieces are not a list of texts: rose"):
        table(origin, str(tmp_path), files={"test": "t.csv"}, text="text", label="label", evidence="why")
    (tmp_path / "t.csv").write_text(f'text,label,why\n"{TEXT}",good,"[\'rose\']"\n"{TEXT}",bad,\n')
    rows = table(origin, str(tmp_path), files={"test": "t.csv"}, text="text", label="label", evidence="why")["test"]
    assert [row["evidence"] for row in rows] == [[[6, 10]], []]


@pytest.mark.parametrize(("name", "placed"), [("fiqa_official", 214), ("fiqa_fingpt", 268), ("fiqa_pauri32", 148)])
def test_fiqa_has_them(data_mirror: Path, name: str, placed: int) -> None:
    rows = catalogue.load(name)["test"]
    having = [row for row in rows if row["evidence"]]
    assert len(having) == placed
    assert all(0 <= start < end <= len(row["text"]) for row in having for start, end in row["evidence"])
