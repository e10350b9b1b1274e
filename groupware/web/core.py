"""The core as a module among others: its pages, and what it tidies up."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from groupware import assets
from groupware import uploads as files
from groupware.api import groups as api_groups
from groupware.api import me
from groupware.api import views as api
from groupware.live import views as live
from groupware.mailboxes.models import InboundMail
from groupware.models import Attempt, Permission, Token, WebSession
from groupware.module import Link, Module, Periodic
from groupware.web import (
    accounts,
    apps,
    health,
    identity,
    links,
    outgoing,
    pages,
    parts,
    profile,
    setup,
    uploads,
)
from groupware.web.settings import (
    groups,
    journal,
    organisation,
    start,
    user_rights,
    users,
)

DAY = timedelta(days=1)


def tidy(session: Session, now: datetime) -> None:
    """Drop what has run out: sessions, tries, links, uploads that came to nothing."""
    session.execute(
        delete(WebSession).where(
            (WebSession.created_at < now - identity.LONGEST)
            | (WebSession.seen_at < now - identity.IDLE)
        )
    )
    session.execute(delete(Attempt).where(Attempt.at < now - DAY))
    session.execute(delete(Token).where(Token.expires_at < now - 30 * DAY))
    files.forget_old(session, now)


module = Module(
    name="core",
    blueprints=[
        accounts.blueprint,
        links.blueprint,
        pages.blueprint,
        assets.blueprint,
        live.blueprint,
        parts.blueprint,
        profile.blueprint,
        apps.blueprint,
        api.blueprint,
        me.nouns.blueprint,
        api_groups.nouns.blueprint,
        setup.blueprint,
        health.blueprint,
        outgoing.blueprint,
        uploads.blueprint,
        start.blueprint,
        users.blueprint,
        user_rights.blueprint,
        groups.blueprint,
        organisation.blueprint,
        journal.blueprint,
    ],
    settings=[
        Link("Users", "users.all_of_them", "user", Permission.ADMINISTER, "People"),
        Link("Groups", "groups.all_of_them", "users", Permission.ADMINISTER, "People"),
        Link(
            "Organisation and look",
            "organisation.organisation",
            "palette",
            Permission.ADMINISTER,
            "System",
        ),
        Link("Outgoing mail", "outgoing.mails", "mail", Permission.ADMINISTER, "System"),
        Link("Journal", "journal.journal", "history", Permission.ADMINISTER, "System"),
    ],
    files=[InboundMail],
    periodic=[Periodic("core.tidy", 3600, tidy)],
)
