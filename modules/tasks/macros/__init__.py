"""Macros: several changes and a reply or note in one step.

macros.run(session, actor, ticket, macro, now=now)      all of its steps, or none (Refused)
session.scalars(macros.offered(actor, Macro, ticket))   those that may be run on a ticket
"""
