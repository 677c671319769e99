"""The shared prefix: which one is taken, and that answers with it are those without it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from tiny import Counter, save_tiny  # noqa: E402

from phingpt_bench.harness import likelihood  # noqa: E402
from phingpt_bench.harness.lm import PhinLM  # noqa: E402
from phingpt_bench.harness.prefix import LEAST, prefix_cache, shared_prefix  # noqa: E402
from phingpt_bench.models.load import BaseSpec, load_base  # noqa: E402


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = save_tiny(tmp_path_factory.mktemp("tiny"))
    return load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))


def test_the_prefix_that_saves_most_is_taken():
    block = tuple(range(100))
    rows = [(*block, 200 + i, 7) for i in range(5)]
    assert shared_prefix(rows) == 100
    assert shared_prefix([*rows, (*block[:60], 1, 2, 3)]) == 100, "one row with other examples does not spoil it"
    assert shared_prefix([*rows, (9, 9, 9)]) == 100
    assert shared_prefix([(1, 2, 3, i) for i in range(9)]) == 0, f"fewer than {LEAST} tokens are not worth it"
    assert shared_prefix([block]) == shared_prefix([]) == 0
    assert shared_prefix([block, block]) == 99, "a token stays outside: something must be computed"


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=60), max_size=8), st.integers(1, 5))
def test_the_prefix_is_one_of_a_row_and_leaves_a_token(rows, least):
    length = shared_prefix(rows, least)
    if length:
        beginnings = [tuple(row[:length]) for row in rows if len(row) > length]
        assert max(beginnings.count(one) for one in beginnings) >= 1
        assert length >= least


def prompts(count: int = 12) -> list[str]:
    block = "".join(f"News: the price rose by {i} per cent.\nSentiment: positive\n\n" for i in range(6))
    other = block.replace("price", "share")
    texts = [block + f"News: sales fell {'again and ' * (i % 4)}in {2000 + i}.\nSentiment:" for i in range(count)]
    return [*texts, other + "News: nothing.\nSentiment:"]  # a document that is shown other examples


def test_likelihoods_with_and_without_the_prefix(loaded, monkeypatch):
    requests = [
        Instance("loglikelihood", {}, (prompt, label), 0)
        for prompt in prompts()
        for label in (" negative", " mildly positive", " neutral")
    ]

    def answers(size: int):
        model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=size, meter=Counter())
        return model.loglikelihood(requests, disable_tqdm=True), model.meter.tokens_in

    with_prefix, tokens = answers(4)
    again, _ = answers(7)
    monkeypatch.setattr(likelihood, "shared_prefix", lambda rows: 0)
    without, all_tokens = answers(4)
    for one, other in zip([*with_prefix, *again], [*without, *without], strict=True):
        assert one[0] == pytest.approx(other[0], abs=1e-4)
        assert one[1] == other[1]
    assert len({round(value, 3) for value, _ in without}) > len(requests) // 2, "the answers differ among themselves"
    assert tokens < all_tokens / 2, "most of the prompt was computed once"


def test_a_kept_prefix_is_forgotten_when_the_weights_change(loaded):
    """Between two generations the runner switches adapters: what was kept must not outlive that."""
    settings = {"until": ["\n"], "max_gen_toks": 6, "do_sample": False}
    requests = [Instance("generate_until", {}, (prompt, settings), 0) for prompt in prompts()]
    model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    before = model.generate_until(requests, disable_tqdm=True)
    layer = loaded.model.model.layers[0].self_attn.v_proj.weight
    kept = layer.detach().clone()
    try:
        with torch.no_grad():
            layer.mul_(-3)
        after = model.generate_until(requests, disable_tqdm=True)
        fresh = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
        assert after == fresh.generate_until(requests, disable_tqdm=True) != before
    finally:
        with torch.no_grad():
            layer.copy_(kept)


def test_a_cache_with_a_window_is_not_reused(tmp_path):
    folder = save_tiny(tmp_path, "mistral", sliding_window=8)
    windowed = load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))
    assert prefix_cache(windowed.model, range(40)) is None
