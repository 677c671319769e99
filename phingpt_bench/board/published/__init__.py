"""Results published by others: their files and values."""
