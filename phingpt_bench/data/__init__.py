"""Datasets: where they come from, their rows in one shape, their splits by a fixed rule, copies between them."""
