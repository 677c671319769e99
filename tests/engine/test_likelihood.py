"""The likelihood engine against HFLM and against one row a label: architectures, adapters, label sets, real prompts."""

from __future__ import annotations

import itertools
import logging
import random

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402
from helpers.tiny import Counter, short_of_memory  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM  # noqa: E402

from phingpt_bench.compat import torch_parts  # noqa: E402
from phingpt_bench.core.errors import BenchError  # noqa: E402
from phingpt_bench.engine import budgets, kernels, model_facts  # noqa: E402
from phingpt_bench.engine.labels import batches, likelihood  # noqa: E402
from phingpt_bench.engine.labels.batches import BatchLimits  # noqa: E402
from phingpt_bench.engine.labels.likelihood import Scorer  # noqa: E402
from phingpt_bench.engine.labels.packing import packed  # noqa: E402
from phingpt_bench.engine.labels.tree import label_tree, merged, separate_rows  # noqa: E402
from phingpt_bench.engine.lm import PhinLM  # noqa: E402
from phingpt_bench.engine.model_facts import rope_switch  # noqa: E402
from phingpt_bench.engine.prefix_cache import cache_view, prefix_cache  # noqa: E402
from phingpt_bench.engine.token_ids import TokenIds  # noqa: E402
from phingpt_bench.lmeval import manager  # noqa: E402

SHAPE = {
    "vocab_size": 300,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "initializer_range": 0.3,  # large enough for attention to matter
}
GPT2 = {"vocab_size": 300, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128, "initializer_range": 0.3}
ARCHITECTURES = {
    "llama": {},
    "phi3": {"sliding_window": None},
    "qwen3": {"head_dim": 8},
    "mistral": {"sliding_window": None},
    "gemma2": {"head_dim": 8, "sliding_window": 128, "final_logit_softcapping": 5.0, "attn_logit_softcapping": 5.0},
    "gpt2": GPT2,
}


def random_model(architecture: str = "llama", seed: int = 0, **changes):
    torch.manual_seed(seed)
    shape = {} if architecture in ("gpt2", "bloom", "mamba") else SHAPE
    config = AutoConfig.for_model(architecture, **{**shape, **ARCHITECTURES.get(architecture, {}), **changes})
    return AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()


def requests_of(*pairs: tuple[list[int], list[int]]):
    return [(("", ""), list(context), list(continuation)) for context, continuation in pairs]


def some_requests(seed: int = 0, documents: int = 7, prefix: int = 40, longest: int = 20):
    """Contexts that share a prefix, with labels of one to three tokens, some sharing tokens or beginning another."""
    draw = random.Random(seed)
    common = [draw.randrange(3, 300) for _ in range(prefix)]
    contexts = [common + [draw.randrange(3, 300) for _ in range(draw.randrange(1, longest))] for _ in range(documents)]
    labels = [[7], [8, 9], [8, 9, 10], [8, 11, 10], [12, 13], [12], [13, 12, 7]]
    return requests_of(*((context, label) for context in contexts for label in labels))


def by_hand(model, requests, longest: int = 128):
    """Each request in a forward of its own, cut as HFLM cuts it."""
    answers = []
    for _, context, continuation in requests:
        ids = (context + continuation)[-(longest + 1) :]
        with torch.no_grad():
            logits = model(torch.tensor([ids[:-1]])).logits[0, -len(continuation) :].float()
        picked = logits.log_softmax(-1)[range(len(continuation)), continuation]
        answers.append((float(picked.sum()), logits.argmax(-1).tolist() == continuation))
    return answers


def assert_same(got, expected, within: float = 1e-4):
    assert [greedy for _, greedy in got] == [greedy for _, greedy in expected]
    assert [value for value, _ in got] == pytest.approx([value for value, _ in expected], abs=within)


@pytest.fixture(scope="module")
def loaded():
    from phingpt_bench.models.base_spec import BaseSpec
    from phingpt_bench.models.load import load_base

    return load_base(BaseSpec(quantisation="none", compute_dtype="float32", device="cpu"))


# rows


def test_a_tree_shares_what_labels_share():
    row = label_tree([1, 2], [(0, [5]), (1, [6, 7]), (2, [6, 7, 8]), (3, [6, 9, 8]), (4, [5, 7])])
    assert row.tokens == (1, 2, 6, 7, 9, 5)
    assert row.parents == (1, 2, 2, 1)
    assert dict(row.queries) == {0: (1,), 1: (1, 2), 2: (1, 2, 3), 3: (1, 2, 4), 4: (1, 5)}
    assert row.branches and row.trunk == 2 and row.first_needed == 1


def test_no_mask_where_nothing_branches():
    assert not label_tree([1, 2], [(0, [5]), (1, [6])]).branches
    assert not label_tree([1, 2], [(0, [5]), (1, [6, 7]), (2, [6, 8])]).branches
    assert label_tree([1, 2], [(0, [5, 5]), (1, [6, 7])]).branches


def test_chains_are_as_few_as_can_be_and_cut_on_the_left():
    rows = separate_rows([1, 2], [(0, [5]), (1, [6, 7]), (2, [6, 7, 8]), (3, [5, 7])], max_length=9)
    assert [row.tokens for row in rows] == [(1, 2, 6, 7), (1, 2, 5)]
    assert dict(rows[0].queries) == {2: (1, 2, 3), 1: (1, 2), 0: (1,)}
    cut = separate_rows([1, 2, 3], [(0, [5]), (1, [6, 7, 8])], max_length=3)
    assert [(row.tokens, row.queries) for row in cut] == [((3, 6, 7), ((1, (0, 1, 2)),)), ((1, 2, 3), ((0, (2,)),))]


def joined_rows(rows, **limits):
    limits = {"min_shared": 1, "max_added": 50, "max_tokens": 50, **limits}
    return [merged(pack.trees) for pack in packed(rows, **limits)]


def test_contexts_with_one_beginning_become_one_row():
    rows = [
        label_tree([1, 2, 3, *own], [(at, [9]), (at + 10, [8, 7])]) for at, own in enumerate(([4, 5], [4], [6], []))
    ]
    other = label_tree([2, 2, 3], [(99, [9])])
    joined = joined_rows([*rows, other], min_shared=3)
    assert joined[1] == other
    row = joined[0]
    assert sorted(row.tokens) == sorted([1, 2, 3, 4, 5, 6, *[8] * 4]), "a token after the same tokens stands there once"
    assert row.first_needed == 2 and row.trunk == 3, "where it branches first"
    for index, places in row.queries:  # what is asked lies at the end of its own context, seen from the root
        path, at = [], places[-1]
        while at >= 0:
            path.append(row.tokens[at])
            at = row.parents[at - row.trunk] if at >= row.trunk else at - 1
        assert path[::-1] == [1, 2, 3, *([4, 5], [4], [6], [])[index % 10], *([8] if index >= 10 else [])]
    assert sorted(index for index, _ in row.queries) == [0, 1, 2, 3, 10, 11, 12, 13]


def test_rows_are_joined_within_limits():
    rows = [label_tree([*range(1, 21), 30 + at], [(at, [9])]) for at in range(6)]
    assert [len(row.tokens) for row in joined_rows(rows, min_shared=16)] == [26]
    assert [len(row.tokens) for row in joined_rows(rows, min_shared=16, max_tokens=23)] == [23, 23]
    assert [len(row.tokens) for row in joined_rows(rows, min_shared=16, max_added=1)] == [22, 22, 22]
    assert len(joined_rows(rows, min_shared=21)) == 6
    shorter = joined_rows(rows, min_shared=16, cached=10)
    assert len(shorter) == 6, "of what they share ten tokens are cached already"
    assert joined_rows([]) == []


def test_a_batch_has_few_places_with_logits(monkeypatch):
    monkeypatch.setattr(batches, "MAX_PLACES", 7)
    rows = [label_tree([at, *range(9)], [(3 * at + one, [one, one, 9]) for one in range(3)]) for at in range(5)]
    assert [row.places for row in rows] == [7] * 5
    assert [len(batch) for batch in batches.batches(rows, BatchLimits(8, "cpu"))] == [1] * 5


@pytest.mark.parametrize(
    ("block", "documents", "own"),
    [
        pytest.param(600, 12, 15, marks=pytest.mark.slow), pytest.param(600, 3, 50, marks=pytest.mark.slow),
        (40, 12, 15),
    ],
)  # fmt: skip
def test_a_long_block_is_computed_once_for_few_documents_too(block, documents, own):
    """As a prefix, or in a row that all are joined to: whichever is the cheaper here."""
    model, draw = random_model(max_position_embeddings=1024), random.Random(5)
    shared = [draw.randint(3, 99) for _ in range(block)]
    contexts = [shared + [draw.randint(3, 99) for _ in range(own)] for _ in range(documents)]
    requests = requests_of(*((context, label) for context in contexts for label in ([8], [9])))
    scorer = Scorer(model, max_length=1024, batch_size=4)
    assert_same(scorer.score(requests), by_hand(model, requests, 1024))
    assert scorer.forwarded <= block + documents * own


def test_questions_about_one_text_forward_it_once():
    """FinEntity asks for the sentiment towards each entity of a text; the answers are those of rows of their own."""
    model, draw = random_model(), random.Random(4)
    texts = [[draw.randint(3, 99) for _ in range(30)] for _ in range(5)]
    contexts = [(*text, *(draw.randint(3, 99) for _ in range(1 + at))) for text in texts for at in range(4)]
    requests = requests_of(*((list(context), label) for context in contexts for label in ([8], [8, 9], [10, 11])))
    meter = Counter()
    scorer = Scorer(model, max_length=128, batch_size=2, meter=meter)
    assert_same(scorer.score(requests), by_hand(model, requests))
    own = sum(len(context) - 30 + 2 for context in contexts)
    assert scorer.forwarded == 5 * 30 + own
    assert meter.tokens_in == 20 * 30 + own, "what the prompts and labels are does not depend on how they are read"
    blind = random_model()
    forward = blind.forward
    blind.forward = lambda attention_mask=None, **rest: forward(**rest)
    assert_same(Scorer(blind, max_length=128, batch_size=2).score(requests), by_hand(model, requests))


# models


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_equals_one_forward_a_request(architecture: str):
    model, requests = random_model(architecture), some_requests()
    meter = Counter()
    scorer = Scorer(model, min_saved=0, max_length=128, batch_size=4, meter=meter)
    expected = by_hand(model, requests)
    assert_same(scorer.score(requests), expected)
    assert len({round(value, 3) for value, _ in expected}) > len(requests) * 0.9
    assert scorer.reader.tree_fault() == "", "the fast path was the one that was tried"
    contexts = {tuple(context) for _, context, _ in requests}
    # six inner nodes: 8, 8-9, 8-11, 12, 13, 13-12; what all share is forwarded once: in front of all batches, or where
    # the cache keeps no plain past, in front of a row that all are joined to
    whole = sum(map(len, contexts)) + 6 * len(contexts)
    assert scorer.forwarded == whole - 40 * (len(contexts) - 1)
    assert meter.tokens_in == whole


@pytest.mark.parametrize("architecture", ["llama", "gpt2", "gemma2"])
def test_eager_attention(architecture: str):
    model, requests = random_model(architecture, attn_implementation="eager"), some_requests(1)
    assert_same(Scorer(model, min_saved=0, max_length=128, batch_size=3).score(requests), by_hand(model, requests))


def test_prompts_longer_than_the_attention_window_fall_back(caplog):
    model = random_model("mistral", sliding_window=24)
    requests = some_requests(prefix=10)
    with caplog.at_level(logging.WARNING):
        assert_same(Scorer(model, min_saved=0, max_length=128, batch_size=4).score(requests), by_hand(model, requests))
        Scorer(model, min_saved=0, max_length=128, batch_size=4).score(requests)
    assert [record for record in caplog.messages if "one row a label" in record] == [
        f"{model_facts.ONE_BY_ONE}: prompts are longer than its attention window of 24 tokens"
    ]


@pytest.mark.parametrize("architecture", ["bloom", "mamba"])
def test_models_that_take_no_tree_are_found_out(architecture: str, caplog):
    """ALiBi positions, and a state in place of attention."""
    shape = {"vocab_size": 300, "hidden_size": 32, "n_layer": 2, "num_hidden_layers": 2, "initializer_range": 0.3}
    shape |= {"n_head": 4} if architecture == "bloom" else {"state_size": 8}
    model = random_model(architecture, **shape)
    requests = some_requests(prefix=0)
    with caplog.at_level(logging.WARNING):
        scorer = Scorer(model, min_saved=0, max_length=128, batch_size=4)
        assert_same(scorer.score(requests), by_hand(model, requests))
    assert scorer.reader.tree_fault()
    assert "one row a label" in caplog.text


def test_the_probe_notices_a_model_that_ignores_its_mask(monkeypatch):
    model = random_model()
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda attention_mask=None, **rest: forward(**rest))
    assert "other scores" in Scorer(model, min_saved=0, max_length=128, batch_size=4).reader.tree_fault()
    requests = some_requests()
    assert_same(
        Scorer(model, min_saved=0, max_length=128, batch_size=4).score(requests), by_hand(random_model(), requests)
    )


def test_other_attention_kernels_fall_back():
    model = random_model()
    model.config._attn_implementation = "flash_attention_2"
    assert "flash_attention_2" in Scorer(model, min_saved=0, max_length=128, batch_size=4).reader.tree_fault()


def test_position_embeddings_that_change_with_length():
    """Phi 3's long variants turn all of a batch otherwise when one of its rows is long."""
    rope = {
        "rope_type": "longrope",
        "rope_theta": 10000.0,
        "short_factor": [1.0] * 4,
        "long_factor": [4.0] * 4,
        "original_max_position_embeddings": 40,
    }
    options = {"sliding_window": None, "rope_parameters": rope, "original_max_position_embeddings": 40}
    model = random_model("phi3", **options)
    # 33 shared tokens and 1 to 19 more, so that labels of one context lie on both sides
    requests = some_requests(3, prefix=33, documents=12)
    lengths = {len(context) + len(label) - 1 for _, context, label in requests}
    assert min(lengths) < 40 < max(lengths)
    assert rope_switch(model) == 40
    assert_same(Scorer(model, min_saved=0, max_length=128, batch_size=16).score(requests), by_hand(model, requests))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_lower_precision_is_no_reason_to_fall_back(dtype):
    model, requests = random_model().to(dtype), some_requests()
    scorer = Scorer(model, min_saved=0, max_length=128, batch_size=4)
    got = scorer.score(requests)
    assert scorer.reader.tree_fault() == ""
    exact = by_hand(random_model(), requests)
    assert max(abs(a - b) for (a, _), (b, _) in zip(got, exact, strict=True)) < 1.0


# adapters


def test_with_an_adapter_on_and_off():
    from peft import LoraConfig, get_peft_model

    base, requests = random_model(), some_requests()
    bare = by_hand(base, requests)
    config = LoraConfig(target_modules="all-linear", lora_alpha=64, init_lora_weights=False, task_type="CAUSAL_LM")
    model = get_peft_model(base, config).eval()
    scorer = Scorer(model, min_saved=0, max_length=128, batch_size=4)
    on = scorer.score(requests)
    assert_same(on, by_hand(model, requests))
    with model.disable_adapter():
        assert_same(scorer.score(requests), bare)
    assert abs(on[0][0] - bare[0][0]) > 1e-2
    assert scorer.reader.tree_fault() == ""


@pytest.mark.parametrize("kind", ["prompt", "prefix"])
def test_virtual_tokens_fall_back(kind: str):
    from peft import PrefixTuningConfig, PromptTuningConfig, get_peft_model

    make = {"prompt": PromptTuningConfig, "prefix": PrefixTuningConfig}[kind]
    torch.manual_seed(1)
    model = get_peft_model(random_model(), make(num_virtual_tokens=5, task_type="CAUSAL_LM")).eval()
    requests = some_requests()
    scorer = Scorer(model, min_saved=0, max_length=128, batch_size=4)
    assert_same(scorer.score(requests), by_hand(model, requests))
    assert "virtual" in scorer.reader.tree_fault()


# requests


TOKENS = st.integers(3, 9)  # few different ones, so that much is shared
CONTEXTS = st.lists(st.lists(TOKENS, min_size=1, max_size=6), min_size=1, max_size=4)
LABELS = st.lists(st.lists(TOKENS, min_size=1, max_size=4), min_size=1, max_size=5)


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    CONTEXTS, LABELS, st.sampled_from([0, 33]), st.integers(1, 5), st.sampled_from([6, 34, 128]),
    st.sampled_from([1, 3, 16]), st.randoms(),
)  # fmt: skip
def test_any_labels_after_any_contexts(contexts, labels, prefix, rows, longest, alike, draw):
    """Empty common prefix, labels that begin others, continue the context or repeat, prompts too long for the model.

    alike: from how many common tokens on contexts become one row.
    """
    model = random_model()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likelihood, "MIN_SHARED", alike)
        _any_labels(model, contexts, labels, prefix, rows, longest, draw)


def _any_labels(model, contexts, labels, prefix, rows, longest, draw):
    common = [3 + at % 7 for at in range(prefix)]
    pairs = [(common + context, label) for context in contexts for label in labels]
    draw.shuffle(pairs)
    requests = requests_of(*pairs)
    scorer = Scorer(model, min_saved=0, max_length=longest, batch_size=rows)
    assert_same(scorer.score(requests), by_hand(model, requests, longest))
    sequences = {tuple(context + label[:-1]) for context, label in pairs}
    assert scorer.truncated == sum(len(one) > longest for one in sequences)


def test_neither_batch_size_nor_order_matters(monkeypatch):
    model, requests = random_model(), some_requests(documents=9)
    expected = Scorer(model, min_saved=0, max_length=128, batch_size=1).score(requests)
    order = list(range(len(requests)))
    random.Random(3).shuffle(order)
    for rows in (2, 5, 64):
        got = Scorer(model, min_saved=0, max_length=128, batch_size=rows).score([requests[at] for at in order])
        assert_same([got[order.index(at)] for at in range(len(order))], expected, 1e-5)
    monkeypatch.setitem(budgets.MAX_TOKENS, "cpu", 50)
    scorer = Scorer(model, min_saved=0, max_length=128, batch_size=64)
    made = list(batches.batches(scorer._trees(requests), BatchLimits(64, "cpu")))
    assert all(len(batch) * len(batch[0].tokens) <= 50 or len(batch) == 1 for batch in made)
    assert_same(scorer.score(requests), expected, 1e-5)


def test_a_cut_prompt_does_not_borrow_the_prefix():
    """It begins with the shared tokens as it was given, but no more when it is cut on the left."""
    model, requests = random_model(), some_requests(documents=3)
    common = requests[0][1][:40]
    long = requests_of((common + [5, 6, 7] * 30, [7]), (common + [5, 6, 7] * 30, [8, 9]))
    assert_same(
        Scorer(model, min_saved=0, max_length=60, batch_size=4).score(requests + long),
        by_hand(model, requests + long, 60),
    )


def test_refuses_what_cannot_be_scored():
    scorer = Scorer(random_model(), max_length=8, batch_size=4)
    for context, continuation in (([], [5]), ([5], [])):
        with pytest.raises(BenchError, match="no token of its own"):
            scorer.score(requests_of((context, continuation)))
    with pytest.raises(BenchError, match="9 tokens exceeds"):
        scorer.score(requests_of(([5], [6] * 9)))


def test_the_view_of_a_cache_serves_batches_of_any_size_and_keeps_nothing():
    model = random_model()
    view = cache_view(prefix_cache(model, range(40)))
    for size in (1, 3, 2):
        ids = torch.arange(size * 4).reshape(size, 4)
        with torch.no_grad():
            got = model(input_ids=ids, past_key_values=view, use_cache=True).logits
            whole = model(input_ids=torch.cat([torch.arange(40).expand(size, 40), ids], dim=1)).logits[:, 40:]
        assert torch.allclose(got, whole, atol=1e-4)
        assert view.get_seq_length() == 40


# kernels and encodings


def test_the_other_matrix_product_is_the_same_one():
    if not torch_parts.has_onednn_linear():
        pytest.skip("this torch has no oneDNN")
    torch.manual_seed(0)
    inputs, weight, bias = torch.randn(3, 20, 512), torch.randn(512, 512), torch.randn(512)
    with torch.no_grad():
        for extra in ((), (bias,), (None,)):
            expected = F.linear(inputs, weight, *extra)
            with kernels.OneDnnLinear():
                assert kernels._fits(inputs, weight)
                assert torch.allclose(F.linear(inputs, weight, *extra), expected, atol=1e-3)
        for unfit in (inputs.bfloat16(), inputs[:1, :7], inputs.double()):
            assert not kernels._fits(unfit, weight)
    assert not kernels._fits(inputs, weight), "gradients need torch's own"


def test_encodings_are_made_once_and_forgotten_in_time():
    kept, asked = TokenIds(max_tokens=5), []

    def encode(text: str):
        return kept.get(text, None, lambda: asked.append(text) or [len(text), 2])

    assert encode("a") == encode("a") == [1, 2]
    assert encode("bb") == [2, 2]
    encode("ccc")
    encode("a")
    assert asked == ["a", "bb", "ccc", "a"]
    assert kept.get("a", "other", lambda: [9]) == [9]


@pytest.mark.slow
def test_a_context_is_encoded_once_for_its_labels_and_for_the_next_model(loaded, monkeypatch):
    texts = []
    encode = HFLM.tok_encode
    monkeypatch.setattr(
        HFLM, "tok_encode", lambda self, text, *rest, **more: texts.append(text) or encode(self, text, *rest, **more)
    )
    prompt = "News: a text that no other test encodes.\nSentiment:"
    requests = [Instance("loglikelihood", {}, (prompt, label), 0) for label in (" good", " bad")]
    for _ in range(2):
        PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer).loglikelihood(requests, disable_tqdm=True)
    assert sorted(texts) == sorted([prompt, prompt + " good", prompt + " bad"])


# the embedded model, and real prompts

REAL = (" negative", " neutral", " positive", " bearish", " very bullish", "\nx", " very bearish indeed")


@pytest.mark.slow
def test_equals_hflm_on_the_embedded_model(loaded):
    task = manager.load_task("phin_demo_sentiment")
    docs = list(task.test_docs())
    prompts = [manager.render_prompt(task, doc, shots=1) for doc in docs[:2]] + ["Sentiment: "]
    requests = [Instance("loglikelihood", {}, (prompt, label), 0) for prompt in prompts for label in REAL]
    meter = Counter()
    ours = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=3, meter=meter)
    theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    assert_same(ours.loglikelihood(requests, disable_tqdm=True), theirs.loglikelihood(requests, disable_tqdm=True))


@pytest.mark.slow
def test_equals_hflm_on_real_prompts(loaded, data_mirror):
    """0-shot and with examples, the task's own labels and longer ones."""
    for name, shots, count in (("phin_fpb", 0, 6), ("phin_fpb", 5, 2), ("phin_nwgi", 0, 1)):
        task = manager.load_task(name)
        docs = list(task.test_docs())[:count]
        labels = dict.fromkeys([*(" " + label for label in task.doc_to_choice(docs[0])), *REAL[3:5]])
        prompts = [manager.render_prompt(task, doc, shots=shots) for doc in docs]
        requests = [Instance("loglikelihood", {}, (prompt, label), 0) for prompt in prompts for label in labels]
        ours = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer)
        theirs = HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=8)
        got = ours.loglikelihood(requests, disable_tqdm=True)
        expected = theirs.loglikelihood(requests, disable_tqdm=True)
        assert_same(got, expected)
        for at in range(0, len(requests), len(labels)):
            best = [max(range(len(labels)), key=lambda i, of=of, at=at: of[at + i][0]) for of in (got, expected)]
            assert best[0] == best[1]


# memory


@pytest.mark.slow
def test_a_batch_that_does_not_fit_is_halved_and_the_answers_stay(caplog):
    model, requests = random_model(), some_requests(prefix=5, documents=16)
    expected = by_hand(model, requests)
    failed = short_of_memory(model, 150)
    meter, once = Counter(), Counter()
    scorer = Scorer(model=model, max_length=128, batch_size=16, meter=meter)
    assert_same(scorer.score(requests), expected)
    assert scorer.splits == len(failed) >= 1
    assert all(later <= first / 2 for first, later in itertools.pairwise(failed)), "no size fails twice"
    Scorer(model=random_model(), max_length=128, batch_size=16, meter=once).score(requests)
    assert meter.tokens_in == once.tokens_in, "a failed batch is not counted"
    assert "the GPU's memory ran out at" in caplog.text


def test_one_row_that_does_not_fit_is_an_error():
    model = random_model()
    short_of_memory(model, 10)
    with pytest.raises(torch.OutOfMemoryError):
        Scorer(model=model, max_length=128, batch_size=4).score(some_requests())


def test_another_error_is_not_taken_for_memory():
    model = random_model()

    def fail(*args):
        raise RuntimeError("a defect")

    model.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="a defect"):
        Scorer(model=model, max_length=128, batch_size=4).score(some_requests())


def test_rows_follow_the_device():
    assert [budgets.default_rows(kind) for kind in ("cpu", "cuda", "mps")] == [16, 128, 128]
    assert [budgets.default_slots(kind) for kind in ("cpu", "cuda", "mps")] == [16, 32, 32]
