"""Floor 1: intervals of one score, tests of two, over rows of counts that are summed and then scored."""
