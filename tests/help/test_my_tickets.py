"""My Support Requests."""

from groupware.models import User
from modules.help import my_tickets
from modules.tasks import tickets
from modules.tasks.models import State, Waiting
from tests.conftest import SignedIn
from tests.factories import PASSWORD, Desk

PAGE = "/tickets/my-tickets"


def test_one_sees_only_ones_own_newest_activity_first(desk: Desk, signed_in: SignedIn) -> None:
    old, new = desk.ticket(subject="Old lamp"), desk.ticket(subject="New lamp")
    desk.ticket(subject="Foreign lamp", customer=desk.stranger)
    desk.make.reply(old, desk.agent)
    text = signed_in(desk.customer).get(PAGE).text
    assert "Foreign lamp" not in text
    assert text.index("Old lamp") < text.index("New lamp")
    assert new.id != old.id


def test_a_participant_sees_it_too(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket(subject="Shared lamp")
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    assert "Shared lamp" in signed_in(desk.stranger).get(PAGE).text


def test_an_agent_sees_their_own_there_and_not_those_they_work_on(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.ticket(subject="Customer's lamp")
    assert "Customer's" not in signed_in(desk.agent).get(PAGE).text


def test_who_has_not_asked_yet_is_led_to_the_form(desk: Desk, signed_in: SignedIn) -> None:
    text = signed_in(desk.customer).get(PAGE).text
    assert "You have not asked for anything yet" in text
    assert "/tickets/add" in text


def test_staff_without_requests_of_their_own_are_refused(desk: Desk, signed_in: SignedIn) -> None:
    person = desk.make.user(password=PASSWORD)
    assert signed_in(person).get(PAGE).status_code == 403


def in_each_state(desk: Desk) -> None:
    for state in State:
        ticket = desk.ticket(subject=f"It is {state.value}")
        tickets.set_state(desk.session, desk.agent, ticket, state, now=desk.make.later())
    cancelled = desk.ticket(subject="Closed unresolved")
    tickets.set_state(desk.session, desk.agent, cancelled, State.CLOSED, now=desk.make.later())


def test_filters_count_ones_own_and_show_what_they_say(desk: Desk, signed_in: SignedIn) -> None:
    in_each_state(desk)
    desk.ticket(customer=desk.stranger)
    desk.session.flush()
    assert my_tickets.counts(desk.session, desk.customer) == {
        None: 5,
        State.OPEN: 1,
        State.IN_PROGRESS: 1,
        State.RESOLVED: 1,
        State.CLOSED: 2,
    }
    text = signed_in(desk.customer).get(f"{PAGE}?state=resolved").text
    assert "It is resolved" in text
    assert "It is open" not in text
    assert "Closed unresolved" not in text


def test_counting_ends_at_a_thousand(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr(my_tickets, "MOST_COUNTED", 2)
    for _ in range(3):
        desk.ticket()
    assert my_tickets.counts(desk.session, desk.customer)[None] == 2


def found(desk: Desk, words: str, person: User | None = None) -> list[str]:
    desk.session.flush()
    page = my_tickets.page_of(desk.session, person or desk.customer, words=words)
    return [card.subject for card in page.cards]


def test_search_looks_into_subject_details_replies_and_numbers(desk: Desk) -> None:
    ticket = desk.ticket(subject="Broken LAMP", details="In the Überraum, 100% dark")
    desk.ticket(subject="Other")
    desk.make.reply(ticket, desk.agent, "Is the bulb tight?")
    for words in ("lamp", "dark broken", "bul", "überraum", "UBERRAUM", f"#{ticket.id}", "100%"):
        assert found(desk, words) == ["Broken LAMP"], words
    for words in ("lamp nonsense", "%", "_", "\\", "'", '"', "(", "#999999999999999999999"):
        assert found(desk, words) == [], words


def test_search_finds_no_note_and_nothing_of_others(desk: Desk) -> None:
    ticket = desk.ticket()
    desk.make.note(ticket, desk.agent, "Secretword")
    desk.ticket(customer=desk.stranger, subject="Elsewhere")
    assert found(desk, "Secretword") == []
    assert found(desk, "Elsewhere") == []


def test_nothing_found_says_so_and_leads_back(desk: Desk, signed_in: SignedIn) -> None:
    desk.ticket()
    text = signed_in(desk.customer).get(f"{PAGE}?q=nowhere+to+be+found").text
    assert "Nothing found" in text
    assert "Show all requests" in text


def test_an_unread_answer_stands_out_until_it_was_read(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent, "Which lamp\nis it?")
    client = signed_in(desk.customer)
    text = client.get(PAGE).text
    assert "New answer" in text
    assert "<b>Mara</b> replied: Which lamp is it?" in text
    client.get(f"/tickets/view/{ticket.id}")
    assert "New answer" not in client.get(PAGE).text


def test_what_waits_for_the_customer_says_so(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent)
    tickets.wait(desk.session, desk.agent, ticket, waiting=Waiting.CUSTOMER, now=desk.make.later())
    client = signed_in(desk.customer)
    client.get(f"/tickets/view/{ticket.id}")
    assert "Your reply is needed" in client.get(PAGE).text


def test_who_resolved_it_is_named_and_who_has_it_is_not(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    tickets.assign(desk.session, desk.agent, ticket, to=desk.colleague, now=desk.make.later())
    tickets.set_state(desk.session, desk.agent, ticket, State.RESOLVED, now=desk.make.later())
    text = signed_in(desk.customer).get(PAGE).text
    assert "<b>Mara</b> resolved this request" in text
    assert "Tomás" not in text


def test_pages_follow_each_other_without_gap_or_double(desk: Desk) -> None:
    made = [desk.ticket(subject=f"Number {n}") for n in range(2 * my_tickets.PAGE + 3)]
    for ticket in made[10:40]:
        ticket.public_modified = desk.make.now  # of the same moment as others
    desk.session.flush()

    def page(**place: my_tickets.Place | None) -> my_tickets.Page:
        return my_tickets.page_of(desk.session, desk.customer, **place)

    first = page()
    second = page(older=first.older)
    third = page(older=second.older)
    ids = [card.id for part in (first, second, third) for card in part.cards]
    assert ids == [ticket.id for ticket in made[::-1]]
    assert (first.newer, third.older) == (None, None)
    back = page(newer=third.newer)
    assert [card.id for card in back.cards] == [card.id for card in second.cards]
    assert [card.id for card in page(newer=back.newer).cards] == [card.id for card in first.cards]
    assert page(newer=back.newer).newer is None


def test_an_address_that_makes_no_sense_is_a_bad_request(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    for query in ("state=asleep", "older=x", "older=1", "newer=9-x", f"older={'9' * 60}-1"):
        assert client.get(f"{PAGE}?{query}").status_code == 400, query
    for query in (f"q={'x' * 5000}", "q=%00%EF%BF%BE", "older=0-0", f"older=5-{'9' * 40}"):
        assert client.get(f"{PAGE}?{query}").status_code == 200, query


def test_colleagues_requests_have_a_place_of_their_own_where_the_list_shares_them(
    desk: Desk, signed_in: SignedIn
) -> None:
    desk.customer.organisation = desk.stranger.organisation = "Maple"
    desk.ticket(subject="Her own lamp", customer=desk.stranger)
    desk.ticket(subject="His lamp")
    assert "My organisation" not in signed_in(desk.stranger).get(PAGE).text
    desk.list.colleagues_see = True
    client = signed_in(desk.stranger)
    text = client.get(PAGE).text
    assert "My organisation" in text
    assert "His lamp" not in text
    text = client.get(f"{PAGE}?of=organisation&state=open").text
    assert "His lamp" in text
    assert "<b>Samuel Adeyemi</b> asked for this" in text
    assert "Her own lamp" not in text


def test_nobody_else_has_a_place_for_colleagues(desk: Desk, signed_in: SignedIn) -> None:
    desk.list.colleagues_see = True
    desk.ticket(subject="His lamp")
    assert "His lamp" not in signed_in(desk.stranger).get(f"{PAGE}?of=organisation").text
