"""Floor 3: suites, their plan, and the runs that they leave behind."""
