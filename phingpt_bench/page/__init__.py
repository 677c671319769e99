"""The board as one HTML file without network requests: its data, its scripts, and how they become one file."""
