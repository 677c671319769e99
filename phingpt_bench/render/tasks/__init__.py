"""The list of tasks, and one protocol in full."""
