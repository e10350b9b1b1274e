"""Tickets and what belongs to them, as nouns of the API: the doors of the same use cases."""

from modules.tasks.api import (
    attachments,
    canned,
    categories,
    checklists,
    comments,
    delivery,
    fields,
    headings,
    journal,
    links,
    lists,
    locations,
    macros,
    merging,
    notices,
    tickets,
    together,
    users,
    views,
    webhooks,
)

BLUEPRINTS = [
    part.nouns.blueprint
    for part in (
        tickets,
        comments,
        delivery,
        attachments,
        links,
        merging,
        checklists,
        together,
        journal,
        lists,
        fields,
        headings,
        categories,
        locations,
        users,
        views,
        canned,
        macros,
        notices,
        webhooks,
    )
]
