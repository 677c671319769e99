"""From raw answers to counts, and from counts to scores. Needs numpy only."""
