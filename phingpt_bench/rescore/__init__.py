"""Scoring of answers in a file, by our rules and by those of other benchmarks. Imports neither torch nor lm_eval."""
