"""Greedy written answers: drafts verified in batches of sequences that grow unevenly."""
