"""Floor 1: where datasets come from, their rows in one shape, their splits by an explicit rule."""
