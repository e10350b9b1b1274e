"""What agents share beside a ticket's thread, by the doors that pages use: who gets in, what they see."""

import pytest
from sqlalchemy import select

from groupware import idempotency
from groupware.models import Level
from modules.tasks import tickets
from modules.tasks.models import Kind, Task
from modules.tasks.notices import choice
from modules.tasks.notices.models import Reason
from modules.tasks.together import drafts
from modules.tasks.together.models import Follower, Presence
from tests.conftest import SignedIn
from tests.factories import Desk


@pytest.fixture
def seen(desk: Desk, signed_in: SignedIn) -> dict[str, int]:
    """The status that each person gets for reading what colleagues share."""
    ticket = desk.ticket()
    desk.session.commit()
    people = {"agent": desk.agent, "reader": desk.reader, "manager": desk.manager}
    people |= {"outsider": desk.outsider, "customer": desk.customer}
    return {
        name: signed_in(person).get(f"/support/tickets/{ticket.id}/together").status_code
        for name, person in people.items()
    }


def test_what_is_shared_is_there_for_agents_of_the_list_alone(seen: dict[str, int]) -> None:
    assert seen == {
        "agent": 200,
        "reader": 200,
        "manager": 200,
        "outsider": 404,
        "customer": 403,
    }


def test_customers_and_outsiders_can_enumerate_nobody(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.session.commit()
    names = f"/support/tickets/{ticket.id}/colleagues?q="
    shown = {each["label"] for each in signed_in(desk.agent).get(names).get_json()}
    assert shown == {"Mara Lindqvist", "Tomás Ferreira", "Inés Duarte", "Lena Brandt", "Ada Moreau"}
    found = signed_in(desk.reader).get(f"{names}tom").get_json()
    assert found == [{"label": "Tomás Ferreira", "value": "@Tomás Ferreira"}]
    assert signed_in(desk.customer).get(names).status_code == 403
    outsider = signed_in(desk.outsider)
    assert outsider.get(names).status_code == 404
    assert outsider.get("/support/palette?q=a").get_json() == []
    assert outsider.get(f"/support/palette?q=%23{ticket.id}").get_json() == []
    assert outsider.get(f"/support/presence?tickets={ticket.id}").get_json() == {}
    assert signed_in(desk.customer).get("/support/palette?q=a").status_code == 403


def test_who_is_suggested_as_a_participant_stands_in_the_lists_access(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    elsewhere = desk.make.customer(name="Samantha Hidden")
    desk.make.task_list(customers=[elsewhere], agents=[desk.agent])
    desk.session.commit()
    people = f"/support/tickets/{ticket.id}/people?q="
    client = signed_in(desk.agent)
    stranger = desk.stranger
    for typed in (stranger.name.split()[0], stranger.address[:-4].upper()):
        (only,) = client.get(people + typed).get_json()
        assert only == {"label": stranger.name, "hint": stranger.address, "text": stranger.address}
    for typed in ("", " ", "Samantha", elsewhere.address, desk.customer.name, "%", "\0"):
        assert client.get(people + typed).get_json() == [], typed
    statuses = {
        person.name: signed_in(person).get(people + stranger.name[:3]).status_code
        for person in (desk.manager, desk.reader, desk.outsider, desk.customer)
    }
    assert list(statuses.values()) == [200, 403, 404, 403]


def test_presence_is_seen_by_colleagues_and_runs_out(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.session.commit()
    mara, reader = signed_in(desk.agent), signed_in(desk.reader)
    path, rows = f"/support/tickets/{ticket.id}/presence", f"/support/presence?tickets={ticket.id}"
    assert mara.send(path, doing="writing").status_code == 204
    told = [{"id": desk.agent.id, "name": "Mara Lindqvist", "doing": "writing"}]
    assert reader.get(rows).get_json() == {str(ticket.id): told}
    assert mara.get(rows).get_json() == {}, "nobody is told of themselves"
    assert "Mara Lindqvist is writing" in reader.get(f"/support/tickets/{ticket.id}").text
    own = signed_in(desk.customer).get(f"/tickets/view/{ticket.id}").text
    assert "Mara" not in own
    assert mara.send(path, doing="sleeping").status_code == 422
    desk.session.execute(Presence.__table__.update().values(at=desk.make.now))
    desk.session.commit()
    assert reader.get(rows).get_json() == {}
    mara.send(path, doing="writing")
    assert mara.send(path, doing="gone").status_code == 204
    assert reader.get(rows).get_json() == {}


def test_a_draft_comes_back_until_it_was_sent(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.session.commit()
    mara, path = signed_in(desk.agent), f"/support/tickets/{ticket.id}"
    key = idempotency.new_key()
    wish = {"kind": "note", "body": "Half <b>of", "idempotency_key": key}
    assert mara.send(f"{path}/draft", wish).status_code == 200
    assert "Half &lt;b&gt;of</textarea>" in mara.get(path).text
    assert mara.send(f"{path}/comments", {**wish, "body": "Whole"}).status_code == 303
    mara.send(f"{path}/draft", wish)
    assert drafts.own(desk.session, desk.agent, ticket) is None, "a late save brings nothing back"
    desk.session.commit()
    assert mara.send(f"{path}/draft", {"kind": "note", "body": "x" * 100_001}).status_code == 422
    mara.send(f"{path}/draft", {**wish, "share": "y"})
    tomas = signed_in(desk.colleague)
    assert "Mara Lindqvist\u2019s draft of a note" in tomas.get(path).text
    assert "draft of a note" not in signed_in(desk.customer).get(f"/tickets/view/{ticket.id}").text
    assert tomas.send(f"{path}/drafts/{desk.agent.id}/removal").status_code == 403
    assert signed_in(desk.reader).send(f"{path}/drafts/{desk.agent.id}/taking").status_code == 403
    assert tomas.send(f"{path}/drafts/{desk.agent.id}/taking").status_code == 303
    assert "Half &lt;b&gt;of</textarea>" in tomas.get(path).text


@pytest.mark.parametrize(
    ("typed", "shared", "taken"),
    [(None, "reply", "reply"), ("reply", "reply", "reply"), ("note", "reply", "note")],
)
def test_a_shared_draft_is_taken_after_what_stands_in_the_composer(
    desk: Desk, signed_in: SignedIn, typed: str | None, shared: str, taken: str
) -> None:
    ticket = desk.ticket()
    desk.session.commit()
    path = f"/support/tickets/{ticket.id}"
    manager, agent = signed_in(desk.manager), signed_in(desk.agent)
    manager.send(f"{path}/draft", body="For all.", kind=shared, share="y")
    mine = {"body": "Just typed.", "kind": typed} if typed else {}
    answer = agent.send(f"{path}/drafts/{desk.manager.id}/taking", **mine)
    assert answer.status_code == 303
    draft = drafts.own(desk.session, desk.agent, ticket)
    assert draft is not None
    assert (draft.body, draft.kind) == ("Just typed.\n\nFor all." if typed else "For all.", taken)


def test_a_draft_goes_on_in_the_ticket_that_holds_its_own_now(desk: Desk) -> None:
    session, now, reply = desk.session, desk.make.now, Kind.REPLY
    one, two, into = (desk.ticket() for _ in range(3))
    other = desk.ticket(customer=desk.stranger)
    drafts.keep(session, desk.agent, one, reply, "First.", now=now)
    drafts.share(session, desk.agent, two, reply, "For all.", now=now)
    drafts.keep(session, desk.agent, two, reply, "Second.", now=now)
    for source in (one, two):
        tickets.merge(session, desk.agent, source, into, now=now)
    session.flush()

    def lying(ticket: Task) -> list[tuple[str, Kind]]:
        kept = [drafts.own(session, desk.agent, ticket)]
        kept += drafts.shared_in(session, desk.agent, ticket)
        return [(each.body, each.kind) for each in kept if each]

    assert lying(into) == [("First.\n\nSecond.", reply), ("For all.", reply)]
    assert lying(two) == []
    tickets.merge(session, desk.agent, into, other, now=now)
    session.flush()
    # Nobody is answered by what was begun for somebody else.
    assert lying(other) == [("First.\n\nSecond.", Kind.NOTE), ("For all.", Kind.NOTE)]


def test_notifications_are_read_chosen_and_followed(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.allow(desk.list.agent_acl, desk.reader, Level.READ)
    desk.session.commit()
    ines, path = signed_in(desk.reader), f"/support/tickets/{ticket.id}"
    assert ines.send(f"{path}/following", wanted="1").status_code == 303
    assert desk.session.scalar(select(Follower.user_id)) == desk.reader.id
    desk.session.commit()
    desk.make.response(ticket)
    desk.session.commit()
    assert "Notifications, 1 new" in ines.get("/support").text
    page = ines.get("/support/notices").text
    assert ticket.summary in page
    assert f'href="{path}#comment-' in page
    ines.get(path)
    assert "Notifications, 1 new" not in ines.get("/support").text, "who looks has read it"
    desk.make.response(ticket)
    desk.session.commit()
    assert ines.send("/support/notices/reading").status_code == 303
    assert "Nothing unread" in ines.get("/support/notices?unread=1").text
    assert ines.send("/profile/notices", {"answered-mail": "1", "x": "y"}).status_code == 303
    desk.session.refresh(desk.reader)
    assert choice.chosen(desk.reader)[Reason.ANSWERED] == {choice.Channel.MAIL}
    assert choice.chosen(desk.reader)[Reason.ASSIGNED] == frozenset()
    desk.session.commit()
    assert signed_in(desk.customer).get("/support/notices").status_code == 403
