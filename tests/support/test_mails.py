"""The mail behind a message: as it came, as it looked, what of it is quoted, and who is shown it."""

import re
from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path

import pytest

from groupware.config import Settings
from groupware.database import Database
from modules.tasks import tickets
from modules.tasks.letters.thread import before
from modules.tasks.models import Comment, Task
from tests.conftest import SignedIn
from tests.factories import Desk, Make
from tests.mailing import ADDRESS, Post, mail, post_to
from tests.tasks.test_files_served import png

HTML = (
    '<p onclick="alert(1)">Look: <a href="javascript:alert(1)">here</a>'
    '<img src="https://spy.example/p.gif" width="1"><img src="//spy.example/q.gif">'
    '<img src="http://spy.example/r.gif"><style>p{background:url(//spy.example)}</style></p>'
    "<script>alert(1)</script><svg onload=alert(1)></svg><iframe src=//spy.example></iframe>"
    "<form action=//spy.example><input name=x></form><meta http-equiv=refresh content=0>"
)
QUOTING = "Thank you.\n\nOn Mon, 2 Mar 2026 at 10:00 Maple <m@x.example> wrote:\n> Try it again.\n"


@pytest.fixture
def post(desk: Desk, make: Make, database: Database, settings: Settings) -> Post:
    return post_to(make, database, Path(settings.blob_url.removeprefix("file://")), desk.list)


def test_a_mail_is_saved_as_it_came_and_shown_without_what_it_could_do(
    post: Post, desk: Desk, signed_in: SignedIn
) -> None:
    customer, outsider, agent = (
        signed_in(each) for each in (desk.customer, desk.outsider, desk.agent)
    )
    raw = mail(desk.customer, HTML).replace(b"text/plain", b"text/html", 1)
    first = desk.ticket().id
    number = post.journal(raw)
    other = post.process(number).ticket
    path = f"/support/tickets/{other}/mails/{number}"
    original = agent.get(f"{path}/original")
    assert original.data == raw
    assert original.mimetype == "application/octet-stream"
    assert original.headers["Content-Disposition"] == f'attachment; filename="mail-{number}.eml"'
    assert original.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    shown = agent.get(f"{path}/html")
    assert shown.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; img-src data:; sandbox"
    )
    for word in (
        "<script",
        "alert",
        "onclick",
        "svg",
        "iframe",
        "<form",
        "<meta http",
        "style",
        "spy.",
    ):
        assert word not in shown.text, word
    asked = agent.get(f"{path}/html?pictures=1")
    assert "img-src data: https:;" in asked.headers["Content-Security-Policy"]
    assert asked.text.count("spy.example") == 1, "by https, or not at all"
    for response in (original, shown, asked):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in response.headers["Cache-Control"]
    for door in ("original", "html", "html?pictures=1"):
        assert customer.get(f"{path}/{door}").status_code == 403
        assert outsider.get(f"{path}/{door}").status_code == 404
        elsewhere = f"/support/tickets/{first}/mails/{number}/{door}"
        assert agent.get(elsewhere).status_code == 404, "not of that ticket"


def test_pictures_that_a_mail_brings_along_stand_in_its_text(
    post: Post, desk: Desk, signed_in: SignedIn
) -> None:
    agent, letter = signed_in(desk.agent), EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = desk.customer.address, ADDRESS, "Look"
    letter.set_content(
        '<p><img src="cid:good@x"><img src="CID:%67ood%40x"><img src="cid:bad@x"><img src="cid:?">'
        '<img src="data:image/svg+xml,<svg/>"><a href="cid:good@x">x</a></p>',
        subtype="html",
    )
    letter.add_related(png(), "image", "png", cid="<good@x>", filename="a.png")
    letter.add_related(b"<svg onload=alert(1)/>", "image", "png", cid="<bad@x>", filename="b.png")
    number = post.journal(bytes(letter))
    path = f"/support/tickets/{post.process(number).ticket}/mails/{number}/html"
    shown = agent.get(path)
    assert shown.text.count(f'src="data:image/png;base64,{b64encode(png()).decode()}"') == 2
    assert shown.text.count("data:") == 2
    assert "svg" not in shown.text


def test_what_is_quoted_is_folded_for_customers_too_who_learn_nothing_else_of_the_mail(
    post: Post, desk: Desk, signed_in: SignedIn
) -> None:
    agent, customer = signed_in(desk.agent), signed_in(desk.customer)
    here = desk.ticket().id
    to = post.room.marks.answer_address(ADDRESS, here)
    post(mail(desk.customer, QUOTING, to=to))
    for client, address, told in (
        (agent, f"/support/tickets/{here}", True),
        (customer, f"/tickets/view/{here}", False),
    ):
        page = client.get(address).text
        folded = page.split('<details class="fold"><summary>')[1].split("</details>")[0]
        assert "Quoted text" in folded
        assert "Try it again." in folded
        assert "Thank you." not in folded
        assert ("Why is this mail here?" in page, "/original" in page) == (told, told)


def test_a_message_id_of_another_mail_is_marked_and_who_else_got_it_told(
    post: Post, desk: Desk, signed_in: SignedIn
) -> None:
    agent, writer = signed_in(desk.agent), f"Sam <{desk.customer.address}>"
    same = {"message_id": "<same@home.example>"}
    post(mail(writer, "The first.", **same))
    post(b"Received: by another way\n" + mail(writer, "The first.", **same))  # a duplicate
    marked = post(mail(writer, "Something else.", **same)).ticket
    others = "Cc: Zoe@x.example, support+t1@maple.example, z@x.example, " + writer
    alone = post(mail(writer, "Alone.", headers=others)).ticket
    for number, told in ((marked, True), (alone, False)):
        page = agent.get(f"/support/tickets/{number}").text
        assert ("Another mail came with the same Message-ID" in page) == told
        assert ("It also went to zoe@x.example, z@x.example. " in page) != told


def test_a_mail_that_is_split_off_keeps_its_place_and_its_answers(
    post: Post, desk: Desk, make: Make, signed_in: SignedIn
) -> None:
    client, writer = signed_in(desk.agent), f"Sam <{desk.customer.address}>"
    session, ticket = desk.session, desk.ticket()
    to = post.room.marks.answer_address(ADDRESS, ticket.id)
    raw = mail(writer, "By the way: the lamp.", to=to, message_id="<lamp@home.example>")
    comment = session.get_one(Comment, post(raw).comment or 0)
    made = tickets.split(session, desk.agent, comment, subject="Lamp", now=make.later())
    old, new = ticket.id, made.id
    more = post(mail(writer, "It hums.", headers="In-Reply-To: <lamp@home.example>"))
    assert more.ticket == new
    page = client.get(f"/support/tickets/{new}").text
    assert "Why is this mail here?" in page
    assert f'href="/support/tickets/{new}/merge?into={old}"' in page
    assert client.get(f"/support/tickets/{new}/merge?into={old}").status_code == 200
    assert client.send(f"/support/tickets/{new}/merge", into=str(old)).status_code == 303
    back = post(mail(writer, "And flickers.", headers="In-Reply-To: <lamp@home.example>"))
    assert back.ticket == old


def test_mails_of_a_merged_ticket_go_over_with_what_is_told_of_them_and_come_back(
    post: Post, desk: Desk, make: Make, signed_in: SignedIn
) -> None:
    client, writer = signed_in(desk.agent), f"Sam <{desk.customer.address}>"
    session, into = desk.session, desk.ticket()
    source = session.get_one(Task, post(mail(writer, QUOTING)).ticket or 0)
    to = post.room.marks.answer_address(ADDRESS, source.id)
    post(mail(writer, "It hums.", to=to, message_id="<hum@home.example>"))

    def told(ticket: Task) -> tuple[str, list[str]]:
        page = client.get(f"/support/tickets/{ticket.id}").text
        folded = re.findall(r"<span>(Quoted text|Why is this mail here\?)</span>", page)
        session.expire_all()
        address = [desk.customer.address]
        return before(session, ticket, addresses=address, recipient="").in_reply_to, folded

    first = told(source)
    assert first == ("hum@home.example", ["Quoted text", *["Why is this mail here?"] * 2])
    tickets.merge(session, desk.agent, source, into, now=make.later())
    session.commit()
    assert told(into) == first
    tickets.unmerge(session, desk.agent, source, into, now=make.later())
    session.commit()
    assert told(source) == first
    assert told(into)[1] == []
