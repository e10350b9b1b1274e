"""Working together on a ticket: who is there, who follows, what is being written."""
