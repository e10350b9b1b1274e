"""Mailboxes: where mail comes from and goes out by, and the journal of what came in."""
