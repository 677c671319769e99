"""What a run reports while it works, and the displays that show it."""
