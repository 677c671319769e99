"""Models from the Hub in a cache folder that is carried into a closed network: ids and revisions stay the same."""

from __future__ import annotations

from pathlib import Path

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.data import manifest

# weights, configuration and tokenizer; no code, no pickles, no copies of the weights in other formats
PATTERNS = (
    "*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json", "tokenizer*", "vocab*",
    "merges.txt", "special_tokens_map.json", "added_tokens.json", "chat_template*", "adapter_config.json", "*.model",
    "card.json", "preprocessor_config.json", "README.md", "LICENSE*",
)  # fmt: skip


def pull(model: str, folder: Path, revision: str | None = None) -> tuple[Path, list[Path]]:
    """(its snapshot, the files) of a model or adapter in the cache `folder`; what is there already stays.

    An interrupted download resumes with the file that was being fetched. BenchError where the Hub has it not, or is out
    of reach.
    """
    from huggingface_hub import snapshot_download

    try:
        snapshot = Path(snapshot_download(model, revision=revision, cache_dir=folder, allow_patterns=list(PATTERNS)))
    # the client raises a wide family of errors of network, repository, revision and disk
    except Exception as err:
        raise BenchError(
            "'{model}' cannot be fetched ({reason})",
            hint="the name is that of a model on the Hub, as org/name; the machine needs a network",
            model=model,
            reason=first_line(err),
        ) from None
    files = sorted(path for path in snapshot.rglob("*") if path.is_file())
    new = manifest.entries(
        folder, files, item=model, source=f"Hub {model}", revision=snapshot.name, licence=licence_of(snapshot)
    )
    manifest.write(folder, manifest.Manifest({**manifest.read(folder).files, **new}))
    return snapshot, files


def licence_of(snapshot: Path) -> str:
    """What a model card says about its licence; "unknown" where there is none."""
    from huggingface_hub import ModelCard

    card = snapshot / "README.md"
    if not card.is_file():
        return "unknown"
    try:
        found = ModelCard.load(card).data.to_dict().get("license")
    except (OSError, ValueError, TypeError):
        return "unknown"
    return str(found or "unknown")
