"""The address of a feed, and the page on which such addresses are made and revoked."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from groupware import __version__, tokens
from groupware.errors import NotFound
from groupware.models import TokenKind, User
from groupware.preferences import Organisation, load
from groupware.web.programs import by_address_alone, opened
from groupware.web.request import (
    ANYONE,
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    rights,
    see_other,
    services,
    session,
    told,
)
from modules.tasks.feeds.contents import Content, Feed, content_of, feed_of, feeds_of, give
from modules.tasks.feeds.forms import NewFeed
from modules.tasks.feeds.writing import organiser_line, published
from modules.tasks.icalendar.facts import Face, Reader, facts_of

blueprint = Blueprint("feeds", __name__)

EVENTS = "events"


@blueprint.get("/calendar/<secret>.ics")
@open_to(ANYONE)
@by_address_alone
def calendar(secret: str) -> ResponseReturnValue:
    """What a feed has now: open tickets as tasks, or, by `?as=events`, when they fall due."""
    found = opened(secret, TokenKind.FEED)
    if found is None:
        raise NotFound
    token, person = found
    feed = feed_of(session(), person, token.value)
    content = content_of(session(), person, feed, now())
    events = request.args.get("as") == EVENTS
    etag = f'"{content.mark}-{__version__}-{EVENTS if events else "tasks"}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
    if request.if_none_match.contains_weak(etag.strip('"')):
        return Response(status=304, headers=headers)
    body: Iterator[bytes] | Sequence[bytes] = ()
    if request.method != "HEAD":
        body = _streamed(person, feed, content, events=events)
    headers["Content-Disposition"] = 'inline; filename="tickets.ics"'
    return Response(body, content_type="text/calendar; charset=utf-8", headers=headers)


@blueprint.route("/profile/feeds", methods=["GET", "POST"])
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def feeds() -> ResponseReturnValue:
    """What there is; a new address is shown on the answer itself, and nowhere again."""
    form = _form()
    if form.validate_on_submit():
        with refusals(form):
            feed, secret = give(session(), actor(), form.feed.data, now=now())
            return _shown(_form(), 201, feed=feed, secret=secret)
    return _shown(form, 422 if request.method == "POST" else 200)


@blueprint.post("/profile/feeds/<int:token_id>/revocation")
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def revoke(token_id: int) -> ResponseReturnValue:
    tokens.revoke(session(), actor(), actor(), token_id, now=now())
    told("Revoked. Its address no longer opens anything.")
    return see_other(".feeds")


def _form() -> NewFeed:
    there = feeds_of(session(), actor())
    chosen = request.args.get("feed", there[0].value if there else None)
    form = NewFeed(data={"feed": chosen})
    form.feed.choices = [(each.value, each.name) for each in there]
    return form


def _shown(
    form: NewFeed, status: int, *, feed: Feed | None = None, secret: str = ""
) -> ResponseReturnValue:
    address = f"{services().settings.base_url}/calendar/{secret}.ics"
    return page(
        "tasks/feeds.html",
        status,
        form=form,
        made=feed,
        address=address,
        events=f"{address}?as={EVENTS}" if feed and feed.face is Face.AGENT else "",
        tokens=tokens.of(session(), actor(), TokenKind.FEED),
        agent=rights().agent,
    )


def _streamed(person: User, feed: Feed, content: Content, *, events: bool) -> Iterator[bytes]:
    """Read in a session of its own, as this goes on after the request's has ended."""
    database, settings, person_id = services().database, services().settings, person.id

    def pieces() -> Iterator[bytes]:
        with database.reading() as reading:
            reader = Reader(
                reading.get_one(User, person_id), feed.face, settings.base_url, alarms=True
            )
            tickets = (
                facts
                for query in content.queries(reader.user, feed)
                for facts in facts_of(reading, query, reader)
            )
            desk = organiser_line(load(reading, Organisation).name, settings.hostname)
            yield from published(tickets, feed.face, name=feed.name, organiser=desk, events=events)

    return pieces()
