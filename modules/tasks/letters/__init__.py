"""Letters: what the desk writes by mail about tickets, to whom, and what became of each."""
