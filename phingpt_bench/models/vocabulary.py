"""The vocabulary of an adapter that added tokens: its tokenizer, and embeddings of as many rows as were saved."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from phingpt_bench.core.errors import BenchError, first_line
from phingpt_bench.models.load import Loaded

TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
LOG = logging.getLogger(__name__)


def with_vocabulary(loaded: Loaded, rows: int, folder: Path) -> Loaded:
    """The base with the tokenizer of the adapter's folder, where it has one, and with `rows` rows of embeddings.

    Unchanged where the base has as many rows and the folder holds no tokenizer. BenchError if tokens were added and
    no tokenizer came along: prompts would not hold them.
    """
    before = len(loaded.model.get_input_embeddings().weight)
    tokenizer = _tokenizer(folder, loaded)
    if rows != before:
        if tokenizer is None and rows > len(loaded.tokenizer):
            raise BenchError(
                "the adapter was saved with {rows:,} rows of embeddings, the base has {before:,}, and no "
                "tokenizer lies beside the adapter that says which tokens were added",
                where=str(folder),
                hint="copy the tokenizer's files of its training into the folder",
                rows=rows,
                before=before,
            )
        LOG.info("embeddings are resized from %d to %d rows, as the adapter was saved", before, rows)
        loaded.model.resize_token_embeddings(rows, mean_resizing=False)  # the adapter's own are loaded over them
    return loaded if tokenizer is None else replace(loaded, tokenizer=tokenizer)


def _tokenizer(folder: Path, loaded: Loaded) -> Any:
    """The adapter's own tokenizer; None if its folder holds none."""
    if not any((folder / name).is_file() for name in TOKENIZERS):
        return None
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
    except (OSError, ValueError, ImportError) as err:
        raise BenchError(
            "cannot load the tokenizer beside the adapter ({reason})",
            where=str(folder),
            hint="copy it again, or remove it where the adapter adds no tokens",
            reason=first_line(err),
        ) from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = loaded.tokenizer.pad_token or tokenizer.eos_token or tokenizer.bos_token
    return tokenizer
