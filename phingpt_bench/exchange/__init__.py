"""Results from other programs as run records, and run records as the files that other programs read."""
