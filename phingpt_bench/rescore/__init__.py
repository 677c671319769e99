"""Scores of answers that are already in a file. No model is loaded; neither torch nor lm_eval is imported."""
