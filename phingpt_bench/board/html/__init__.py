"""The board as one HTML file that asks nothing of any network: its data, its scripts, and how they become one file."""
