"""Suites: their plan, and the runs that carry it out, each ending in a run record."""
