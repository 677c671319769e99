"""Every PEFT method that lm-eval's `peft=` loads gives the same answers here as there, in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from helpers.zoo import KINDS, REFUSED, TRIGGER, Zoo
from transformers import AutoModelForCausalLM, AutoTokenizer

from phingpt_bench.core.errors import BenchError
from phingpt_bench.cost.meters import Meter
from phingpt_bench.evaluate.adapters import AdapterFacts
from phingpt_bench.evaluate.loading import load_with
from phingpt_bench.live.display import QUIET
from phingpt_bench.models import adapter
from phingpt_bench.models.adapter_method import method_of
from phingpt_bench.models.base_spec import BaseSpec

pytestmark = pytest.mark.slow

SHARED = "News: Orders rose by a tenth, and the board raised its forecast for the year.\nSentiment: positive\n\n" * 3
TEXTS = ("Quarterly profit fell by a third.", "The dividend stays at 0.20 euro.", "Sales grew in all regions.")
LABELS = (" negative", " neutral", " very positive")
# what changes the base by design, so that "off" is not the bare base
BY_DESIGN = {"bias_lora_only", "bias_all", "layer_replication", "pissa", "olora", "kasa"}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Zoo:
    return Zoo(tmp_path_factory.mktemp("zoo"))


def facts(name: str, folder: Path, base: BaseSpec) -> AdapterFacts:
    return AdapterFacts(
        name=name, folder=folder, recipe=None, card=None, digest=adapter.adapter_digest(folder, None), bases=(base,),
        tasks=(), variants=(), method=method_of(folder),
    )  # fmt: skip


def instances(kind: str, pairs: list[tuple[Any, ...]]) -> list[Any]:
    from lm_eval.api.instance import Instance

    return [Instance(kind, {}, pair, at) for at, pair in enumerate(pairs)]


def answers(lm: Any) -> tuple[list[float], list[str]]:
    """Log-likelihoods of the labels with and without a shared beginning, and two written answers."""
    prompts = [f"{start}News: {text}\n{TRIGGER}" for start in ("", SHARED) for text in TEXTS]
    scored = lm.loglikelihood(instances("loglikelihood", [(p, label) for p in prompts for label in LABELS]), True)
    settings = {"until": ["\n"], "max_gen_toks": 8, "do_sample": False}
    written = lm.generate_until(instances("generate_until", [(p, settings) for p in prompts[2:4]]), True)
    return [score for score, _ in scored], written


def ours(folder: Path, base: Path, name: str) -> tuple[tuple[list[float], list[str]], Any]:
    from phingpt_bench.engine.lm import PhinLM

    spec = BaseSpec(model=str(base), quantisation="none", compute_dtype="float32", device="cpu")
    held = load_with(spec, [facts(name, folder, spec)], QUIET, Meter())
    loaded, model, attached = held.loaded, held.model, held.attached
    with adapter.only(model, attached[name].name):
        return answers(PhinLM(pretrained=model, tokenizer=loaded.tokenizer, batch_size=4)), attached[name]


def stock(folder: Path, base: Path, tokenizer: Path | None = None) -> tuple[list[float], list[str]]:
    from lm_eval.models.huggingface import HFLM

    lm = HFLM(
        pretrained=str(base), peft=str(folder), tokenizer=None if tokenizer is None else str(tokenizer), device="cpu",
        dtype="float32", batch_size=4,
    )  # fmt: skip
    return answers(lm)


@pytest.mark.parametrize("name", KINDS)
def test_answers_are_those_of_stock_lm_eval(zoo: Zoo, name: str) -> None:
    kind = KINDS[name]
    folder, base = zoo.adapter(name, kind), zoo.base(kind)
    (mine, my_texts), attached = ours(folder, base, name)
    theirs, their_texts = stock(folder, base)
    assert mine == pytest.approx(theirs, abs=1e-4)
    assert my_texts == their_texts
    assert chosen(mine) == chosen(theirs)
    assert attached.probe.largest_logit_difference > 1e-3
    assert attached.probe.off_equals_bare_base is (name not in BY_DESIGN)


def test_added_tokens_come_with_their_tokenizer_and_resized_embeddings(zoo: Zoo, tmp_path: Path) -> None:
    base = zoo.base(KINDS["lora"])
    tokenizer = AutoTokenizer.from_pretrained(base)
    tokenizer.add_tokens(["<news>", "Sentiment:"])
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model.resize_token_embeddings(len(tokenizer))
    options = {"r": 4, "target_modules": ["q_proj"], "modules_to_save": ["embed_tokens", "lm_head"]}
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", **options))
    torch.manual_seed(2)
    with torch.no_grad():
        for weight in [weight for weight in model.parameters() if weight.requires_grad]:
            weight.add_(torch.randn_like(weight) * 0.1)
    model.save_pretrained(tmp_path)
    expected = answers_of(model.eval(), tokenizer)
    with pytest.raises(BenchError, match=r"49,154 rows of embeddings, the base has 49,152, and no tokenizer"):
        ours(tmp_path, base, "extra")
    tokenizer.save_pretrained(tmp_path)
    (mine, my_texts), attached = ours(tmp_path, base, "extra")
    assert mine == pytest.approx(expected[0], abs=1e-4) and my_texts == expected[1]
    assert attached.facts.method.vocabulary == len(tokenizer)


def answers_of(model: Any, tokenizer: Any) -> tuple[list[float], list[str]]:
    """Stock lm-eval's answers of a model: its own `peft=` does not resize embeddings, and fails."""
    from lm_eval.models.huggingface import HFLM

    return answers(HFLM(pretrained=model, tokenizer=tokenizer, batch_size=4))


def test_several_lora_adapters_share_a_base_and_answer_as_alone(zoo: Zoo) -> None:
    from phingpt_bench.engine.lm import PhinLM

    names = ("lora", "dora", "regex", "rslora")
    base = zoo.base(KINDS["lora"])
    spec = BaseSpec(model=str(base), quantisation="none", compute_dtype="float32", device="cpu")
    entries = [facts(name, zoo.adapter(name, KINDS[name]), spec) for name in names]
    assert not any(entry.method.alone for entry in entries)
    held = load_with(spec, entries[:2], QUIET, Meter())
    for entry in entries[2:]:  # as they come to a base that is loaded
        held.attach(entry, entries[1:], QUIET, Meter())
    for name in reversed(names):
        with adapter.only(held.model, held.attached[name].name):
            got = answers(PhinLM(pretrained=held.model, tokenizer=held.loaded.tokenizer, batch_size=4))
        assert got[0] == pytest.approx(ours(zoo.adapter(name, KINDS[name]), base, name)[0][0], abs=1e-4), name


def chosen(scores: list[float]) -> list[int]:
    """The label of each prompt."""
    rows = [scores[at : at + len(LABELS)] for at in range(0, len(scores), len(LABELS))]
    return [row.index(max(row)) for row in rows]


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_loaded_as_it_was_trained_is_refused(zoo: Zoo, name: str) -> None:
    kind, words = REFUSED[name]
    with pytest.raises(BenchError, match=words):
        method_of(zoo.adapter(name, kind))
