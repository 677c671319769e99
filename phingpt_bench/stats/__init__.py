"""Intervals of one score and paired tests of two, over rows of counts that are summed and then scored."""
