"""Incoming mail and tickets: whose it is, which ticket it belongs to, and why."""
