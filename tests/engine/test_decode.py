"""Answers of the engine against HFLM's own, on tiny random models and on the embedded one; drafts; what falls back."""

from __future__ import annotations

import functools
import gc
import logging
import math
import random
import weakref
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
from helpers.tiny import Counter, save_tiny, short_of_memory  # noqa: E402
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402

from phingpt_bench.core.errors import BenchError  # noqa: E402
from phingpt_bench.engine.lm import PhinLM  # noqa: E402
from phingpt_bench.engine.prefix import shared_prefixes  # noqa: E402
from phingpt_bench.engine.writing import generate, prompt_queue  # noqa: E402
from phingpt_bench.engine.writing.decode import DecodingStats, Limits, decode  # noqa: E402
from phingpt_bench.engine.writing.drafts import Drafter, History  # noqa: E402
from phingpt_bench.engine.writing.packed_model import PackedModel, Unsupported  # noqa: E402
from phingpt_bench.engine.writing.supported import check_supported  # noqa: E402
from phingpt_bench.lmeval import manager  # noqa: E402
from phingpt_bench.models.base_spec import BaseSpec  # noqa: E402
from phingpt_bench.models.load import Loaded, load_base  # noqa: E402

pytestmark = pytest.mark.slow

ARCHITECTURES = ("llama", "qwen3", "gpt2", "phi3")


@pytest.fixture(scope="module", params=ARCHITECTURES)
def tiny(request, tmp_path_factory):
    return load_tiny(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return load_tiny(tmp_path_factory.mktemp("llama"), "llama")


def load_tiny(folder, architecture, **changes):
    """A random model with large weights: so it babbles, but not one token again and again."""
    if architecture == "gpt2":
        changes = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 2048, **changes}
    save_tiny(folder, architecture, initializer_range=0.3, **changes)
    return load_base(BaseSpec(model=str(folder), quantisation="none", compute_dtype="float32", device="cpu"))


def prompts(count: int = 9, shots: int = 0) -> list[str]:
    block = "".join(
        f"News: Robin Lee of Acme {i} met Jo.\nNames: PER: Robin Lee; ORG: Acme {i}\n\n" for i in range(shots)
    )
    return [f"{block}News: shares of Alpha {i} {'fell and ' * (i % 4)}rose.\nNames:" for i in range(count)]


def requests_of(texts, **options):
    options = {"until": ["\n"], "do_sample": False, "max_gen_toks": 24, **options}
    return [Instance("generate_until", {}, (text, dict(options)), 0) for text in texts]


def ours(loaded, size: int = 4, **options) -> PhinLM:
    return PhinLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=size, **options)


def answers(loaded, texts, *, size: int = 4, engine: bool = True, **options) -> list[str]:
    model = ours(loaded, size) if engine else HFLM(pretrained=loaded.model, tokenizer=loaded.tokenizer, batch_size=size)
    got = model.generate_until(requests_of(texts, **options), disable_tqdm=True)
    if engine:
        assert model.unsupported == "" and model.decoding.steps > 0, "the engine itself answered"
    return got


def babble(loaded, texts, **options) -> list[str]:
    return answers(loaded, texts, engine=False, until=[], **options)


def stops_in(texts: list[str], length: int = 2) -> list[str]:
    """Stop strings that occur somewhere within some of the texts, other than at a token's edge."""
    return [text[len(text) // 3 :][:length] for text in texts[::3]]


@pytest.mark.parametrize("shots", [0, 5])
def test_answers_equal_hflm(tiny, shots):
    texts = prompts(shots=shots)
    free = babble(tiny, texts)
    until = stops_in(free)
    expected = answers(tiny, texts, engine=False, until=until)
    assert len({len(text) for text in expected}) > 2, "answers of several lengths"
    assert expected != free, "stop strings occur"
    for size in (1, 4, 16):
        assert answers(tiny, texts, size=size, until=until) == expected
    assert answers(tiny, texts[::-1], until=until) == expected[::-1]


def test_each_task_brings_its_own_examples_once(llama, monkeypatch):
    """Prompts of several tasks come in one call: what each group begins with is computed with its first prompt."""
    groups = [prompts(9, shots=5), [text.replace("News", "Tweet") for text in prompts(7, shots=4)], prompts(5)]
    texts = [text for group in groups for text in group]
    random.Random(2).shuffle(texts)
    until = stops_in(babble(llama, texts))
    expected = answers(llama, texts, engine=False, until=until)
    for size in (1, 4, 16):
        assert answers(llama, texts, size=size, until=until) == expected
    model = ours(llama)
    assert model.generate_until(requests_of(texts, until=until), disable_tqdm=True) == expected
    with_groups = model.decoding.tokens
    ids = [llama.tokenizer.encode(text) for text in texts]
    shared = shared_prefixes(ids, min_saved=192)
    assert len(shared) == 2
    saved = sum(prefix.saved for prefix in shared)
    monkeypatch.setattr(prompt_queue, "shared_prefixes", lambda prompts, min_saved: [])
    model = ours(llama)
    assert model.generate_until(requests_of(texts, until=until), disable_tqdm=True) == expected
    assert model.decoding.tokens - with_groups > 0.9 * saved, "but for a few wrong guesses, which differ"


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_the_length_limit_and_its_count(llama, limit):
    texts = prompts()
    meter = Counter()
    model = ours(llama, meter=meter)
    got = model.generate_until(requests_of(texts, until=["@@"], max_gen_toks=limit), disable_tqdm=True)
    assert got == answers(llama, texts, engine=False, until=["@@"], max_gen_toks=limit)
    assert model.cut_answers == len(texts)
    assert meter.tokens_out == limit * len(texts)
    assert meter.tokens_in == sum(len(llama.tokenizer.encode(text)) for text in texts)


def test_end_of_text_in_the_middle(llama):
    """Some token that answers hold is made the end-of-text token, of which a model may have several."""
    texts = prompts()
    tokens = [llama.tokenizer.encode(text, add_special_tokens=False) for text in babble(llama, texts)]
    own = llama.model.generation_config.eos_token_id
    try:
        llama.model.generation_config.eos_token_id = [own, tokens[0][3], tokens[4][5]]
        model = ours(llama)
        got = model.generate_until(requests_of(texts, until=[]), disable_tqdm=True)
        assert got == answers(llama, texts, engine=False, until=[])
        assert model.unsupported == "" and 0 < model.cut_answers < len(texts)
    finally:
        llama.model.generation_config.eos_token_id = own


def test_prompts_that_are_too_long_are_cut_on_the_left_and_counted(tmp_path):
    short = load_tiny(tmp_path, "llama", max_position_embeddings=48)
    texts = prompts(3) + ["up and down " * 40 + text for text in prompts(3)]
    model = ours(short)
    got = model.generate_until(requests_of(texts, max_gen_toks=20), disable_tqdm=True)
    assert got == answers(short, texts, engine=False, max_gen_toks=20)
    assert model.truncated == 3


@pytest.mark.parametrize("limit", [40, 100])
def test_a_step_has_a_limit_of_tokens(llama, monkeypatch, limit):
    """Prompts beyond it wait for the next step; one that is longer by itself has a step without other prompts."""
    texts = [f"{'up and down ' * (4 * i)}{text}" for i, text in enumerate(prompts(8))]
    expected = answers(llama, texts, engine=False)
    sizes, greedy = [], PackedModel.greedy

    def spied(self, tokens, past, needed):
        sizes.append([len(new) for new, held in zip(tokens, past, strict=True) if not held])
        return greedy(self, tokens, past, needed)

    monkeypatch.setattr(PackedModel, "greedy", spied)
    assert answers(llama, texts, size=128) == expected
    assert len(sizes[2]) == 8, "after the check of the model: with so few tokens all prompts are computed at once"
    sizes.clear()
    monkeypatch.setattr(generate, "Limits", functools.partial(Limits, step_tokens=limit))
    assert answers(llama, texts, size=128) == expected
    steps = [step for step in sizes[2:] if step]
    assert sum(map(len, steps)) == 8
    assert all(sum(step) <= limit or len(step) == 1 for step in steps)


def test_no_document_and_one(llama):
    assert ours(llama).generate_until([], disable_tqdm=True) == []
    assert answers(llama, prompts(1)) == answers(llama, prompts(1), engine=False)


def test_requests_of_different_settings_in_one_call(llama):
    texts = prompts(4)
    mixed = requests_of(texts[:2]) + requests_of(texts[2:], max_gen_toks=5) + requests_of(texts[:1], max_gen_toks=3)
    theirs = HFLM(pretrained=llama.model, tokenizer=llama.tokenizer, batch_size=4)
    assert ours(llama).generate_until(mixed, disable_tqdm=True) == theirs.generate_until(mixed, disable_tqdm=True)


def test_an_adapter_switched_between_calls(tmp_path):
    from peft import LoraConfig, get_peft_model

    loaded = load_tiny(tmp_path, "llama")
    config = LoraConfig(target_modules=["v_proj", "down_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    tuned = SimpleNamespace(model=get_peft_model(loaded.model, config).eval(), tokenizer=loaded.tokenizer)
    texts = prompts(5, shots=4)
    model = ours(tuned)
    on = model.generate_until(requests_of(texts), disable_tqdm=True)
    with tuned.model.disable_adapter():
        off = model.generate_until(requests_of(texts), disable_tqdm=True)
        assert off == answers(tuned, texts, engine=False)
    assert on == answers(tuned, texts, engine=False) != off
    assert model.unsupported == ""


@pytest.mark.parametrize("shots", [0, 2])
def test_the_embedded_model_on_real_prompts(shots):
    loaded = load_base(BaseSpec(quantisation="none", compute_dtype="float32", device="cpu"))
    task = manager.load_task("phin_demo_ner")
    texts = [manager.render_prompt(task, doc, shots=shots) for doc in list(task.test_docs())[:4]]
    texts.append("Count: one, two, three, one, two, three, one, two, three,")
    got = answers(loaded, texts, until=["\n", ";", "elev"], size=3)
    assert got == answers(loaded, texts, engine=False, until=["\n", ";", "elev"])
    assert len(set(got)) > 1


def test_a_repetition_is_guessed_and_takes_fewer_steps():
    """A model that repeats itself: most tokens come several a step, and the same ones."""
    script = [5, 6, 7, 8, 9] * 8

    class Fake:
        dtype, device = "torch.bfloat16", SimpleNamespace(type="cpu")

    stats = DecodingStats()
    limits = Limits(new_tokens=50, slots=2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("phingpt_bench.engine.writing.decode.PackedModel", lambda model: ScriptedModel(script))
        done = list(
            decode(Fake, [[1, 2]] * 3, ends=lambda t: len(t) == 40, limits=limits, token_class=str, stats=stats)
        )
    assert sorted(answer.index for answer in done) == [0, 1, 2]
    assert all(answer.tokens == script and answer.ended for answer in done)
    assert stats.steps < 60, "two of three at a time, 40 tokens each: 80 steps one by one"
    assert stats.kept > 60


class ScriptedModel:
    """After the prompt 1, 2 the script follows, whatever was guessed."""

    def __init__(self, script):
        self.script, self.cache = script, self

    def reserve(self, slots, positions):
        pass

    def greedy(self, tokens, past, needed):
        ends = [held + len(new) for new, held in zip(tokens, past, strict=True)]
        return [
            [(self.script * 2)[at - 2] for at in range(end - n + 1, end + 1)]
            for end, n in zip(ends, needed, strict=True)
        ]

    def move(self, source, target, length):
        pass


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine
@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=12), min_size=1, max_size=8), st.integers(0, 6))
def test_guesses_are_short_enough_and_known_tokens(told, longest):
    drafter = Drafter(str)
    for answer in told:
        past = History(answer)
        drafter.learn(past, answer[:2])
        guess = drafter.draft(past, longest, 0.2)
        assert len(guess) <= longest
        assert set(guess) <= {token for one in told for token in one}
        drafter.learn(past, answer)


def test_guesses_that_are_never_right_are_no_longer_made():
    drafter, rng = Drafter(str), random.Random(0)
    for _ in range(200):
        drafter.learn(History(rng.choices(range(10), k=12)), rng.choices(range(100, 10_000), k=2))
    assert drafter.draft(History([1, 2, 3, 1]), 5, 0.2) == []


def test_a_model_that_repeats_itself_is_guessed_far_ahead():
    drafter, loop = Drafter(str), [5, 6, 7]
    for _ in range(3):
        drafter.learn(History([1, 2]), loop * 20)
    past = History([1, 2, 3])
    drafter.learn(past, [8, 9, 10] * 6)  # words that no answer had before
    guess = drafter.draft(past, 50, 0.5)
    assert len(guess) > 20
    assert guess == ([8, 9, 10] * 20)[: len(guess)]


@settings(max_examples=15)
@given(st.data())
def test_rows_in_any_pieces_give_the_logits_of_a_forward(llama, data):
    """Rows of several lengths that come piece by piece, with wrong guesses between, and move to others' places."""
    lengths = data.draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    rng = random.Random(data.draw(st.integers(0, 99)))
    texts = [[rng.randrange(1000) for _ in range(length)] for length in lengths]
    packed, past = PackedModel(llama.model), [0] * len(texts)
    with torch.no_grad():
        expected = [llama.model(torch.tensor([text])).logits[0] for text in texts]
    while texts:
        pieces = [text[at : at + rng.randint(1, len(text) - at)] for text, at in zip(texts, past, strict=True)]
        given = [piece + [rng.randrange(1000)] * rng.randint(0, 3) for piece in pieces]
        needed = [len(row) for row in given]
        got = packed.logits(given, past, needed).split(needed)
        for at, piece in enumerate(pieces):
            assert torch.allclose(got[at][: len(piece)], expected[at][past[at] : past[at] + len(piece)], atol=1e-4)
            past[at] += len(piece)
        for at in reversed(range(len(texts))):
            if past[at] == len(texts[at]):
                text, length, rest = texts.pop(), past.pop(), expected.pop()
                if at < len(texts):
                    packed.cache.move(len(texts), at, length)
                    texts[at], past[at], expected[at] = text, length, rest


def test_bfloat16_gives_logits_as_near_as_its_own_batches(tmp_path):
    save_tiny(tmp_path, "llama")
    loaded = load_base(BaseSpec(model=str(tmp_path), quantisation="none", compute_dtype="bfloat16", device="cpu"))
    packed, text = PackedModel(loaded.model), list(range(50, 80))
    packed.logits([text[:20]], [0], [1])
    got = packed.logits([text[20:]], [20], [1])
    with torch.no_grad():
        exact = loaded.model(torch.tensor([text])).logits[0, -1]
    assert got.dtype == exact.dtype == torch.bfloat16
    assert torch.allclose(got[0].float(), exact.float(), atol=0.02)
    assert packed.cache.layers[0].keys.dtype == torch.float32


def test_the_models_attention_is_put_back_after_an_error(llama):
    before = llama.model.config._attn_implementation
    with pytest.raises(IndexError):
        PackedModel(llama.model).logits([[10**6]], [0], [1])
    assert llama.model.config._attn_implementation == before


def test_model_and_rows_are_freed_after_a_generation(tmp_path):
    model = load_tiny(tmp_path, "llama").model
    packed = PackedModel(model)
    packed.logits([[5, 6, 7]], [0], [1])
    kept = [weakref.ref(one) for one in (model, packed, packed.cache.layers[0].keys)]
    del model, packed
    gc.collect()
    assert [ref() is None for ref in kept] == [True, True, True]


WINDOWED = {  # gemma3_text: every other layer sees all
    "mistral": {},
    "gemma3_text": {
        "head_dim": 16,
        "layer_types": ["sliding_attention", "full_attention"],
        "query_pre_attn_scalar": 16,
    },
}


@pytest.mark.parametrize("architecture", WINDOWED)
def test_windows_of_the_past_are_kept_to(tmp_path, architecture, caplog, monkeypatch):
    """What fits with its answer is written by the engine, prompts or answers that are too long as before."""
    loaded = load_tiny(tmp_path, architecture, sliding_window=90, **WINDOWED[architecture])
    texts = prompts(6) + prompts(5, shots=2) + prompts(5, shots=3)
    lengths = [len(loaded.tokenizer(text).input_ids) for text in texts]
    assert max(lengths[:6]) + 24 <= 90 and 66 < min(lengths[6:11]) <= max(lengths[6:11]) < 90 <= min(lengths[11:])
    expected = babble(loaded, texts)
    model, written = ours(loaded), []
    texts_of = generate.generate_texts
    monkeypatch.setattr(
        generate, "generate_texts", lambda lm, contexts, *args, **options: written.extend(contexts) or texts_of(
            lm, contexts, *args, **options)
    )  # fmt: skip
    with caplog.at_level(logging.WARNING):
        assert model.generate_until(requests_of(texts, until=[]), disable_tqdm=True) == expected
    assert written == texts[:11]
    assert caplog.text.count("beyond its attention window of 90 tokens") == 1
    assert model.cut_answers == len(texts)


def test_models_that_do_not_suit(tmp_path, llama, monkeypatch):
    windowed = load_tiny(tmp_path / "mistral", "mistral", sliding_window=8)
    with pytest.raises(Unsupported, match="longer than its attention window of 8 tokens"):
        check_supported(windowed.model, 1000)
    biased = load_tiny(tmp_path / "bloom", "bloom")
    with pytest.raises(Unsupported, match="attention cannot be exchanged"):
        check_supported(biased.model, 1000)
    check_supported(llama.model, 1000)
    monkeypatch.setattr("phingpt_bench.engine.writing.packed_step.FEW", -1)
    monkeypatch.setattr("torch.Tensor.tril", lambda mask, _: mask)  # a row sees its own future
    with pytest.raises(Unsupported, match="logits come out differently"):
        check_supported(llama.model, 1000)


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"do_sample": True, "temperature": 0.5}, "sampling"), ({"num_beams": 2}, "set num_beams")],
)
def test_what_is_not_plain_goes_lm_evals_way_and_says_so_once(llama, caplog, options, reason):
    model = ours(llama)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            torch.manual_seed(0)
            got = model.generate_until(requests_of(prompts(2), **options), disable_tqdm=True)
    assert caplog.text.count(reason) == 1
    assert model.decoding is None
    assert all(isinstance(text, str) for text in got)


def test_a_models_own_settings_that_would_change_answers(llama):
    settings = generate.settings_of(ours(llama), {"until": ["\n"]})
    own = llama.model.generation_config
    own.suppress_tokens, own.repetition_penalty = [5], 1.3
    try:
        assert "suppress_tokens" in generate.why_not(ours(llama), settings)
        own.suppress_tokens = None
        assert generate.why_not(ours(llama), settings) is None, "a penalty is set aside by PhinLM"
    finally:
        own.suppress_tokens, own.repetition_penalty = None, 1.0


def test_answers_that_do_not_fit_together_are_written_fewer_at_a_time(tmp_path, caplog):
    loaded = load_tiny(tmp_path, "llama")
    texts = prompts(12)
    expected = answers(loaded, texts, size=12)
    failed = short_of_memory(loaded.model, 60)
    model = ours(loaded, 12)
    assert model.generate_until(requests_of(texts), disable_tqdm=True) == expected
    assert model.splits == len(failed) >= 1
    assert "the GPU's memory ran out at 12 answers" in caplog.text
    model.plain = True  # HFLM's own way is halved, too
    short_of_memory(loaded.model, 40)
    assert model.generate_until(requests_of(texts), disable_tqdm=True) == expected
    assert model.batch_size == 12


def test_one_answer_that_does_not_fit_is_an_error(tmp_path):
    loaded = load_tiny(tmp_path, "llama")
    model = ours(loaded, 4)
    model.unsupported = ""
    short_of_memory(loaded.model, 3)
    with pytest.raises(torch.OutOfMemoryError):
        model.generate_until(requests_of(prompts(4)), disable_tqdm=True)


def test_a_first_step_keeps_to_the_token_limit(llama, monkeypatch):
    """With a batch size as a GPU has it: prompts that would go beyond wait for the next step."""
    sizes = []

    class Spied(PackedModel):
        def logits(self, tokens, past, needed):
            sizes.append(sum(map(len, tokens)))
            return super().logits(tokens, past, needed)

    long = [[5 + at] * 300 for at in range(20)]
    limits = Limits(new_tokens=2, slots=128, step_tokens=1000)
    monkeypatch.setattr("phingpt_bench.engine.writing.decode.PackedModel", Spied)
    done = list(decode(llama.model, long, ends=lambda tokens: False, limits=limits, token_class=lambda t: ""))
    assert len(done) == 20
    assert 900 <= max(sizes) <= 1000


def test_logits_that_are_no_numbers_are_no_answer(llama: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where float16 overflows in one prompt: argmax takes not-a-number for the highest."""
    model = PackedModel(llama.model)
    right = model.logits

    def overflowing(*asked: Any) -> torch.Tensor:
        logits = right(*asked)
        logits[1] = math.nan
        return logits

    assert len(model.greedy([[5, 6], [7]], [0, 0], [1, 1])) == 2
    monkeypatch.setattr(model, "logits", overflowing)
    with pytest.raises(BenchError, match="became not-a-number"):
        model.greedy([[5], [7]], [2, 1], [1, 1])
