"""An adapter on disk (safetensors + card) and on the loaded base: attached, switched, never merged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypedDict

from phingpt_bench.core import jsonio, upgrades
from phingpt_bench.core.config import build
from phingpt_bench.core.declared import Count
from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.fingerprint import digest
from phingpt_bench.core.ledgers import Ledger
from phingpt_bench.core.machine import Environment
from phingpt_bench.core.records import Model
from phingpt_bench.models.adapter_files import CARD, CONFIG, WEIGHTS, again, check_files, identity_digest, parameters
from phingpt_bench.models.adapter_keys import load_strictly
from phingpt_bench.models.adapter_method import check_quantised
from phingpt_bench.models.base_files import weights_digest
from phingpt_bench.models.load import Loaded

__all__ = ["CARD", "CONFIG", "WEIGHTS"]  # names that other modules import from here

SCHEMA_VERSION: Literal[2] = 2  # 2: everything has a type; the first cards had no number


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProvenance:
    """On what an adapter was trained."""

    environment: Environment = field(default_factory=Environment)
    rows_too_long: Count | None = None  # training rows that were left out for their length
    dequantised_once: bool | None = None
    adapted_layers: list[str] = field(default_factory=list)
    threads: Count | None = None  # of a CPU


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterCard:
    """The recipe and data of an adapter."""

    name: str
    base: str
    base_revision: str | None
    quantisation: str | None
    compute_dtype: str
    vocabulary_digest: str
    recipe: dict[str, object]
    templates: dict[str, str]  # task -> digest of its prompt template
    chat_template: bool
    data: dict[str, str]  # task and splits -> digest of the token ids of its rows
    row_ids: dict[str, list[str]]  # task -> ids of the training rows, for the exposure check
    rows: Count
    steps: Count
    seed: int
    parameters: Count  # trainable
    final_loss: float | None
    cost: Ledger
    created: str
    chat_template_digest: str | None = None  # of the tokenizer's template, where it was used
    limit: int | None = None  # rows a task of a trial training; None is all of them
    provenance: CardProvenance = field(default_factory=CardProvenance)
    schema_version: Literal[2] = SCHEMA_VERSION


class BaseFields(TypedDict):
    """What a card says about the base, as arguments of AdapterCard."""

    base: str
    base_revision: str | None
    quantisation: str | None
    compute_dtype: str
    vocabulary_digest: str


def base_fields(loaded: Loaded) -> BaseFields:
    """The base's part of the card of an adapter that was trained on it."""
    identity = loaded.identity
    return BaseFields(
        base=identity.base or identity.name,
        base_revision=identity.base_revision,
        quantisation=identity.quantisation,
        compute_dtype=identity.compute_dtype or "",
        vocabulary_digest=vocabulary_digest(loaded.tokenizer),
    )


def chat_template_digest(tokenizer: Any) -> str | None:
    """Digest of the tokenizer's chat template; None if it has none."""
    template = getattr(tokenizer, "chat_template", None)
    return digest(template) if template else None


def write_card(folder: Path, card: AdapterCard) -> None:
    """Write `card.json`: last of all, so a folder without it is an unfinished training."""
    jsonio.write_json(folder / CARD, asdict(card))


def read_card(folder: Path) -> AdapterCard:
    """The card of an adapter folder; BenchError when the folder, its weights or its card are missing or damaged."""
    folder = Path(folder)
    check_files(folder)
    if not (folder / CARD).is_file():
        raise BenchError(
            "the adapter has no {file}: its base, data and template are unknown",
            where=str(folder),
            hint="finish an interrupted training with --resume; an adapter from elsewhere is evaluated without a card",
            file=CARD,
        )
    try:
        return build(AdapterCard, upgrades.card(jsonio.read_json(folder / CARD)), str(folder / CARD))
    except BenchError as err:
        raise BenchError(err.message, where=err.where, hint=err.hint or again(folder)) from None


def card_of(folder: Path) -> AdapterCard | None:
    """The card of an adapter that was trained by this program; None for one from elsewhere. BenchError as above."""
    check_files(folder)
    return read_card(folder) if (folder / CARD).is_file() else None


def vocabulary_digest(tokenizer: Any) -> str:
    """Digest of the token -> id map: an adapter trained under another vocabulary means other tokens."""
    return digest(sorted(tokenizer.get_vocab().items(), key=lambda item: item[1]))


def check_card(card: AdapterCard, loaded: Loaded, where: str) -> None:
    """BenchError, naming every difference, unless the adapter was trained on exactly this loaded base."""
    identity = loaded.identity
    revision = card.base_revision
    if revision != identity.base_revision and Path(loaded.spec.model).is_dir():
        # cards of earlier versions hold a digest of the weights alone
        weights = weights_digest(Path(loaded.spec.model))
        revision = identity.base_revision if revision == weights else revision
    renamed = revision is not None and revision == identity.base_revision
    pairs = {
        "base": (identity.base if renamed else card.base, identity.base),
        "base revision": (revision, identity.base_revision),
        "quantisation": (card.quantisation, identity.quantisation),
        "vocabulary": (card.vocabulary_digest, vocabulary_digest(loaded.tokenizer)),
    }
    if card.chat_template_digest is not None:
        pairs["chat template"] = (card.chat_template_digest, chat_template_digest(loaded.tokenizer))
    differing = [f"{name} {mine} (here {theirs})" for name, (mine, theirs) in pairs.items() if mine != theirs]
    if differing:
        raise BenchError(
            "adapter '{name}' was trained for another base: {what}",
            where=where,
            hint="evaluate it with the base and quantisation of its card",
            name=card.name,
            what=", ".join(differing),
        )


def attach(loaded: Loaded, adapters: Mapping[str, Path]) -> Any:
    """The base wrapped in PEFT with every adapter loaded under its name; none is merged.

    Must come before the first forward: some CPUs repack 4-bit weights in place at that moment, and a later wrap then
    runs other kernels (measured: 0.05 nats). With no adapters, the bare model. BenchError on a mismatch with the base,
    and where weights are missing, have no place or another shape.
    """
    model = loaded.model
    for name, folder in adapters.items():
        card = card_of(folder)
        if card is not None:
            check_card(card, loaded, str(folder))
        check_quantised(folder, loaded.identity.quantisation)
        model = load_strictly(model, name, folder)
    if adapters and loaded.model.device.type != "cpu":
        from phingpt_bench.models.lora import compute_in  # imports torch

        compute_in(model, loaded.model.dtype)
    return model.eval()


@contextlib.contextmanager
def only(model: Any, name: str | None) -> Iterator[None]:
    """Within the block the model answers with adapter `name`, or as the bare base for None."""
    from peft import PeftModel

    if not isinstance(model, PeftModel):
        if name is not None:
            raise BenchError("no adapter '{name}' is attached", name=name)
        yield
    elif name is None:
        with model.disable_adapter():
            yield
    else:
        if model.active_adapters != [name]:  # one that is alone on its base needs no switch, and some have none
            model.set_adapter(name, inference_mode=True)
        yield


def recipe_digest(card: AdapterCard) -> str:
    """A digest of recipe and data without name and seed: trainings with the same digest have the same recipe."""
    recipe = {key: value for key, value in _as_before(card.recipe).items() if key not in ("name", "seed")}
    return digest([recipe, card.templates, card.data, card.limit])


def trained_by(recipe: Mapping[str, object]) -> str:
    """Digest of a whole recipe, by its fields."""
    return digest(_as_before(recipe))


def _as_before(recipe: Mapping[str, object]) -> dict[str, object]:
    """A recipe's fields without the variants of LoRA that are off, which earlier versions did not know."""
    lora = recipe.get("lora")
    if not isinstance(lora, Mapping):
        return dict(recipe)
    return {**recipe, "lora": {key: value for key, value in lora.items() if value is not False}}


def adapter_digest(folder: Path, card: AdapterCard | None) -> str:
    """The identity of an adapter: its weights and its configuration."""
    return identity_digest(folder, None if card is None else card.recipe)


def tuned_identity(loaded: Loaded, name: str, folder: Path) -> Model:
    """The records' identity of the base with this adapter."""
    card = card_of(folder)
    return replace(
        loaded.identity,
        kind="tuned",
        adapter=name,
        adapter_digest=adapter_digest(folder, card),
        recipe_digest=None if card is None else recipe_digest(card),
        training_seed=None if card is None else card.seed,
        training_limit=None if card is None else card.limit,
        adapter_parameters=parameters(folder) if card is None else card.parameters,
        trained_elsewhere=card is None,
    )
