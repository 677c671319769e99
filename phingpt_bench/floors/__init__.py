"""Baselines without a language model, which a model must beat: majority, random, TF-IDF with a linear model, CRF."""
