"""Training end to end on tiny models: resume, refusals, the card, every shipped recipe's architecture."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import asdict, replace
from pathlib import Path
from random import Random

import pytest
import torch
from helpers.tiny import save_tiny
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from phingpt_bench.core import config, gpus
from phingpt_bench.core.config import shipped_names
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import file_digest
from phingpt_bench.core.gpus import Gpu
from phingpt_bench.core.paths import share
from phingpt_bench.core.workplace import alone
from phingpt_bench.live.display import Display
from phingpt_bench.live.events import Advanced, Event, Priced, Said, Scored, StageStarted, training_stages
from phingpt_bench.models import adapter
from phingpt_bench.models.load import load_base
from phingpt_bench.train import checkpoints, trainer
from phingpt_bench.train import run as training
from phingpt_bench.train.folder import default_folder
from phingpt_bench.train.recipe import Recipe, load_recipe
from phingpt_bench.train.rows import Row, batches, collate, pieces
from phingpt_bench.train.run import train
from phingpt_bench.train.trainer import AnswerTrainer, answer_loss, with_lora

pytestmark = pytest.mark.slow

ARCHITECTURES = {"phingpt-phi3-mini": "phi3", "llama-3.1-8b": "llama", "qwen3-8b": "qwen3"}


def small(recipe: Recipe, model: Path, **changes: object) -> Recipe:
    base = replace(recipe.base, model=str(model), revision=None, compute_dtype="float32", device="cpu")
    return replace(recipe, base=base, tasks=["phin_demo_sentiment", "phin_demo_ner"], **changes)


class Recorder(Display):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Event] = []

    def tell(self, event: Event) -> None:
        self.told.append(event)


@pytest.fixture(scope="module")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny-llama"))


@pytest.mark.parametrize("name", shipped_names(share("adapters", "recipes")))
def test_every_recipe_trains_its_architecture(name: str, tmp_path: Path) -> None:
    model = save_tiny(tmp_path / "base", ARCHITECTURES.get(name, "llama"))
    recipe = small(load_recipe(name), model, epochs=1, tokens_per_batch=512)
    folder = train(recipe, tmp_path / "adapter", limit=6)
    card = adapter.read_card(folder)
    assert card.rows == 12
    assert card.steps >= 2 and card.final_loss is not None  # also in fewer steps than it is the mean of
    assert card.cost.seconds["train"] > 0
    weights = load_file(folder / adapter.WEIGHTS)
    assert any(tensor.abs().max() > 0 for key, tensor in weights.items() if "lora_B" in key), "nothing was learnt"
    # and it goes back onto its base
    loaded = load_base(recipe.base)
    adapter.attach(loaded, {"a": folder})


def test_phi3_fused_layers_are_named_in_the_card(tmp_path: Path) -> None:
    recipe = small(load_recipe("phingpt-phi3-mini"), save_tiny(tmp_path / "base", "phi3"), epochs=1)
    card = adapter.read_card(train(recipe, tmp_path / "adapter", limit=2))
    assert card.provenance.adapted_layers == ["qkv_proj"]


def test_a_layer_that_is_not_there_is_an_error(tiny_llama: Path, tmp_path: Path) -> None:
    recipe = load_recipe("demo")
    recipe = small(recipe, tiny_llama, lora=replace(recipe.lora, target_modules=["q_prj"]))
    with pytest.raises(BenchError, match="q_prj") as error:
        train(recipe, tmp_path / "adapter", limit=2)
    assert "q_proj" in error.value.hint


@pytest.mark.parametrize(
    ("changes", "written", "layers"),
    [
        ({"use_rslora": True, "target_modules": ["q_proj"]}, {"use_rslora": True}, ["q_proj"]),
        ({"use_dora": True, "target_modules": ["q_proj", "up_proj"]}, {"use_dora": True}, ["q_proj", "up_proj"]),
        (
            {"target_modules": r".*layers\.1\..*(q|v)_proj"},
            {"target_modules": r".*layers\.1\..*(q|v)_proj"},
            ["q_proj", "v_proj"],
        ),
    ],
)
def test_variants_of_lora_and_layers_by_expression(
    tiny_llama: Path, tmp_path: Path, changes: dict[str, object], written: dict[str, object], layers: list[str]
) -> None:
    recipe = load_recipe("demo")
    recipe = small(recipe, tiny_llama, epochs=1, lora=replace(recipe.lora, **changes))
    folder = train(recipe, tmp_path / "adapter", limit=2)
    stored = json.loads((folder / adapter.CONFIG).read_text(encoding="utf-8"))
    assert {key: stored[key] for key in written} == written
    card = adapter.read_card(folder)
    assert card.provenance.adapted_layers == layers
    assert adapter.adapter_digest(folder, card) == file_digest(folder / adapter.WEIGHTS), "as the recipe made it"
    adapter.attach(load_base(recipe.base), {"a": folder})
    (folder / adapter.CONFIG).write_text(json.dumps({**stored, "lora_alpha": 80}), encoding="utf-8")
    assert adapter.adapter_digest(folder, card) != file_digest(folder / adapter.WEIGHTS)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [("(", "is not a regular expression"), ("q_proj", "matches the whole name of no linear layer")],
)
def test_an_expression_that_names_no_layer_is_an_error(
    tiny_llama: Path, tmp_path: Path, pattern: str, words: str
) -> None:
    recipe = load_recipe("demo")
    recipe = small(recipe, tiny_llama, lora=replace(recipe.lora, target_modules=pattern))
    with pytest.raises(BenchError, match=words):
        train(recipe, tmp_path / "adapter", limit=2)


def test_a_recipe_without_variants_keeps_the_digest_of_earlier_versions() -> None:
    recipe = asdict(load_recipe("demo"))
    before = {**recipe, "lora": {key: recipe["lora"][key] for key in ("r", "alpha", "dropout", "target_modules")}}
    assert adapter.trained_by(recipe) == adapter.trained_by(before)
    assert adapter.trained_by({**recipe, "lora": {**recipe["lora"], "use_dora": True}}) != adapter.trained_by(before)


def test_interrupted_training_resumes_to_the_same_weights(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = load_recipe("demo")
    # dropout makes the random state part of what must be resumed
    recipe = small(
        recipe, tiny_llama, lora=replace(recipe.lora, dropout=0.1), save_steps=3, tokens_per_batch=256, epochs=1
    )
    whole = train(recipe, tmp_path / "whole", limit=20)

    original, calls = AnswerTrainer.training_step, []

    def breaks_at_the_fifth(self: AnswerTrainer, *args: object, **kwargs: object) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    monkeypatch.setattr(AnswerTrainer, "training_step", breaks_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "broken", limit=20)
    monkeypatch.undo()
    with pytest.raises(BenchError, match="unfinished"):
        train(recipe, tmp_path / "broken", limit=20)
    with pytest.raises(BenchError, match="another recipe"):
        train(replace(recipe, learning_rate=1e-3), tmp_path / "broken", limit=20, resume=True)
    (kept,) = checkpoints.sealed(tmp_path / "broken")
    before = checkpoints.read_seal(kept).cost.seconds
    recorder = Recorder()
    resumed = train(recipe, tmp_path / "broken", limit=20, resume=True, display=recorder)
    begun = [event for event in recorder.told if isinstance(event, StageStarted)][-1]
    assert begun.already == 3 and begun.stage.total == adapter.read_card(resumed).steps
    after = adapter.read_card(resumed).cost.seconds
    assert all(after[phase] > seconds > 0 for phase, seconds in before.items()), "the interrupted part is forgotten"
    first, second = load_file(whole / adapter.WEIGHTS), load_file(resumed / adapter.WEIGHTS)
    assert first.keys() == second.keys()
    for name in first:
        assert torch.equal(first[name], second[name]), name
    with pytest.raises(BenchError, match="already"):
        train(recipe, tmp_path / "broken", limit=20)


def test_a_training_tells_steps_tokens_epochs_and_the_loss(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver lists GPUs that do not take part: they are not in the price while it runs, and not in its cost."""
    monkeypatch.setattr(gpus, "listed", lambda: (Gpu(name="NVIDIA A100-SXM4-80GB", driver="580.1"),) * 8)
    monkeypatch.setattr(gpus, "torch_is_blind", lambda: False)
    recorder = Recorder()
    recipe = small(load_recipe("demo"), tiny_llama, tokens_per_batch=256, epochs=2)
    folder = train(recipe, tmp_path / "a", limit=24, display=recorder)
    told, card = recorder.told, adapter.read_card(folder)
    assert card.cost.price is not None and card.cost.price.entry == "cpu-core-hour"
    assert [event.usd_per_hour for event in told if isinstance(event, Priced)] == [card.cost.price.usd_per_hour]
    started = [event for event in told if isinstance(event, StageStarted)]
    assert [event.stage.key for event in started] == [stage.key for stage in training_stages(recipe.name)]
    assert started[-1].stage.total == card.steps > 10 and started[-1].already == 0
    steps = [event for event in told if isinstance(event, Advanced)]
    assert sum(event.count for event in steps) == card.steps
    assert sum(event.tokens for event in steps) == card.cost.tokens_in
    assert steps[0].note == steps[1].note == "epoch 1 of 2" and steps[-1].note == "epoch 2 of 2"
    losses = [event for event in told if isinstance(event, Scored)]
    assert len(losses) == card.steps // 10 and losses[-1].value == card.final_loss
    assert losses[-1].note == "mean of 10 steps"
    layers = load_base(recipe.base)
    weights = sum(p.numel() for name, p in layers.model.named_parameters() if "proj" in name or "norm" in name)
    assert card.cost.flops == (4 * weights + 6 * card.parameters) * card.cost.tokens_in


def test_loss_counts_answer_tokens_only_and_ignores_padding(tiny_llama: Path) -> None:
    recipe = small(load_recipe("demo"), tiny_llama)
    loaded = load_base(replace(recipe.base, quantisation="none"))
    model = with_lora(loaded, recipe).eval()
    rows = [Row([5, 6, 7, 8, 9, 10, 11], 6), Row([5, 6, 7, 8], 2)]
    with torch.no_grad():
        loss = answer_loss(model, collate(rows, 0))
        by_hand = []
        for row in rows:  # alone, unpadded, all logits: the plain way
            logits = model(input_ids=torch.tensor([row.ids])).logits[0].log_softmax(-1)
            by_hand += [-logits[at - 1, row.ids[at]] for at in range(row.start, len(row.ids))]
    assert loss.item() == pytest.approx(torch.stack(by_hand).mean().item(), abs=1e-5)


def test_several_gpus_do_not_spread_the_model(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The arguments that a machine with three GPUs would make, and a model that something was wrapped around."""

    class Three(trainer.TrainingArguments):
        def __post_init__(self) -> None:
            super().__post_init__()
            self._n_gpu = 3

    monkeypatch.setattr(trainer, "TrainingArguments", Three)
    recipe = small(load_recipe("demo"), tiny_llama)
    model = with_lora(load_base(replace(recipe.base, quantisation="none")), recipe)
    rows = [Row([5, 6, 7, 8, 9, 10, 11], 6), Row([5, 6, 7, 8], 2)]
    made = AnswerTrainer(model, rows, [[0, 1]], 0, recipe, tmp_path, [])
    assert made.args.n_gpu == 1
    loss = made.training_step(torch.nn.Sequential(model), collate(rows, 0))
    assert torch.isfinite(loss)
    assert any(part.grad is not None for part in model.parameters())


def test_batches_hold_every_row_once_an_epoch_within_the_budget() -> None:
    lengths = [3, 50, 20, 7, 900, 12, 31, 31, 8, 5] * 30
    steps = batches(lengths, 256, epochs=2, seed=3)
    assert sorted(i for step in steps for i in step) == sorted(list(range(len(lengths))) * 2)
    assert all(len(step) == 1 or max(lengths[i] for i in step) * len(step) <= 256 for step in steps)
    assert steps == batches(lengths, 256, epochs=2, seed=3) != batches(lengths, 256, epochs=2, seed=4)


@given(st.lists(st.integers(2, 60), min_size=1, max_size=30), st.integers(1, 100), st.randoms(use_true_random=False))
def test_pieces_hold_every_label_once_within_the_budget(lengths: list[int], tokens: int, random: Random) -> None:
    rows = [Row([random.randrange(1, 1000) for _ in range(n)], random.randrange(1, n)) for n in lengths]
    batch = collate(rows, 0)
    found = pieces(batch, tokens)
    assert all(len(piece["labels"]) == 1 or piece["labels"].numel() <= tokens for piece in found)
    at = 0
    for piece in found:
        for ids, labels in zip(piece["input_ids"], piece["labels"], strict=True):
            row, width = rows[at], len(rows[at].ids) - 1
            assert ids[:width].tolist() == row.ids[:-1]
            assert labels[labels != -100].tolist() == row.ids[row.start :]
            assert (labels[row.start - 1 : width] != -100).all()
            at += 1
    assert at == len(rows)


def test_a_trial_has_a_folder_of_its_own_and_says_so(tiny_llama: Path, tmp_path: Path) -> None:
    recipe = small(load_recipe("demo"), tiny_llama, epochs=1)
    assert default_folder(recipe) == Path("adapters/trained/demo")
    assert default_folder(recipe, 5) == Path("adapters/trained/demo_first-5")
    assert adapter.read_card(train(recipe, tmp_path / "a", limit=5)).limit == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "../x"}, "name"),
        ({"name": ""}, "name"),
        ({"splits": []}, "split"),
        ({"max_grad_norm": -1.0}, "max_grad_norm"),
        ({"lora": {"alpha": 0}}, "alpha"),
        ({"lora": {"target_modules": []}}, "target_modules"),
    ],
)
def test_recipe_values_that_make_no_sense_are_errors(change: dict, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        config.build(Recipe, {"name": "r", "tasks": ["phin_demo_ner"], **change}, "recipe.yaml")


def test_the_loss_keeps_what_a_model_does_to_its_logits(tmp_path: Path) -> None:
    folder = save_tiny(tmp_path / "granite", "granite", logits_scaling=4.0)
    recipe = small(load_recipe("demo"), folder)
    loaded = load_base(replace(recipe.base, quantisation="none"))
    model = with_lora(loaded, recipe).eval()
    ids = [5, 6, 7, 8]
    with torch.no_grad():
        loss = answer_loss(model, collate([Row(ids, 3)], 0))
        logits = model(input_ids=torch.tensor([ids])).logits[0, 2]
    assert loss.item() == pytest.approx(-logits.log_softmax(-1)[ids[3]].item(), abs=1e-5)


def test_an_interrupted_training_says_what_it_kept(
    tiny_llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = small(load_recipe("demo"), tiny_llama, save_steps=2, tokens_per_batch=256, epochs=1)
    original, calls = AnswerTrainer.training_step, []

    def breaks_at_the_fourth(self: AnswerTrainer, *args: object, **kwargs: object) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    monkeypatch.setattr(AnswerTrainer, "training_step", breaks_at_the_fourth)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "a", limit=20)
    assert "2 of" in capsys.readouterr().err


@pytest.fixture(scope="module")
def interrupted(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path, Path]:
    """A recipe, its whole adapter, and one that was stopped in its seventh step, after three checkpoints."""
    recipe = small(load_recipe("demo"), tiny_llama, save_steps=2, tokens_per_batch=256, epochs=1)
    root, original, calls = tmp_path_factory.mktemp("interrupted"), AnswerTrainer.training_step, []

    def breaks_at_the_seventh(self: AnswerTrainer, *args: object, **kwargs: object) -> torch.Tensor:
        calls.append(1)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return original(self, *args, **kwargs)

    whole = train(recipe, root / "whole", limit=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AnswerTrainer, "training_step", breaks_at_the_seventh)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, root / "broken", limit=20)
    return recipe, whole, root / "broken"


def test_the_checkpoint_before_the_last_is_kept(interrupted: tuple[Recipe, Path, Path]) -> None:
    found = checkpoints.sealed(interrupted[2])
    assert [checkpoints.steps(path) for path in found] == [4, 6]
    assert [checkpoints.damaged(path) for path in found] == [None, None]


@pytest.mark.parametrize("damage", ["cut", "missing", "seal", "byte"])
def test_the_earlier_checkpoint_is_used_for_a_damaged_one(
    damage: str, interrupted: tuple[Recipe, Path, Path], tmp_path: Path
) -> None:
    recipe, whole, broken = interrupted
    folder = Path(shutil.copytree(broken, tmp_path / "a"))
    file = folder / checkpoints.FOLDER / "checkpoint-6" / ("seal.json" if damage == "seal" else "optimizer.pt")
    data = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(data[: len(data) // 2] if damage != "byte" else data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    recorder = Recorder()
    train(recipe, folder, limit=20, resume=True, display=recorder)
    told = [str(event.text) for event in recorder.told if isinstance(event, Said)]
    assert any(
        f"checkpoint-6 is damaged ({file.name}): the training resumes from checkpoint-4" in text for text in told
    )
    first, second = load_file(whole / adapter.WEIGHTS), load_file(folder / adapter.WEIGHTS)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not (folder / checkpoints.FOLDER).exists()


def test_a_training_without_a_whole_checkpoint_names_the_way_out(
    interrupted: tuple[Recipe, Path, Path], tmp_path: Path
) -> None:
    recipe, _, broken = interrupted
    folder = Path(shutil.copytree(broken, tmp_path / "a"))
    for name in ("checkpoint-4", "checkpoint-6"):
        (folder / checkpoints.FOLDER / name / "trainer_state.json").write_text("{")
    with pytest.raises(BenchError, match=r"no checkpoint is whole: checkpoint-6 .*, checkpoint-4") as told:
        train(recipe, folder, limit=20, resume=True)
    assert told.value.hint == f"delete {folder / checkpoints.FOLDER} to train from the start"
    shutil.copytree(broken, folder, dirs_exist_ok=True)
    (folder / checkpoints.FOLDER / "plan.json").write_text("")
    with pytest.raises(BenchError, match="JSON") as told:
        train(recipe, folder, limit=20, resume=True)
    assert told.value.hint == f"delete {folder / checkpoints.FOLDER} to train from the start"


def test_of_two_trainings_at_once_the_second_takes_what_the_first_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, recorder = tmp_path / "a", Recorder()
    holds, waits = threading.Event(), threading.Event()

    def first() -> None:
        with alone(tmp_path / ".a.lock", lambda text: None):
            holds.set()
            waits.wait(60)
            out.mkdir()
            (out / adapter.CARD).write_text("{}")

    def tell(event: Event) -> None:
        recorder.told.append(event)
        waits.set()

    monkeypatch.setattr(recorder, "tell", tell)
    monkeypatch.setattr(training, "_train", lambda *args, **kwargs: pytest.fail("it was trained twice"))
    other = threading.Thread(target=first)
    other.start()
    assert holds.wait(60)
    assert train(load_recipe("demo"), out, display=recorder) == out
    other.join()
    assert ["waiting for another run" in str(event.text) for event in recorder.told if isinstance(event, Said)] == [
        True
    ]
