"""Greedy written answers: continuous batching with drafts that the model verifies, several tokens a forward pass."""
