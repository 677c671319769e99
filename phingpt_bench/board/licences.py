"""Licences of the base models that a board may name, by family, as their model cards state them.

A run record does not hold its base's licence; the licence of a base of another family is unknown.
"""

from __future__ import annotations

# the first name that is part of the base's name, ignoring case; the narrower names come before the families
FAMILIES = {
    "SmolLM2": "Apache-2.0",
    "Qwen2.5-3B": "Qwen Research License",
    "Qwen2.5-72B": "Qwen License",
    "Qwen2.5": "Apache-2.0",
    "Qwen3": "Apache-2.0",
    "Llama-3.2": "Llama 3.2 Community License",
    "Llama-3.1": "Llama 3.1 Community License",
    "Meta-Llama-3": "Llama 3 Community License",
    "Llama-3-": "Llama 3 Community License",
    "Llama-2": "Llama 2 Community License",
    "Phi-3": "MIT",
    "Phi-4": "MIT",
    "Gemma": "Gemma Terms of Use",
    "Mistral-7B": "Apache-2.0",
    "BLOOM": "BigScience RAIL 1.0",
    "RoBERTa": "MIT",
    "BERT-base": "Apache-2.0",
    "BERT-large": "Apache-2.0",
}


def licence_of(base: str) -> str | None:
    """The licence of a base by its name, path or Hub id; None for a family that is not listed here."""
    name = base.casefold()
    return next((licence for family, licence in FAMILIES.items() if family.casefold() in name), None)
