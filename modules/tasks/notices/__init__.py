"""Notices: what has happened to a ticket, told to those colleagues whom it concerns."""
