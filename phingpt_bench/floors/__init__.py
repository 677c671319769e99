"""Baselines without a language model, which a model must beat: majority, mean, random, lexicon, TF-IDF, CRF."""
