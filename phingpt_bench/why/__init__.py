"""Why an answer is what it is: words left out one by one, and what that does to the answer's log-odds."""
