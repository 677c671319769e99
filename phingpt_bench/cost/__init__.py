"""What work costs: meters for time, tokens, memory and energy; dated price cards; estimates; break-even."""
