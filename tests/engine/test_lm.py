"""PhinLM against HFLM on the embedded model in float32, with adapters, and its counting."""

from __future__ import annotations

import copy
import math
import re
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from helpers.tiny import Counter, save_tiny  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

from phingpt_bench.core.errors import BenchError  # noqa: E402
from phingpt_bench.engine import kernels  # noqa: E402
from phingpt_bench.engine.lm import PhinLM  # noqa: E402
from phingpt_bench.engine.stop_strings import StopStrings  # noqa: E402
from phingpt_bench.lmeval import manager  # noqa: E402
from phingpt_bench.models.base_spec import BaseSpec  # noqa: E402
from phingpt_bench.models.load import load_base  # noqa: E402

LABELS = (" negative", " neutral", " positive", " bullish", " very bearish indeed", "\nx")


@pytest.fixture(scope="module")
def loaded():
    return load_base(BaseSpec(quantisation="none", compute_dtype="float32", device="cpu"))


def tiny(vocabulary: int = 300, dtype: torch.dtype = torch.float32, **options):
    """A random Llama for what needs no real model."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=64,
        **options,
    )
    return LlamaForCausalLM(config).to(dtype).eval()


def label_requests(documents: int) -> list[Instance]:
    task = manager.load_task("phin_demo_sentiment")
    docs = list(task.test_docs())[:documents]
    prompts = [manager.render_prompt(task, doc, shots=shots) for shots in (0, 3) for doc in docs]
    return [Instance("loglikelihood", {}, (prompt, label), 0) for prompt in prompts for label in LABELS]


@pytest.mark.slow
def test_likelihoods_equal_hflm(loaded):
    """One-token and longer labels, with and without examples, over several batches."""
    requests = label_requests(2)
    meter = Counter()
    ours = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=3, meter=meter)
    theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    got = ours.loglikelihood(requests, disable_tqdm=True)
    expected = theirs.loglikelihood(requests, disable_tqdm=True)
    assert [greedy for _, greedy in got] == [greedy for _, greedy in expected]
    assert max(abs(a - b) for (a, _), (b, _) in zip(got, expected, strict=True)) < 1e-4
    assert len({value for value, _ in got}) > len(requests) * 0.9
    assert ours.truncated == 0
    assert meter.tokens_out == 0 < meter.tokens_in


def test_one_forward_for_the_one_token_labels_of_a_document(loaded):
    prompt = "News: Profit rose.\nSentiment:"
    requests = [Instance("loglikelihood", {}, (prompt, label), 0) for label in LABELS[:3]]
    meter = Counter()
    PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, meter=meter).loglikelihood(requests, disable_tqdm=True)
    assert meter.tokens_in == len(loaded.tokenizer.encode(prompt))


@pytest.mark.slow
def test_generation_equals_hflm_and_stops_each_answer_by_itself(loaded):
    task = manager.load_task("phin_demo_ner")
    prompts = [manager.render_prompt(task, doc, shots=2) for doc in list(task.test_docs())[:4]]
    prompts.append("Count: one, two, three, four, five, six, seven, eight,")
    options = {"until": ["\n", ";", "elev"], "do_sample": False, "max_gen_toks": 16}
    requests = [Instance("generate_until", {}, (prompt, options), 0) for prompt in prompts]
    meter = Counter()
    ours = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=3, meter=meter)
    theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=3)
    got = ours.generate_until(requests, disable_tqdm=True)
    assert got == theirs.generate_until(requests, disable_tqdm=True)
    assert len(set(got)) > 1
    assert meter.tokens_in == sum(len(loaded.tokenizer.encode(prompt)) for prompt in prompts)
    assert 0 < meter.tokens_out < 16 * len(prompts)
    assert ours.truncated == 0


def test_a_batch_ends_when_each_sequence_met_some_stop_string():
    """Two sequences that meet different stop strings: lm-eval's own criterion would go on."""
    words = {0: "a", 1: "\n", 2: ";", 3: "b"}
    fake = SimpleNamespace(batch_decode=lambda rows: ["".join(words[int(i)] for i in row) for row in rows])
    stopping = StopStrings(fake, ["\n", ";"], prompt_length=1)
    assert stopping(torch.tensor([[1, 0], [1, 3]]), None).tolist() == [False, False]  # the prompt does not count
    assert stopping(torch.tensor([[1, 0, 1], [1, 3, 0]]), None).tolist() == [True, False]
    assert stopping(torch.tensor([[1, 0, 1, 0], [1, 3, 0, 2]]), None).tolist() == [True, True]
    assert stopping.lengths == [2, 3]


def scorer(model, **options) -> PhinLM:
    from transformers import AutoTokenizer

    from phingpt_bench.models.embedded import SMOLLM2

    return PhinLM(pretrained=model, tokenizer=AutoTokenizer.from_pretrained(SMOLLM2.folder()), **options)


def requests_of(*pairs: tuple[list[int], list[int]]):
    return [(("", ""), context, continuation) for context, continuation in pairs]


def by_hand(model, context: list[int], continuation: list[int]) -> float:
    logits = model(torch.tensor([context + continuation])).logits[0].float()
    rows = logits.log_softmax(-1)[len(context) - 1 : -1].detach()
    return float(rows[range(len(continuation)), continuation].sum())


@pytest.mark.slow
def test_equals_a_forward_by_hand_in_any_order_and_batch():
    model = tiny()
    pairs = [([5, 6, 7], [8]), ([5, 6, 7], [9]), ([5], [6, 7, 8]), ([5, 6], [7, 8]), ([1, 2, 3, 4, 5], [6, 7, 8])]
    expected = [by_hand(model, *pair) for pair in pairs]
    for size in (1, 2, 16):
        got = scorer(model, batch_size=size)._loglikelihood_tokens(requests_of(*pairs), disable_tqdm=True)
        assert [value for value, _ in got] == pytest.approx(expected, abs=1e-5)
    backwards = scorer(model)._loglikelihood_tokens(requests_of(*pairs[::-1]), disable_tqdm=True)
    assert [value for value, _ in backwards] == pytest.approx(expected[::-1], abs=1e-5)


def test_a_too_long_prompt_is_cut_on_the_left_and_counted():
    model = tiny()
    lm, context = scorer(model), [i % 300 for i in range(100)]
    got = lm._loglikelihood_tokens(requests_of((context, [7]), (context, [8]), ([5], [6])), disable_tqdm=True)
    assert got[0][0] == pytest.approx(by_hand(model, context[-64:], [7]), abs=1e-5)
    assert lm.truncated == 1
    ids, mask = lm.tok_batch_encode(["one two three four five six", "one"], left_truncate_len=3)
    assert ids.shape == mask.shape == (2, 3)
    assert lm.truncated == 2


def test_bfloat16_scores_are_float32_where_it_matters():
    """The head in float32 on the bfloat16 hidden states: exact, while bfloat16 logits are up to 1e-2 off."""
    model = tiny(dtype=torch.bfloat16)
    context, labels = [5, 6, 7], [8, 9, 10]
    with torch.no_grad():
        hidden = model.model(torch.tensor([context])).last_hidden_state[0, -1]
        exact = (hidden.float() @ model.lm_head.weight.float().T).log_softmax(-1)
    got = scorer(model)._loglikelihood_tokens(requests_of(*((context, [i]) for i in labels)), disable_tqdm=True)
    assert [value for value, _ in got] == pytest.approx([float(exact[i]) for i in labels], abs=1e-5)
    assert "forward" not in model.lm_head.__dict__  # the head is put back


@pytest.mark.slow
def test_what_a_model_does_to_its_logits_still_happens():
    """Gemma 2 caps its logits after the head."""
    from transformers import Gemma2Config, Gemma2ForCausalLM

    torch.manual_seed(0)
    config = Gemma2Config(
        vocab_size=300, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, final_logit_softcapping=0.05, max_position_embeddings=64,
    )  # fmt: skip
    model = Gemma2ForCausalLM(config).eval()
    got = scorer(model)._loglikelihood_tokens(requests_of(([5, 6, 7], [8])), disable_tqdm=True)
    assert got[0][0] == pytest.approx(by_hand(model, [5, 6, 7], [8]), abs=1e-5)
    assert abs(got[0][0] + math.log(300)) < 0.1  # capped: nearly uniform


@pytest.mark.parametrize("targets", [["v_proj", "down_proj"], ["v_proj", "lm_head"]])
def test_with_an_adapter_on_and_off(targets: list[str]):
    """A PEFT model, its adapter on the head too."""
    from peft import LoraConfig, get_peft_model

    base = tiny(tie_word_embeddings=False)
    bare = by_hand(base, [5, 6, 7], [8])
    config = LoraConfig(target_modules=targets, lora_alpha=256, init_lora_weights=False, task_type="CAUSAL_LM")
    model = get_peft_model(base, config).eval()
    lm = scorer(model)
    request = requests_of(([5, 6, 7], [8]))
    on = lm._loglikelihood_tokens(request, disable_tqdm=True)[0][0]
    assert on == pytest.approx(by_hand(model, [5, 6, 7], [8]), abs=1e-5)
    with model.disable_adapter():
        off = lm._loglikelihood_tokens(request, disable_tqdm=True)[0][0]
    assert off == pytest.approx(bare, abs=1e-5)
    assert abs(on - off) > 1e-3


def test_refuses_a_cache_of_answers_and_empty_continuations():
    lm = scorer(tiny())
    with pytest.raises(BenchError, match="use_cache"):
        lm.set_cache_hook(None)
    with pytest.raises(BenchError, match="no token of its own"):
        lm._loglikelihood_tokens(requests_of(([5], [])), disable_tqdm=True)


def test_registered_under_phin():
    from lm_eval.api.registry import get_model

    assert get_model("phin") is PhinLM


@pytest.mark.slow
@pytest.mark.parametrize("plain", [False, True])
def test_answers_that_leave_no_room_for_a_prompt_are_refused(loaded, plain):
    """The engine and HFLM's own way, which would only assert it."""
    model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, max_length=64)
    model.plain = plain
    request = Instance("generate_until", {}, ("News: up.\nNames:", {"until": ["\n"], "max_gen_toks": 64}), 0)
    with pytest.raises(BenchError, match="max_gen_toks 64 leaves no room for a prompt: the model has 64 positions"):
        model.generate_until([request], disable_tqdm=True)


def without_special_tokens(tokenizer, *kept: str):
    """A copy that has the kept ones of "eos_token" and "bos_token" only."""
    own = copy.deepcopy(tokenizer)
    for name in {"eos_token", "bos_token", "pad_token", "unk_token"} - set(kept):
        setattr(own, name, None)
    return own


@pytest.mark.slow
def test_a_tokenizer_needs_a_special_token(loaded, tmp_path):
    bare = without_special_tokens(loaded.tokenizer)
    with pytest.raises(BenchError, match="neither an end-of-text nor a beginning-of-text token"):
        PhinLM(pretrained=loaded.model, tokenizer=bare)
    folder = save_tiny(tmp_path)
    bare.save_pretrained(folder)
    with pytest.raises(BenchError, match=re.escape(f"the tokenizer of '{folder}' has neither")) as error:
        load_base(BaseSpec(model=str(folder), device="cpu"))
    assert "tokenizer_config.json" in error.value.hint


@pytest.mark.slow
def test_labels_need_no_end_of_text_token_and_answers_do(loaded):
    requests = label_requests(1)
    begins = without_special_tokens(loaded.tokenizer, "bos_token")
    model, usual = (PhinLM(pretrained=loaded.model, tokenizer=one) for one in (begins, loaded.tokenizer))
    assert model.loglikelihood(requests, disable_tqdm=True) == usual.loglikelihood(requests, disable_tqdm=True)
    with pytest.raises(BenchError, match="no end-of-text token, so no answer can end"):
        model.generate_until([Instance("generate_until", {}, ("News:", {"until": ["\n"]}), 0)], disable_tqdm=True)


def test_a_model_on_another_device_is_not_given_the_kernels_of_a_cpu(monkeypatch):
    """A Python call for each torch function would cost a GPU 5 to 20 % of a step, and no product would move."""
    calls = []
    monkeypatch.setattr(kernels, "onednn_is_faster", lambda: True)
    monkeypatch.setattr(
        kernels.OneDnnLinear,
        "__torch_function__",
        lambda self, function, types, args=(), kwargs=None: calls.append(function) or function(*args, **(kwargs or {})),
    )
    for device, called in (("meta", False), ("cpu", True)):
        calls.clear()
        layer = torch.nn.Linear(8, 8).to(device)
        model = SimpleNamespace(device=torch.device(device), peft_config={})
        with kernels.fastest_kernels(weakrefable(model)), torch.no_grad():
            layer(torch.zeros(2, 8, device=device))
        assert bool(calls) is called


def weakrefable(model):
    """The same in a class that weak references take, as models are."""
    return type("Model", (), vars(model))()
