"""Support Request #id: what its customer sees, adds and changes."""

import re
from io import BytesIO

from sqlalchemy import event, select

from groupware.database import Database
from groupware.models import JournalEntry
from modules.help import thread
from modules.tasks import conversation, tickets
from modules.tasks.models import Comment, State, Task, Waiting
from tests.conftest import SignedIn
from tests.factories import PASSWORD, Desk


def view(ticket: Task) -> str:
    return f"/tickets/view/{ticket.id}"


def without_token(text: str) -> str:
    return re.sub(r'(csrf[-_]token" (?:content|type="hidden" value|value)=")[^"]+', r"\1", text)


def set_state(desk: Desk, ticket: Task, state: State) -> None:
    tickets.set_state(desk.session, desk.agent, ticket, state, now=desk.make.later())


def fresh(desk: Desk, ticket: Task) -> Task:
    desk.session.rollback()
    desk.session.expire_all()
    again = desk.session.scalars(select(Task).where(Task.id == ticket.id)).one()
    desk.session.commit()
    return again


def test_somebody_elses_and_a_missing_request_answer_alike(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="Private lamp")
    client = signed_in(desk.stranger)
    for path in ("/tickets/view/{}", "/tickets/edit/{}", "/tickets/edit/{}/responses/1"):
        foreign, missing = client.get(path.format(ticket.id)), client.get(path.format(987654))
        assert foreign.status_code == missing.status_code == 404
        assert without_token(foreign.text) == without_token(missing.text)
        assert "Private lamp" not in foreign.text
    posted = client.send(view(ticket), body="x"), client.send("/tickets/view/987654", body="x")
    assert [answer.status_code for answer in posted] == [404, 404]
    assert without_token(posted[0].text) == without_token(posted[1].text)
    assert fresh(desk, ticket).reply_count == 0


def test_addresses_that_no_request_has(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket(id=1)
    client = signed_in(desk.customer)
    assert client.get("/tickets/view/1").status_code == 200
    for path in ("1/x.css", "0", "-1", "1.0", "x", "9" * 18, "9" * 40, "1.css"):
        assert client.get(f"/tickets/view/{path}").status_code == 404, path


def test_an_agent_of_the_list_has_no_customers_page_of_it(desk: Desk, signed_in: SignedIn) -> None:
    assert signed_in(desk.agent).get(view(desk.ticket())).status_code == 404


def test_an_agents_own_request_shows_them_the_customers_face(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.make.allow(desk.list.customer_acl, desk.agent, 20)
    desk.make.allow(desk.location.acl, desk.agent, 10)
    ticket = desk.ticket(customer=desk.agent)
    desk.make.note(ticket, desk.colleague, "Secretword")
    assert "Secretword" not in signed_in(desk.agent).get(view(ticket)).text


def test_the_banner_says_how_it_stands(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()

    def shown() -> str:
        return signed_in(desk.customer).get(view(ticket)).text

    assert "We have received your request" in shown()
    tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    desk.make.reply(ticket, desk.agent)
    text = shown()
    assert "In progress: Mara is on it" in text
    assert "Tomás" not in text
    tickets.wait(desk.session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.later())
    assert "Your reply is needed" in shown()
    desk.make.response(ticket)
    assert "Your reply is needed" not in shown()
    set_state(desk, ticket, State.RESOLVED)
    assert "Answer below and it opens again" in shown()
    set_state(desk, ticket, State.CLOSED)
    assert ">Closed<" in shown()


def test_that_it_will_close_by_itself_is_told_before(desk: Desk, signed_in: SignedIn) -> None:
    desk.list.close_after_days = 7
    ticket = desk.ticket()
    set_state(desk, ticket, State.RESOLVED)
    assert "It closes by itself on 9 Mar 2026" in signed_in(desk.customer).get(view(ticket)).text


def test_words_files_and_public_acts_stand_in_their_order(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(details="First of all")
    desk.make.reply(ticket, desk.agent, "Then this")
    desk.make.response(ticket, "And that")
    set_state(desk, ticket, State.RESOLVED)
    text = signed_in(desk.customer).get(view(ticket)).text
    parts = ("First of all", "</b> started working", "Then this", "And that", "</b> resolved this")
    assert sorted(parts, key=text.index) == list(parts)


def test_a_response_is_added_with_files(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    answer = client.send(
        view(ticket), {"body": "Here **it** is", "attachments": [(BytesIO(b"abc"), "log.txt")]}
    )
    assert answer.status_code == 303
    text = client.get(answer.location).text
    assert "<strong>it</strong>" in text
    assert re.search(r'href="/attachments/\d+/log.txt"', text)
    assert fresh(desk, ticket).file_count == 1


def test_an_empty_response_is_refused_and_its_files_are_kept(
    desk: Desk, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    answer = client.send(view(ticket), body=" ")
    assert answer.status_code == 422
    assert "Please write something." in answer.text
    six = [(BytesIO(b"abc"), f"{number}.txt") for number in range(6)]
    answer = client.send(view(ticket), {"body": "My words", "attachments": six})
    assert answer.status_code == 422
    assert "At most 5 attachments." in answer.text
    assert "My words" in answer.text
    assert "4.txt" in answer.text
    assert fresh(desk, ticket).reply_count == 0


def test_the_same_key_adds_one_response(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    answers = [client.send(view(ticket), body="Once", idempotency_key="k") for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert fresh(desk, ticket).reply_count == 1


def test_answering_a_resolved_request_opens_it(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    set_state(desk, ticket, State.RESOLVED)
    signed_in(desk.customer).send(view(ticket), body="Not yet")
    assert fresh(desk, ticket).state == State.OPEN


def test_answering_what_was_closed_for_long_begins_a_linked_request(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.list.reopen_within_days = 5
    ticket = desk.ticket(subject="Old lamp")
    set_state(desk, ticket, State.CLOSED)
    client = signed_in(desk.customer)
    assert "This begins a new request" in client.get(view(ticket)).text
    answer = client.send(view(ticket), body="Dark again")
    new = int(re.findall(r"view/(\d+)", answer.location)[0])
    assert new != ticket.id
    text = client.get(answer.location).text
    assert f"This goes on as a new request, #{new}" in text
    assert f'href="/tickets/view/{ticket.id}">#{ticket.id}</a>' in text
    assert f'href="/tickets/view/{new}">#{new}</a>' in client.get(view(ticket)).text
    assert fresh(desk, ticket).state == State.CLOSED


def test_an_agents_link_to_another_request_is_not_told(desk: Desk, signed_in: SignedIn) -> None:
    one, other = desk.ticket(), desk.ticket()
    client = signed_in(desk.customer)
    client.get(view(one))  # from now on it says until when it was read
    before = without_key(client.get(view(one)).text)
    tickets.link(desk.session, desk.agent, one, other, now=desk.make.later())
    desk.session.commit()
    assert without_key(client.get(view(one)).text) == before


def without_key(text: str) -> str:
    return re.sub(r'(idempotency_key" type="hidden" value=")[^"]+', r"\1", without_token(text))


def test_an_update_keeps_the_earlier_text_in_sight(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="Lamp", details="Dark and *cold*")
    client = signed_in(desk.customer)
    path = f"/tickets/edit/{ticket.id}"
    assert "Dark and *cold*" in client.get(path).text
    answer = client.send(path, subject="Lamp two", details="Only dark")
    assert answer.location == view(ticket)
    text = client.get(view(ticket)).text
    assert "<b>You</b> changed the request" in text
    assert "Dark and <em>cold</em>" in text
    assert fresh(desk, ticket).summary == "Lamp two"


def test_an_update_of_an_old_page_loses_nothing(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="Lamp", details="Dark")
    client = signed_in(desk.customer)
    path = f"/tickets/edit/{ticket.id}"
    base = re.search(r'name="base" type="hidden" value="([^"]+)"', client.get(path).text)
    assert base
    tickets.edit(
        desk.session, desk.agent, ticket, subject="Lamp", details="By staff", now=desk.make.later()
    )
    desk.make.note(ticket, desk.agent)  # a note is no change of the text
    desk.session.commit()
    answer = client.send(path, subject="Lamp", details="By me", base=base[1])
    assert answer.status_code == 409
    assert "By me" in answer.text
    assert "By staff" in answer.text
    assert fresh(desk, ticket).description == "By staff"
    again = re.search(r'name="base" type="hidden" value="([^"]+)"', answer.text)
    assert again
    assert client.send(path, subject="Lamp", details="By me", base=again[1]).status_code == 303
    assert fresh(desk, ticket).description == "By me"


def test_what_is_closed_cannot_be_changed(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    set_state(desk, ticket, State.CLOSED)
    client = signed_in(desk.customer)
    assert "Update Request" not in client.get(view(ticket)).text
    assert client.get(f"/tickets/edit/{ticket.id}").status_code == 403
    assert client.send(f"/tickets/edit/{ticket.id}", subject="x", details="y").status_code == 403


def test_ones_own_words_can_be_put_right_while_unanswered(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    client.send(view(ticket), body="Wrnog")
    comment = desk.session.scalars(select(Comment)).one()
    desk.session.commit()
    path = f"/tickets/edit/{ticket.id}/responses/{comment.id}"
    assert path in client.get(view(ticket)).text
    assert "Wrnog" in client.get(path).text
    assert client.send(path, body="Right").status_code == 303
    text = client.get(view(ticket)).text
    assert "Right" in text
    assert "Earlier text" in text
    desk.session.rollback()
    desk.make.reply(fresh(desk, ticket), desk.agent)
    desk.session.commit()
    assert path not in client.get(view(ticket)).text
    assert client.send(path, body="Left").status_code == 403


def test_others_words_and_notes_cannot_be_changed(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    note = desk.make.note(ticket, desk.agent)
    reply = desk.make.reply(ticket, desk.agent)
    client = signed_in(desk.customer)
    path = f"/tickets/edit/{ticket.id}/responses"
    assert client.get(f"{path}/{note.id}").status_code == 404
    assert client.get(f"{path}/{reply.id}").status_code == 403


def test_a_long_thread_comes_in_stretches(desk: Desk, signed_in: SignedIn, monkeypatch) -> None:
    monkeypatch.setattr(thread, "SHOWN", 5)
    ticket = desk.ticket(details="The very first")
    for number in range(12):
        desk.make.response(ticket, f"Said {number}!")
    client = signed_in(desk.customer)

    def said(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"Said (\d+)!", text)]

    path, seen = view(ticket), []
    while path:
        text = client.get(path).text
        seen = said(text) + seen
        more = re.search(r'href="([^"]+before=\d+)"', text)
        path = more[1] if more else ""
    assert seen == list(range(12))
    assert "The very first" in text
    assert client.get(view(ticket) + "?before=99999999999999999999").status_code == 200
    assert client.get(view(ticket) + "?before=x").status_code == 200


def test_what_came_since_the_last_look_is_marked(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.customer)
    client.get(view(ticket))
    desk.make.reply(ticket, desk.agent)
    desk.session.commit()
    assert "New since you were here" in client.get(view(ticket)).text
    assert "New since you were here" not in client.get(view(ticket)).text


def test_colleagues_read_what_the_list_shares_and_cannot_answer(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.list.colleagues_see = True
    desk.customer.organisation = desk.stranger.organisation = "Maple"
    ticket = desk.ticket()
    client = signed_in(desk.stranger)
    text = client.get(view(ticket)).text
    assert 'name="body"' not in text
    assert "Update Request" not in text
    assert client.send(view(ticket), body="Me too").status_code == 403
    assert client.get(f"/tickets/edit/{ticket.id}").status_code == 403
    assert fresh(desk, ticket).reply_count == 0


def test_who_may_no_longer_submit_still_answers(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.allow(desk.list.customer_acl, desk.customer, 0)
    desk.make.allow(desk.location.acl, desk.customer, 0)
    client = signed_in(desk.customer)
    assert client.send(view(ticket), body="Still here").status_code == 303


def test_hot_pages_ask_the_database_little(
    desk: Desk, signed_in: SignedIn, database: Database
) -> None:
    ticket = desk.ticket()
    for _ in range(12):
        desk.make.reply(ticket, desk.agent)
        desk.make.response(ticket)
        desk.ticket()
    client = signed_in(desk.customer)
    client.get(view(ticket))

    def statements(path: str) -> int:
        asked: list[str] = []

        def listen(_connection, _cursor, statement, *_rest) -> None:
            if not statement.startswith(("BEGIN", "PRAGMA")):
                asked.append(statement)

        event.listen(database.engine, "before_cursor_execute", listen)
        try:
            assert client.get(path).status_code == 200
        finally:
            event.remove(database.engine, "before_cursor_execute", listen)
        return len(asked)

    assert statements("/tickets/my-tickets") <= 5
    assert statements("/tickets/my-tickets?q=tried&state=open") <= 5
    assert statements(view(ticket)) <= 9
    assert statements("/tickets/add") <= 5


def test_a_journal_of_thousands_does_not_lengthen_the_page(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    for number in range(300):
        desk.session.add(
            JournalEntry(
                at=desk.make.later(), act="edited", entity="task", entity_id=ticket.id,
                public=True, changes={"description": ["x" * 50_000 + str(number), "y"]},
            )
        )  # fmt: skip
    assert len(signed_in(desk.customer).get(view(ticket)).text) < 2_000_000


def test_a_foreign_response_page_is_not_found(desk: Desk, signed_in: SignedIn) -> None:
    ticket, other = desk.ticket(), desk.ticket(customer=desk.stranger)
    reply = conversation.respond(desk.session, desk.stranger, other, "Mine", now=desk.make.later())
    client = signed_in(desk.customer)
    assert client.get(f"/tickets/edit/{ticket.id}/responses/{reply.id}").status_code == 404
    assert PASSWORD not in client.get(view(ticket)).text
