"""Keeps libraries quiet, so that our own lines can be read."""

from __future__ import annotations


def silence_libraries() -> None:
    """Switch off the progress bars and warnings of transformers and datasets."""
    import logging
    import warnings

    import datasets
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it logs every retry when there is no network
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
