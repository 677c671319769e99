"""What work costs: meters, dated price cards, ledgers."""
