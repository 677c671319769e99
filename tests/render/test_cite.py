"""BibTeX: every brace closes, keys are unique, and a board's datasets and sources are among the entries."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.board_factory import make_run, write_run
from helpers.published import published

from phingpt_bench.board.sections import build
from phingpt_bench.cli.main import main
from phingpt_bench.data import catalogue
from phingpt_bench.render.cite import bibtex


def test_every_dataset_and_source_has_an_entry_that_closes():
    passports = list(catalogue.readable()[0].values())
    (protocol, rows) = next(iter(published().items()))
    text = bibtex(build([make_run(protocol=protocol)], {protocol: rows}), passports)
    keys = re.findall(r"^@\w+\{([^,]+),$", text, re.MULTILINE)
    assert len(keys) == len(set(keys)) and {"phingpt-bench", "lm-eval", "data-financial-phrasebank"} <= set(keys)
    assert any(key.startswith("published-") for key in keys)
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert "author = {Malo and others}" in text and "author = {Shah and Paturi and Chava}" in text
    for entry in text.split("\n\n"):  # what a style sorts by
        assert "  author = " in entry or "  key = " in entry
    assert "eprint = {1307.5336}" in text and "none" not in text.split("data-", 1)[0]


@pytest.mark.slow
def test_the_verb_cites_the_tasks_asked_for(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "cache"))
    write_run(tmp_path / "r", make_run(task="phin_x"))
    assert main(["cite", str(tmp_path / "r"), "--no-published"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("@misc{phingpt-bench,") and "published-" not in out
    assert main(["cite", str(tmp_path / "r"), "--task", "phin_y"]) == 2
