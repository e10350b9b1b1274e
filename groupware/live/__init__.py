"""Live pages: an open page is told *which topic* has changed, and fetches its part again.

page --GET /live (event stream)--> a stream waits, without a database session
somebody commits --> the wake-up (SQLite: PRAGMA data_version, PostgreSQL: NOTIFY) reaches the hub
hub: one thread a process; looks at how the watched topics stand, marks the streams of those that differ
stream: asks anew who its person is and what they may see, then says "list:3 ticket:7", and no more

What a topic is, and who may follow it, is declared by modules (see topics.py).
"""
