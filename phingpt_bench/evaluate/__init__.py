"""Suites, their plan, and the runs that carry it out."""
