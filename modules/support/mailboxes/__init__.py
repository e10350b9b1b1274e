"""Mailboxes and quarantine: their settings pages."""
