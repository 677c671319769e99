"""Silence for the libraries, so that our own lines can be read."""

from __future__ import annotations


def silence_libraries() -> None:
    """Keep transformers' and datasets' own bars and warnings from between our lines."""
    import logging
    import warnings

    import datasets
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # a line for each retry, when there is no network
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
