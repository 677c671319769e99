"""Hybrids: a model's answers combined with TF-IDF, a CRF and rules, learned on validation rows only."""
