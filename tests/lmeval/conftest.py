"""What the tests of lm-eval's tasks share."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """The tokenizer of the embedded model, which is converted for it where no copy is kept."""
    from transformers import AutoTokenizer

    from phingpt_bench.models.embedded import SMOLLM2

    return AutoTokenizer.from_pretrained(SMOLLM2.folder())
