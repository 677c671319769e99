"""Records that cannot be true: what was edited, cut, or mixed up is refused where it is read, with the file's name."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.board_factory import labels, make_run, spans, write_run

from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.paths import share
from phingpt_bench.evaluate.facts import read_records
from phingpt_bench.results.collect import collect, read_run
from phingpt_bench.text.language import speaking, spoken

Edit = Callable[[dict[str, Any], dict[str, Any]], object]
FPB = {"task": "phin_fpb", "protocol": "fpb/fingpt-25-seed42/v1"}


def dropped(record: dict[str, Any], rows: dict[str, Any]) -> None:
    """Every row that was answered wrong is left out, and the record says so."""
    right = [at for at, (gold, pred) in enumerate(zip(rows["gold"], rows["pred"], strict=True)) if gold == pred]
    for name, column in rows.items():
        if name not in ("kind", "labels") and column:
            rows[name] = [column[at] for at in right]
    record["protocol"]["n"] = len(right)


# what is done to the files of a run (record, rows), and what is said of it
LABELS: dict[str, tuple[Edit, str]] = {
    "rows dropped": (dropped, "digest of the ids"),
    "rows in another order": (lambda record, rows: rows["ids"].reverse(), "digest of the ids"),
    "rows of another run": (lambda record, rows: rows.update(ids=[f"x-{i}" for i in rows["ids"]]), "digest of the ids"),
    "a digest edited": (lambda record, rows: record["protocol"].update(rows_digest="0" * 16), "digest of the ids"),
    "a count edited": (lambda record, rows: record["protocol"].update(n=3), "says 3"),
    "another kind": (lambda record, rows: record["protocol"].update(kind="spans"), "kind"),
    "more rows than its limit": (lambda record, rows: record.update(limit=5), "limit: 5"),
    "no date": (lambda record, rows: record.update(created="not a date"), "created"),
    "no day": (lambda record, rows: record.update(created="2026-02-31T00:00:00Z"), "created"),
    "a year ahead": (lambda record, rows: record.update(created="9999-01-01T00:00:00+00:00"), "in the future"),
    "shots below zero": (lambda record, rows: record["protocol"].update(shots=-3), "shots"),
    "another count of unreadable answers": (
        lambda record, rows: record["diagnostics"].update(invalid=299), "says 299",
    ),
    "more unreadable answers than rows": (lambda record, rows: record["diagnostics"].update(invalid=301), "301 of 300"),
    "seen rows of another test set": (
        lambda record, rows: record.update(exposure={"exact": 1, "ids": ["elsewhere"]}), "seen in training",
    ),
    "more seen rows than rows": (lambda record, rows: record.update(exposure={"exact": 301, "ids": []}), "301 of 300"),
    "a prediction edited": (
        lambda record, rows: rows.update(pred=list(rows["gold"]), probs=[[0.1, 0.1, 0.8]] * 300), "another label",
    ),
    "probabilities that are none": (
        lambda record, rows: rows.update(probs=[[0.9, 0.9, -0.8]] * 300, pred=[0] * 300), "sum to 1",
    ),
    "a label beyond the set": (lambda record, rows: rows["pred"].__setitem__(0, 7), "not a place"),
    "a metric that is none": (lambda record, rows: record["protocol"].update(metric="f2"), "unknown metric"),
    "outcomes changed after the run": (
        lambda record, rows: record["provenance"].update(files={"outcomes.json": "0" * 16}), "changed after the run",
    ),
}  # fmt: skip
SPANS: dict[str, tuple[Edit, str]] = {
    "more found than gold": (
        lambda record, rows: rows["counts"].__setitem__(0, [[9, 9, 1]] + [[0, 0, 0]] * 3), "9 true",
    ),
    "found without a prediction": (
        lambda record, rows: rows["counts"].__setitem__(0, [[1, 0, 1]] + [[0, 0, 0]] * 3), "1 true positives of 0",
    ),
    "a negative count": (lambda record, rows: rows["counts"].__setitem__(0, [[-1, 0, 0]] + [[0, 0, 0]] * 3), "-1 true"),
    "gold of no type": (
        lambda record, rows: rows["counts"].__setitem__(0, [[0, 0, 0]] * 3 + [[0, 0, 1]]), "unknown type",
    ),
    "a huge count": (
        lambda record, rows: rows["counts"].__setitem__(0, [[10**400] * 3] + [[0, 0, 0]] * 3), "too large",
    ),
}  # fmt: skip


def edited(folder: Path, edit: Edit, outcomes: Any) -> Path:
    """A run whose files were edited by hand."""
    path = write_run(folder, make_run(outcomes=outcomes))
    record, rows = json.loads(path.read_text()), json.loads((folder / "outcomes.json").read_text())
    edit(record, rows)
    path.write_text(json.dumps(record))
    (folder / "outcomes.json").write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize(("edit", "said"), LABELS.values(), ids=LABELS)
def test_labels_that_cannot_be(edit: Edit, said: str, tmp_path: Path) -> None:
    path = edited(tmp_path / "runs" / "t" / "m", edit, labels(0.6, seed=1, invalid=0.2))
    with pytest.raises(BenchError, match=said) as caught:
        collect(tmp_path)
    assert str(path.parent) in str(caught.value) and caught.value.hint
    if said != "unknown metric":
        assert read_records(tmp_path / "runs") == {path.parent: None}  # the plan makes it again


@pytest.mark.parametrize(("edit", "said"), SPANS.values(), ids=SPANS)
def test_entities_that_cannot_be(edit: Edit, said: str, tmp_path: Path) -> None:
    path = edited(tmp_path / "runs" / "t" / "m", edit, spans(0.6))
    with pytest.raises(BenchError, match=said):
        read_run(path)


def test_what_was_not_edited_is_read(tmp_path: Path) -> None:
    for name, outcomes in (("a", labels(0.6, invalid=0.2)), ("b", spans(0.6))):
        path = edited(tmp_path / "runs" / "t" / name, lambda record, rows: None, outcomes)
        files = {"outcomes.json": file_digest(path.with_name("outcomes.json"))}
        record = json.loads(path.read_text())
        record["provenance"]["files"] = files
        path.write_text(json.dumps(record))
        assert read_both(path)[0].provenance.files == files
    assert len(collect(tmp_path)) == 1  # the other is of the same key


@pytest.mark.parametrize(
    ("limit", "said"),
    [(None, "has 1212"), (300, None), (5_000, "of the 1212 rows")],
)
def test_a_whole_run_has_the_rows_of_its_protocol(limit: int | None, said: str | None, tmp_path: Path) -> None:
    path = write_run(tmp_path, make_run(limit=limit, **FPB))
    if said is None:
        assert read_run(path).limit == limit
    else:
        with pytest.raises(BenchError, match=said) as caught:
            read_run(path)
        with speaking("es"):
            assert spoken(caught.value.message) != caught.value.message


def test_labels_must_be_in_the_order_of_the_protocol(tmp_path: Path) -> None:
    """Places in another order would be other answers: a passport was edited between two runs, such as limited ones."""
    rows = labels(0.6)
    other = dataclasses.replace(rows, labels=rows.labels[::-1])
    assert read_run(write_run(tmp_path / "one", make_run(outcomes=rows, limit=300, **FPB)))
    with pytest.raises(BenchError, match="labels: positive, neutral, negative, the protocol has negative, neutral"):
        read_run(write_run(tmp_path / "other", make_run(outcomes=other, limit=300, **FPB)))


def test_rows_of_the_right_number_must_be_the_right_rows(tmp_path: Path) -> None:
    path = write_run(tmp_path, make_run(outcomes=labels(0.6, n=1_212), **FPB))
    with pytest.raises(BenchError, match="not those of fpb/fingpt-25-seed42/v1") as caught:
        read_run(path)
    assert "give the passport that you edited its own 'protocol'" in str(caught.value.hint)


@pytest.mark.parametrize("edit", [edit for edit, _ in LABELS.values()], ids=LABELS)
def test_what_is_wrong_is_said_in_the_language_of_the_reader(edit: Edit, tmp_path: Path) -> None:
    with pytest.raises(BenchError) as caught:
        read_run(edited(tmp_path / "run", edit, labels(0.6, seed=1, invalid=0.2)))
    with speaking("es"):
        assert spoken(caught.value.message) != caught.value.message


@pytest.mark.slow
def test_all_shipped_records_agree() -> None:
    assert len(collect(share("results"))) > 50


@pytest.mark.parametrize("content", ["", "{", '{"kind": "labels"', "null", "[" * 100_000, '{"kind": 5}'])
@pytest.mark.parametrize("name", ["outcomes.json", "run.json"])
def test_a_truncated_file_is_made_again(name: str, content: str, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "t" / "m"
    write_run(folder, make_run())
    assert read_records(tmp_path / "runs")[folder] is not None
    (folder / name).write_text(content)
    assert read_records(tmp_path / "runs") == {folder: None}
    (folder / name).unlink()
    assert read_records(tmp_path / "runs").get(folder) is None


DAMAGES: dict[str, Edit] = {
    "nested": lambda record, rows: record.update(suite=json.loads("[" * 900 + "]" * 900)),
    "no provenance": lambda record, rows: record.update(provenance=None),
    "no seconds": lambda record, rows: record["evaluation"].update(seconds=None),
    "seconds in words": lambda record, rows: record["evaluation"].update(seconds={"evaluate": "long"}),
    "rows in words": lambda record, rows: record["protocol"].update(n="x"),
    "a schema in words": lambda record, rows: record.update(schema_version="a"),
    "exposure in words": lambda record, rows: record.update(exposure={"exact": "a", "ids": 5}),
    "labels as a mapping": lambda record, rows: rows.update(labels={"a": 1}),
    "ids as lists": lambda record, rows: rows.update(ids=[[name] for name in rows["ids"]]),
    "infinite gold": lambda record, rows: rows["gold"].__setitem__(0, float("inf")),
    "gold of 400 digits": lambda record, rows: rows["gold"].__setitem__(0, 10**400),
    "negative probabilities": lambda record, rows: rows.update(probs=[[-1.0, 1.0, 1.0]] * 300),
}


@pytest.mark.parametrize("edit", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_record_is_named_and_made_again(edit: Edit, tmp_path: Path) -> None:
    path = edited(tmp_path / "runs" / "t" / "m", edit, labels(0.6))
    with pytest.raises(BenchError) as caught:
        read_run(path)
    assert str(path.parent) in str(caught.value)
    assert read_records(tmp_path / "runs") == {path.parent: None}


def test_equal_scores_keep_one_order(tmp_path: Path) -> None:
    """Whatever the time of the runs, from which their ids come."""
    from phingpt_bench.board.sections import build

    orders = []
    for turn in range(2):
        runs = [
            make_run(f"Model {name}", shots=shots, run_id=f"{(turn * 7 + at * 5) % 11}", created=f"2026-01-0{1 + at}")
            for at, (name, shots) in enumerate([("A", 0), ("A", 5), ("B", 0), ("C", 0)])
        ]
        board = build(runs if turn else runs[::-1])
        orders.append([(row.name, row.variant) for row in board.sections[0].rows])
    assert orders[0] == orders[1]
