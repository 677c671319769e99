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
    # bitsandbytes 0.50 asks for a package of faster kernels that is not needed, each time it is imported
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
