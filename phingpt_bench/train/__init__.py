"""Floor 3: from a recipe to an adapter with its card."""
