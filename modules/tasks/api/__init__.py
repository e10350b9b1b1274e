"""Tickets and what belongs to them, as nouns of the API: the doors of the same use cases."""

from modules.tasks.api import (
    attachments,
    categories,
    comments,
    journal,
    links,
    lists,
    locations,
    tickets,
    users,
    views,
    webhooks,
)

BLUEPRINTS = [
    part.nouns.blueprint
    for part in (
        tickets,
        comments,
        attachments,
        links,
        journal,
        lists,
        categories,
        locations,
        users,
        views,
        webhooks,
    )
]
