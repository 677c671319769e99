"""Cheap baselines that a model must beat: majority, random, TF-IDF with a linear model, CRF."""
