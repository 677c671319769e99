"""Hybrids: a regression on what the parts say, learned on validation rows, as a run that boards show."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from helpers.tiny import save_tiny

from phingpt_bench.cli.main import main
from phingpt_bench.core.agreement import read_both
from phingpt_bench.core.errors import BenchError
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.recorded import documents
from phingpt_bench.evaluate.tasks import Tasks
from phingpt_bench.floors import classical
from phingpt_bench.floors.classical import TfidfLM
from phingpt_bench.floors.learnt import splits
from phingpt_bench.hybrids import combine, labels, parts
from phingpt_bench.hybrids.parts import Part
from phingpt_bench.hybrids.stack import fitted
from phingpt_bench.scoring.answered import chosen_label, outcomes_of


def two_parts(n: int = 300, seed: int = 0) -> tuple[list[Part], list[int]]:
    """A good part, which is right in most rows, and one that knows nothing; and the gold labels."""
    draw = np.random.default_rng(seed)
    gold = draw.integers(0, 3, n)
    good = draw.normal(size=(n, 3)) + 2 * np.eye(3)[gold]
    return [Part("good", good), Part("noise", draw.normal(size=(n, 3)))], gold.tolist()


def test_the_part_that_knows_more_decides() -> None:
    found, gold = two_parts()
    stack = fitted(found, gold, 3)
    tests, right = two_parts(seed=1)
    scores = stack.scores(tests)
    assert (scores.argmax(1) == np.asarray(right)).mean() > 0.8
    shares = stack.shares(tests, scores)
    assert np.mean([one["good"] for one in shares]) > 10 * abs(np.mean([one["noise"] for one in shares]))


def test_shares_and_intercept_make_the_log_odds() -> None:
    found, gold = two_parts()
    stack = fitted(found, gold, 3)
    scores = stack.scores(found)
    order = np.argsort(-scores, axis=1)
    for at, shares in enumerate(stack.shares(found, scores)):
        first, second = order[at, :2]
        intercept = stack.model.intercept_[first] - stack.model.intercept_[second]
        assert sum(shares.values()) + intercept == pytest.approx(scores[at, first] - scores[at, second], abs=1e-6)


def test_a_label_that_no_validation_row_has_is_never_the_answer() -> None:
    found, gold = two_parts()
    kept = [at for at, label in enumerate(gold) if label]
    few = [Part(part.name, part.features[kept]) for part in found]
    stack = fitted(few, [gold[at] for at in kept], 3)
    scores = stack.scores(few)
    assert not (scores.argmax(1) == 0).any()
    assert all(np.isfinite(list(one.values())).all() for one in stack.shares(few, scores))


def test_rows_of_one_label_are_refused() -> None:
    found, gold = two_parts()
    kept = [at for at, label in enumerate(gold) if label == 1]
    with pytest.raises(BenchError, match="have one label only"):
        fitted([Part(part.name, part.features[kept]) for part in found], [1] * len(kept), 3)


def test_validation_and_test_rows_have_equal_features() -> None:
    likelihoods = [[-1.0, -2.0, -30.0], [-0.5, -0.7, -0.9]]
    from_model = parts.of_likelihoods(likelihoods).features
    stored = np.exp(likelihoods) / np.exp(likelihoods).sum(1, keepdims=True)
    assert from_model == pytest.approx(parts.of_model(stored.round(5).tolist()).features)
    assert from_model.sum(1) == pytest.approx([0.0, 0.0])


def test_copies_of_training_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": str(at)} for at in range(100)]
    source: Any = SimpleNamespace(model=SimpleNamespace(adapter="mine"))
    trained: dict[str, Any] = {"card": SimpleNamespace(row_ids={"t": ["0", "1", "x"]})}
    monkeypatch.setattr(combine.adapter, "card_of", lambda folder: trained["card"])
    left = combine._unseen(source, Path("adapters"), [{"id": "2"}], rows)
    assert [row["id"] for row in left] == [str(at) for at in range(3, 100)]
    trained["card"] = SimpleNamespace(row_ids={"t": [str(at) for at in range(6)]})
    with pytest.raises(BenchError, match="was trained on 6 of the 100 validation rows"):
        combine._unseen(source, Path("adapters"), [], rows)
    trained["card"] = None
    with pytest.raises(BenchError, match="has no card"):
        combine._unseen(source, Path("adapters"), [], rows)


def test_rows_that_the_dataset_does_not_have_are_named() -> None:
    task = Tasks()["phin_demo_sentiment"]
    first = task.ids[0]
    assert [row["id"] for row in documents(task, [first])] == [first]
    with pytest.raises(BenchError, match="the dataset here has no row 'gone'"):
        documents(task, [first, "gone"])


@pytest.mark.slow
def test_weights_are_learned_without_validation_rows_and_test_rows_get_the_floor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = Tasks()["phin_demo_sentiment"]
    train, validation = splits(task.task)
    fits: list[int] = []  # rows of each fit but those of the choice of C
    said: list[Part] = []

    class Watched(TfidfLM):
        def _fit(self, task: Any, docs: Any) -> None:
            fits.append(len(docs))
            super()._fit(task, docs)

    def of_floor(*given: Any) -> Part:
        said.append(parts.of_floor(*given))
        return said[-1]

    monkeypatch.setattr(classical, "TfidfLM", Watched)
    monkeypatch.setattr(labels, "made_of", SimpleNamespace(**{**vars(parts), "of_floor": of_floor}))
    tests = list(task.task.eval_docs)[:5]
    floor = TfidfLM()
    floor.learn(task.task)
    rows = outcomes_of("labels", task.dataset.labels, [doc["id"] for doc in tests], [
        chosen_label(doc, task.dataset.labels, [-1.0, -2.0, -3.0]) for doc in tests
    ])  # fmt: skip
    asker: Any = SimpleNamespace(task=task, labels=lambda given: [[-1.0, -2.0, -3.0] for _ in given])
    labels.combined(asker, rows, validation, ["tfidf-lr"])
    assert fits == [len(train), len(train) + len(validation)]
    assert said[1].features == pytest.approx(parts.of_floor(floor, task.task, tests).features)


def evaluated(root: Path, task: str) -> list[str]:
    """The tiny model and the baselines on 40 rows; the arguments that name task, results and base."""
    save_tiny(root / "tiny", hidden_size=32, intermediate_size=64, initializer_range=0.2)
    (root / "suite.yaml").write_text(
        f"name: h\ntasks: [{task}]\nlimit: 40\nresults: {root / 'results'}\n"
        f"bases: [{{model: {root / 'tiny'}, quantisation: none, compute_dtype: float32, device: cpu}}]\n"
    )
    assert main(["run", str(root / "suite.yaml"), "--quiet"]) == 0
    return ["--task", task, "--results", str(root / "results"), "--base", str(root / "tiny")]


@pytest.mark.slow
def test_a_hybrid_is_a_run_that_boards_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = evaluated(tmp_path, "phin_demo_sentiment")
    capsys.readouterr()
    assert main(["combine", "base", *where]) == 0
    assert "combined" in capsys.readouterr().out
    (path,) = (tmp_path / "results").rglob("*with*/run.json")
    made, rows = read_both(path)
    assert made.model.adapter == "base+tfidf-lr+lexicon" and made.model.kind == "tuned"
    assert len(rows.probs) == len(rows.ids) == 40
    floor = read_both(path.parent.parent / "floor_tfidf-lr_first-40" / "run.json")[0]
    assert made.exposure == floor.exposure and made.exposure is not None, "its TF-IDF has seen what the floor has"
    line = json.loads((path.parent / "samples.jsonl").read_text().splitlines()[0])
    assert set(line["parts"]) == {"model", "tfidf-lr", "lexicon"} and line["decided"] in line["parts"]
    assert main(["verify", str(path.parent)]) == 0
    assert main(["leaderboard", str(tmp_path / "results")]) == 0
    assert "base+tfidf-lr" in capsys.readouterr().out
    twice = ["--with", "lexicon", "tfidf-lr", "lexicon"]
    assert main(["combine", "base", *where, *twice]) == 0
    assert list((tmp_path / "results").rglob("*with*/run.json")) == [path], "the same parts, the same run"
    assert main(["combine", "tfidf-lr", *where]) == 2
    assert "is not loaded from weights here" in capsys.readouterr().err
    for verb in ("combine", "why"):
        assert main([verb, "base+tfidf-lr+lexicon", *where]) == 2
        assert "base+tfidf-lr+lexicon is a combination" in capsys.readouterr().err
    assert main(["verify", str(path.parent), "--rerun", "1", "--all"]) == 0
    assert "is a combination" in capsys.readouterr().out


@pytest.mark.slow
def test_entities_are_kept_by_a_vote_with_a_crf(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    metered: list[str | None] = []
    monkeypatch.setattr(combine, "Meter", lambda device=None: metered.append(device) or Meter(device))
    where = evaluated(tmp_path, "phin_demo_ner")
    assert main(["combine", "base", "--with", "lexicon", *where]) == 2
    assert "lexicon does not answer task 'phin_demo_ner'" in capsys.readouterr().err
    assert main(["combine", "base", *where]) == 0
    assert metered == ["cpu"], "what all GPUs of a machine cost is not what one of them does"
    (path,) = (tmp_path / "results").rglob("*_with_crf/run.json")
    made, rows = read_both(path)
    assert made.model.adapter == "base+crf" and len(rows.entities) == 40
    assert (made.scores["entity_f1"] or 0) > 0.5, "a model that knows nothing does not spoil the CRF"
    lines = [json.loads(line) for line in (path.parent / "samples.jsonl").read_text().splitlines()]
    votes = [vote for line in lines for vote in line["votes"]]
    assert {vote["decided"] for vote in votes} <= {"model", "crf"} and any(vote["kept"] for vote in votes)
    for line in lines:
        assert [vote["entity"] for vote in line["votes"] if vote["kept"]] == line["parsed"]
    assert main(["verify", str(path.parent)]) == 0
    assert main(["leaderboard", str(tmp_path / "results")]) == 0
    assert "base+crf" in capsys.readouterr().out
