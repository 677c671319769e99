"""What a trained adapter's folder says to people and to other programs: its README, and the name of its base.

PEFT writes a README of placeholders, and the folder that the base was loaded from, which may be in a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from phingpt_bench import __version__
from phingpt_bench.core import jsonio
from phingpt_bench.models import embedded
from phingpt_bench.models.adapter import CONFIG, AdapterCard
from phingpt_bench.text.quantities import duration_text

README = "README.md"


def write_face(folder: Path, card: AdapterCard, model: str, licences: Mapping[str, str]) -> None:
    """Name the base in adapter_config.json as the recipe does, and write the README of a model card.

    model: the recipe's: a Hub id, the name of the embedded model, or a folder of the user's. licences: of the rows that
    it was trained on, by task, as far as known.
    """
    config = jsonio.read_json(folder / CONFIG)
    assert isinstance(config, dict)
    jsonio.write_json(folder / CONFIG, {**config, "base_model_name_or_path": model})
    jsonio.write_text(folder / README, readme(card, model, licences))


def readme(card: AdapterCard, model: str, licences: Mapping[str, str]) -> str:
    """The model card: metadata for the Hub, then what was trained on which rows, under which prompt, at what cost.

    The licences of these rows are named, since they may forbid uses of the adapter; which licence it gets is left to
    whoever publishes it.

    Scores are not known yet: `phingpt-bench export --to hf-model-index --card FOLDER` adds them.
    """
    name = embedded.MODELS[model].hub_id if model in embedded.MODELS else model
    shown = Path(name).name if Path(name).is_dir() else name
    metadata = ["---", *([f"base_model: {name}"] if shown == name else []), "library_name: peft", "tags:"]
    metadata += ["- phingpt-bench", "- lora", "---"]
    lines = [f"| {key} | {value} |" for key, value in _facts(card, shown, licences)]
    return "\n".join([
        *metadata, "", f"# {card.name}", "",
        f"A LoRA adapter of {shown}, trained by phingpt-bench {__version__}. `card.json` holds all that is known",
        "about its training.",
        *([] if card.limit is None else ["", f"**A trial, on the first {card.limit} rows of each task.**"]),
        "", "| | |", "| --- | --- |", *lines, "",
        "Evaluate it with:", "", "```bash",
        f"phingpt-bench evaluate --adapter FOLDER --tasks {' '.join(sorted(card.templates))}",
        "```", "",
    ])  # fmt: skip


def _facts(card: AdapterCard, base: str, licences: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "base", f"{base}, {card.quantisation or 'not quantised'}, {card.compute_dtype}"
    if card.base_revision:
        yield "revision of the base", card.base_revision[:12]
    yield "training rows", f"{card.rows:,} of {', '.join(sorted(card.templates))}"
    for task, licence in sorted(licences.items()):
        yield f"licence of the rows of {task}", licence
    for task, template in sorted(card.templates.items()):
        yield f"prompt of {task}", f"template {template}" + (", in the chat template" if card.chat_template else "")
    yield "trainable parameters", f"{card.parameters:,}"
    yield "steps, seed", f"{card.steps:,}, {card.seed}"
    if card.final_loss is not None:
        yield "loss at the end", f"{card.final_loss:.3f}"
    yield "time", duration_text(sum(card.cost.seconds.values()))
    if card.cost.usd is not None:
        price = card.cost.price
        yield "cost", f"${card.cost.usd:.2f}" + (f" ({price.count} x {price.entry})" if price is not None else "")
    if card.cost.joules:
        yield "energy", f"{sum(card.cost.joules.values()) / 3600:.0f} Wh"
    yield "made", card.created[:10]


def with_scores(text: str, scores: str) -> str:
    """A README with the metadata and the table of scores of `render.model_card` in place of older ones.

    Both begin with YAML between "---" lines. The rest of the README stays.
    """
    import yaml

    head, body = _parts(text)
    more, table = _parts(scores)
    merged = {**(yaml.safe_load(head) or {}), **(yaml.safe_load(more) or {})}
    body = body.split("\n## Evaluation\n")[0].rstrip("\n")
    table = table.strip("\n").lstrip("#").lstrip()
    front = yaml.safe_dump(merged, sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n{body}\n\n## {table}\n" if body.strip() else f"---\n{front}---\n\n## {table}\n"


def _parts(text: str) -> tuple[str, str]:
    """(the metadata of a model card, the rest)."""
    if not text.startswith("---\n"):
        return "", text
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    return head, body
