"""Floor 1: what work costs: meters, dated price cards, sums and words for ledgers."""
