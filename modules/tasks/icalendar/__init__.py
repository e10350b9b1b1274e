"""Tickets as VTODO (RFC 5545): out by `writing`, in by `reading` and `importing`.

lines       bytes <-> content lines and components, with limits; foreign lines as they came
times       DUE, DTSTART and their kin: DATE, TZID, UTC
reading     a component -> a frozen Vtodo
status      what a client meant by STATUS, COMPLETED and PERCENT-COMPLETE
facts       tickets -> what a face may show, in batches
writing     facts -> content lines, by the face's allow-list
keeping     what a client wrote and is not ours: kept, and laid under what is ours
alarms      who wants to be reminded of what falls due
attaching   files within a task become files of the ticket
relating    what a task says of other tasks becomes links
importing   a Vtodo -> the use cases of tickets
"""
