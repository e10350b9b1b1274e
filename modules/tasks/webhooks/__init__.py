"""Webhooks: other programs are told of what happens to tickets, signed, once it is certain.

An event's deliveries are rows, written with it; a worker sends them (see sending.py). They say what
happened to which ticket, and no word of what was written: a note is not told of at all.
"""
