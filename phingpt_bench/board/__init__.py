"""The leaderboard as values: rows, ranks, costs, filters, published results. Nothing is drawn here."""
