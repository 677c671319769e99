"""Datasets: where they come from, their rows in one shape, their splits by a stated rule."""
