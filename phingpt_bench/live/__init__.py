"""Progress of a run: the events that it reports, their sum as a state, and the displays that show it."""
