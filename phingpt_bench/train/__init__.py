"""From a recipe to a trained adapter with its card."""
