"""Two runs on the same rows: what changed from A (the reference) to B (the challenger)."""
