"""Floor 2: what a run tells while it works, and the three ways to show it."""
