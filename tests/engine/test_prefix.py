"""The shared prefix: which one is taken, and that answers with it are those without it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from helpers.tiny import Counter, save_tiny  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

from phingpt_bench.engine.labels import likelihood  # noqa: E402
from phingpt_bench.engine.labels.packing import Pack  # noqa: E402
from phingpt_bench.engine.lm import PhinLM  # noqa: E402
from phingpt_bench.engine.prefix import MIN_LENGTH, shared_prefixes  # noqa: E402
from phingpt_bench.engine.prefix_cache import prefix_cache  # noqa: E402
from phingpt_bench.models.base_spec import BaseSpec  # noqa: E402
from phingpt_bench.models.load import load_base  # noqa: E402


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = save_tiny(tmp_path_factory.mktemp("tiny"))
    return load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))


def lengths(rows, min_saved=1):
    return [(len(prefix.tokens), sorted(prefix.members)) for prefix in shared_prefixes(rows, min_saved)]


def test_the_prefix_that_saves_most_is_taken():
    block = tuple(range(100))
    rows = [(*block, 200 + i, 7) for i in range(5)]
    five = [(100, [0, 1, 2, 3, 4])]
    assert lengths(rows) == five
    assert lengths([*rows, (*block[:60], 1, 2, 3)]) == five, "one row with other examples does not spoil it"
    assert lengths([*rows, (9, 9, 9)]) == five
    assert lengths([(1, 2, 3, i) for i in range(9)]) == [], f"fewer than {MIN_LENGTH} tokens are not worth it"
    assert lengths([block]) == lengths([]) == []
    assert lengths([block, block]) == [(99, [0, 1])], "a token stays outside: something must be computed"


def test_each_task_has_its_own_prefix():
    blocks = [tuple(range(start, start + size)) for start, size in ((0, 100), (500, 60), (900, 40))]
    rows = [(*block, 2000 + i) for i in range(6) for block in blocks]
    assert [length for length, _ in lengths(rows)] == [100, 60, 40]
    assert lengths(rows, min_saved=5 * 60) == [(100, [*range(0, 18, 3)]), (60, [*range(1, 18, 3)])]


def test_a_prefix_that_saves_little_is_none():
    """It would cost a forward of its own, and batches of its own."""
    block = tuple(range(50))
    alone = [tuple(range(start, start + 50)) for start in range(100, 2000, 100)]
    assert lengths([*alone, (*block, 1), (*block, 2)], min_saved=51) == []
    assert lengths(alone) == []


def most_saved(rows, least, left):
    """The most tokens that a prefix of the rows in `left` saves, by trying all."""
    counts = [
        (sum(rows[at][:length] == rows[one][:length] and len(rows[at]) > length for at in left) - 1) * length
        for one in left
        for length in range(least, len(rows[one]))
    ]
    return max(counts, default=0)


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=9), max_size=8), st.integers(1, 4), st.integers(1, 7))
def test_groups_are_the_best_by_trying_all(rows, least, worth):
    left = set(range(len(rows)))
    for prefix in shared_prefixes(rows, worth, least):
        assert prefix.saved == most_saved(rows, least, left) >= worth
        length = len(prefix.tokens)
        assert all(tuple(rows[at][:length]) == prefix.tokens and len(rows[at]) > length for at in prefix.members)
        assert left.issuperset(prefix.members)
        left -= set(prefix.members)
    assert most_saved(rows, least, left) < worth


def prompts(count: int = 12) -> list[str]:
    block = "".join(f"News: the price rose by {i} per cent.\nSentiment: positive\n\n" for i in range(6))
    other = block.replace("price", "share")
    texts = [block + f"News: sales fell {'again and ' * (i % 4)}in {2000 + i}.\nSentiment:" for i in range(count)]
    return [*texts, other + "News: nothing.\nSentiment:"]  # a document that is shown other examples


def plainly(monkeypatch):
    """From now on every row is forwarded whole."""
    monkeypatch.setattr(likelihood, "shared_prefixes", lambda rows, min_saved: [])
    monkeypatch.setattr(likelihood, "packed", lambda trees, **limits: [Pack.of_one(tree) for tree in trees])


def test_likelihoods_with_and_without_the_prefix(loaded, monkeypatch):
    monkeypatch.setattr(likelihood, "MAX_ADDED", 0)  # so short prompts would be joined instead
    requests = [
        Instance("loglikelihood", {}, (prompt, label), 0)
        for prompt in prompts()
        for label in (" negative", " mildly positive", " neutral")
    ]

    counts: list[int] = []

    def answers(size: int):
        model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=size, meter=Counter())
        got = model.loglikelihood(requests, disable_tqdm=True)
        counts.append(model.meter.tokens_in)
        return got, model.forwarded

    with_prefix, tokens = answers(4)
    again, _ = answers(7)
    plainly(monkeypatch)
    without, all_tokens = answers(4)
    for one, other in zip([*with_prefix, *again], [*without, *without], strict=True):
        assert one[0] == pytest.approx(other[0], abs=1e-4)
        assert one[1] == other[1]
    assert len({round(value, 3) for value, _ in without}) > len(requests) // 2, "the answers differ among themselves"
    assert tokens < all_tokens / 2, "most of the prompt was computed once"
    assert len(set(counts)) == 1, "and counted whole"


@pytest.mark.slow
def test_tasks_asked_together_keep_their_own_examples(loaded, monkeypatch):
    """Plain lm-eval sends the requests of all its tasks in one call."""
    monkeypatch.setattr(likelihood, "MAX_ADDED", 0)
    texts = [*prompts(), *(text.replace("News", "Tweet").replace("price", "quote") for text in prompts(9))]
    requests = [
        Instance("loglikelihood", {}, (prompt, label), 0) for prompt in texts for label in (" negative", " neutral")
    ]
    model = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    got = model.loglikelihood(requests, disable_tqdm=True)
    plainly(monkeypatch)
    plain = PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4)
    for one, other in zip(got, plain.loglikelihood(requests, disable_tqdm=True), strict=True):
        assert one[0] == pytest.approx(other[0], abs=1e-4)
        assert one[1] == other[1]
    assert model.forwarded < plain.forwarded / 3, "each of the two blocks was computed once"


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_cache_with_a_window_is_not_reused(tmp_path):
    folder = save_tiny(tmp_path, "mistral", sliding_window=8)
    windowed = load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))
    assert prefix_cache(windowed.model, range(40)) is None


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["mamba", "recurrent_gemma"])
def test_models_that_return_no_keys_and_values_share_no_prefix(architecture, tmp_path, caplog):
    """State-space models with few-shot prompts: the plain way, with the reason in the log, and HFLM's answers."""
    recurrent = {"lru_width": 64, "head_dim": 16, "num_hidden_layers": 3}  # the third layer is one of attention
    shape = {"state_size": 8} if architecture == "mamba" else recurrent
    folder = save_tiny(tmp_path, architecture, initializer_range=0.3, **shape)
    loaded = load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))
    requests = [
        Instance("loglikelihood", {}, (prompt, label), 0)
        for prompt in prompts(6)
        for label in (" negative", " neutral")
    ]
    ours, theirs = (cls(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=4) for cls in (PhinLM, HFLM))
    with caplog.at_level("WARNING"):
        got = ours.loglikelihood(requests, disable_tqdm=True)
    assert "what prompts share is computed for each of them: this model's cache" in caplog.text
    for one, other in zip(got, theirs.loglikelihood(requests, disable_tqdm=True), strict=True):
        assert one[0] == pytest.approx(other[0], abs=1e-3)
        assert one[1] == other[1]
