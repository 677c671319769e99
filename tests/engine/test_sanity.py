"""What is refused before the first score: prompts that are cut wrongly, scores that say nothing."""

from __future__ import annotations

import json
import math
from pathlib import Path

import peft
import pytest
import torch
from helpers.tiny import save_tiny
from lm_eval.api.instance import Instance
from transformers import AutoModelForCausalLM, AutoTokenizer

from phingpt_bench.cli.main import main
from phingpt_bench.core.errors import BenchError
from phingpt_bench.engine.lm import PhinLM
from phingpt_bench.engine.sanity import check_scores


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"), hidden_size=32, intermediate_size=64, tie_word_embeddings=True)


def asked(lm: PhinLM, *pairs: tuple[str, str]) -> list[tuple[float, bool]]:
    return lm.loglikelihood([Instance("loglikelihood", {}, pair, at) for at, pair in enumerate(pairs)], True)


@pytest.mark.slow
def test_a_tokenizer_that_appends_end_of_text(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As QLoRA tutorials save it: lm-eval's `hf` gives every label the same score."""
    folder = tmp_path / "ends"
    model = AutoModelForCausalLM.from_pretrained(tiny)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(tiny).save_pretrained(folder)
    file = folder / "tokenizer.json"
    tokenizer = json.loads(file.read_text(encoding="utf-8"))
    eos = AutoTokenizer.from_pretrained(tiny).eos_token
    special = {"id": eos, "ids": [AutoTokenizer.from_pretrained(tiny).eos_token_id], "tokens": [eos]}
    single = [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": eos, "type_id": 0}}]
    tokenizer["post_processor"] = {
        "type": "TemplateProcessing", "single": single, "pair": [*single, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {eos: special},
    }  # fmt: skip
    file.write_text(json.dumps(tokenizer), encoding="utf-8")
    words = ["evaluate", "--base", str(folder), "--tasks", "phin_demo_sentiment", "--limit", "2", "--no-floors"]
    assert main([*words, "--results", str(tmp_path / "r")]) == 2
    error = capsys.readouterr().err
    assert "appends its end-of-text token to every prompt" in error and "add_eos_token" in error
    assert not list(tmp_path.glob("r/**/run.json"))
    with pytest.raises(BenchError, match="appends its end-of-text"):
        PhinLM(pretrained=str(folder), device="cpu")


@pytest.mark.slow
def test_a_prompt_that_is_no_beginning_of_prompt_and_label(tiny: Path) -> None:
    lm = PhinLM(pretrained=str(tiny), device="cpu")
    assert len(asked(lm, ("Sentiment:", " negative"), ("Sentiment: ", "positive"))) == 2
    with pytest.raises(BenchError, match=r"'News: posit', are not a prefix.*'ive'"):
        asked(lm, ("News: posit", "ive"))


def request(label: str, ids: list[int]) -> tuple[tuple[str, str], list[int], list[int]]:
    return (("p", label), [1, 2], ids)


def test_scores_that_tell_nothing_apart() -> None:
    labels = [request(" a", [3]), request(" b", [4])]
    other = (("q", " a"), [5], [3])
    check_scores(labels, [(-1.0, False), (-2.0, True)])
    check_scores([*labels, other], [(-1.0, False), (math.nan, False), (-1.0, True)])
    check_scores([other], [(-1.0, False)])
    with pytest.raises(BenchError, match="labels have equal scores in all 1 prompts"):
        check_scores([*labels, other], [(-1.0, False), (-1.0, False), (-3.0, False)])
    with pytest.raises(BenchError, match="no log-likelihood of this model is a finite number"):
        check_scores(labels, [(math.nan, False), (-math.inf, False)])


@pytest.mark.slow
def test_a_base_whose_logits_are_no_numbers(tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny)
    model.model.norm.weight.data.fill_(math.nan)
    model.save_pretrained(tmp_path / "nan")
    AutoTokenizer.from_pretrained(tiny).save_pretrained(tmp_path / "nan")
    words = ["evaluate", "--base", str(tmp_path / "nan"), "--tasks", "phin_demo_ner", "--limit", "2", "--no-floors"]
    assert main([*words, "--results", str(tmp_path / "r")]) == 2
    assert "gives logits that are not finite" in capsys.readouterr().err


def test_lora_on_the_head_of_a_tied_model(tiny: Path) -> None:
    """lm-eval ties the weights of every model once more, which PEFT's layers do not take: its `peft=` fails."""
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    config = peft.LoraConfig(r=2, target_modules=["lm_head"], init_lora_weights=False, task_type="CAUSAL_LM")
    model = peft.get_peft_model(model, config).eval()
    lm = PhinLM(pretrained=model, tokenizer=AutoTokenizer.from_pretrained(tiny))
    (score, _), _ = asked(lm, ("Sentiment:", " negative"), ("Sentiment:", " positive"))
    ids = lm.tokenizer("Sentiment: negative", return_tensors="pt").input_ids
    with torch.no_grad():
        logits = model(ids).logits[0].log_softmax(-1)
    start = len(lm.tokenizer("Sentiment:").input_ids)
    expected = sum(float(logits[at - 1, ids[0, at]]) for at in range(start, ids.shape[1]))
    assert score == pytest.approx(expected, abs=1e-4)
