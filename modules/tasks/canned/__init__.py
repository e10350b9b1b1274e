"""Canned replies: texts that agents keep at hand, with placeholders for what a ticket says."""
