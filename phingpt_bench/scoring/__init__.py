"""Reading raw answers into counts, and scores as functions of counts. Needs numpy only."""
