"""Task lists as calendars for task apps: CalDAV (RFC 4791), with sync (RFC 6578).

A list is a collection in the home of each agent who may read it; a customer has *My requests*.

places      addresses <-> collections and tasks; what a person has
members     the tasks of a collection: names, ETags, text
properties  what PROPFIND tells of each kind of place
filters     calendar-query: which tasks a filter means
sync        what changed since a token
reports     REPORT
occurring   repeated tasks: whether they occur in a time, and as what
expanding   properties of what properties lead to
merging     what a client changed, against what it was given
bodies      what a PUT brings, as one task
beside      what a PUT brings beside what is a ticket's
putting     PUT: a new ticket, or acts on one
moving      DELETE and MOVE
making      MKCALENDAR and PROPPATCH
answers     207, and refusals with the conditions that the RFCs name
markup      XML in, with limits, and out, as text
views       the addresses
"""
