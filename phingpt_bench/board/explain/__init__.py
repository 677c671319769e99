"""`leaderboard --explain`: one cell of the board and all that it is made of, as text."""
