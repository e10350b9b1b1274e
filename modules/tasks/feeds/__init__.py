"""Calendar feeds: what a view finds, at a secret address that any calendar can subscribe to.

contents    which feeds there are, and the tickets of one
writing     tickets as published tasks, or their deadlines as events
views       the address of a feed, and the page on which addresses are made

A feed shows what its person may see at that moment, and never a note. Its address is a secret of
the kind FEED (`groupware.tokens`), whose `value` says which feed it is.
"""
