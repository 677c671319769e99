"""Baselines that write their answers have no likelihoods: their answers are shown without words."""

from __future__ import annotations

from pathlib import Path

import pytest

from phingpt_bench.cli.main import main

pytestmark = pytest.mark.slow
SUITE = """\
name: f
tasks: [phin_demo_ner, phin_demo_sentiment_gen]
floors: true
limit: 6
results: {root}/results
"""


@pytest.mark.parametrize(
    ("name", "task", "said"),
    [("crf", "phin_demo_ner", "PER: "), ("tfidf-lr", "phin_demo_sentiment_gen", "neutral")],
)
def test_a_written_answer_of_a_baseline_is_shown(
    name: str, task: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "suite.yaml"
    suite.write_text(SUITE.format(root=tmp_path).replace("phin_demo_ner, phin_demo_sentiment_gen", task))
    assert main(["run", str(suite), "--quiet"]) == 0
    asked = ["why", name, "--task", task, "--results", str(tmp_path / "results"), "--rows", "all"]
    capsys.readouterr()
    assert main([*asked, "--faithfulness"]) == 0
    out = capsys.readouterr().out
    assert said in out and "no contributions are known" in out
    assert main([*asked, "--format", "html", "--output", str(tmp_path / "why.html")]) == 0
