"""`leaderboard --explain`: how one cell of the board came about."""
