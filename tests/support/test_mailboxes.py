"""Mailboxes and quarantine, as managers see them."""

import io
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.mailboxes.models import InboundMail, Mailbox, Stage
from groupware.models import JournalEntry
from groupware.sealed import Seal
from modules.tasks.mail.models import Unknown
from modules.tasks.models import Task
from tests.conftest import SignedIn
from tests.factories import Desk, Make
from tests.mailing import Post, mail, post_to

FORM = {
    "name": "Support", "address": "Support@maple.example", "protocol": "imap", "host": "127.0.0.1",
    "port": "9", "tls": "plain", "folder": "INBOX", "user": "u", "auth": "password",
    "secret": "hidden-word", "after": "flag", "smtp_port": "587", "smtp_tls": "starttls",
    "smtp_auth": "password", "unknown": "contact", "location_id": "0", "register_group_id": "0",
}  # fmt: skip


def test_a_mailbox_is_made_and_its_secret_never_shown(
    signed_in: SignedIn, desk: Desk, session: Session, settings
) -> None:
    client = signed_in(desk.manager)
    form = {**FORM, "task_list_id": str(desk.list.id)}
    assert client.send("/settings/mailboxes/add", **form).status_code == 303
    mailbox = session.scalars(select(Mailbox)).one()
    assert mailbox.address == "support@maple.example"
    assert "hidden-word" not in mailbox.sealed_secret
    assert Seal(settings.secret_key).open(mailbox.sealed_secret) == "hidden-word"
    session.commit()
    path = f"/settings/mailboxes/{mailbox.id}"
    page = client.get(path).text
    assert "hidden-word" not in page
    assert mailbox.sealed_secret not in page
    base = page.split('name="base" value="')[1].split('"')[0]
    changed = {**form, "name": "Help", "secret": "", "base": base}
    assert client.send(path, **changed).status_code == 303
    session.expire_all()
    assert (mailbox.name, Seal(settings.secret_key).open(mailbox.sealed_secret)) == (
        "Help",
        "hidden-word",
    )
    said = session.scalars(select(JournalEntry).where(JournalEntry.entity == "mailbox")).all()
    assert [each.act for each in said] == ["created", "changed"]
    assert "hidden-word" not in str([each.changes for each in said])
    session.commit()
    assert client.send(path, **changed).status_code == 409, "somebody else has saved"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"address": "nobody"}, "Please enter an e-mail address"),
        ({"address": "samuel"}, "A person here has this address"),
        ({"host": ""}, "Please enter the server"),
        ({"host": "mail.example.org"}, "would go out in the clear"),
        ({"port": "0"}, "from 1 to 65535"),
        ({"aliases": "x"}, "x is no e-mail address"),
        ({"unknown": "register"}, "Please choose the group"),
        ({"unknown": "register", "register_group_id": "powerful"}, "may do more than ask"),
        ({"task_list_id": "999"}, "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    signed_in: SignedIn, desk: Desk, make: Make, wrong: dict[str, str], said: str
) -> None:
    powerful = make.group("manage_tickets", name="Agents")
    values = {**FORM, "task_list_id": str(desk.list.id), "from_name": "Kept & typed", **wrong}
    if values["address"] == "samuel":
        values["address"] = desk.customer.address.upper()
    if values["register_group_id"] == "powerful":
        values["register_group_id"] = str(powerful.id)
    answer = signed_in(desk.manager).send("/settings/mailboxes/add", **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Kept &amp; typed" in answer.text


def test_the_test_of_a_connection_is_no_port_scanner(signed_in: SignedIn, desk: Desk) -> None:
    form = {**FORM, "task_list_id": str(desk.list.id)}
    manager = signed_in(desk.manager)
    path = manager.send("/settings/mailboxes/add", **form).location
    manager.send(f"{path}/test")
    assert "could not be reached, or did not let us in" in manager.get(path).text
    administrator = signed_in(desk.administrator)
    administrator.send(f"{path}/test")
    page = administrator.get(path).text
    assert "Coming in: Nothing listens there: look at server and port. It says:" in page
    base = page.split('name="base" value="')[1].split('"')[0]
    out = {"protocol": "none", "smtp_host": "127.0.0.1", "smtp_port": "9", "smtp_tls": "plain"}
    assert manager.send(path, **{**form, **out, "base": base}).status_code == 303
    administrator.send(f"{path}/test")
    page = administrator.get(path).text
    assert "Going out: 127.0.0.1:9 cannot be reached: Nothing listens there" in page
    assert "Coming in:" not in page
    tries = [manager.send(f"{path}/test").status_code for _ in range(10)]
    assert tries == [303] * 9 + [429]


@pytest.mark.parametrize(
    ("elsewhere", "asked"),
    [
        ({"host": "localhost"}, "secret"),
        ({"port": "10"}, "secret"),
        ({"smtp_host": "::1"}, "smtp_secret"),
        ({"smtp_tls": "tls"}, "smtp_secret"),
        ({"host": "localhost", "auth": "xoauth2"}, ""),
        ({"smtp_host": ""}, ""),
    ],
)
def test_a_kept_secret_is_given_to_no_other_server(
    signed_in: SignedIn, desk: Desk, session: Session, database: Database,
    elsewhere: dict[str, str], asked: str,
) -> None:  # fmt: skip
    manager = signed_in(desk.manager)
    outgoing = {"smtp_host": "127.0.0.1", "smtp_tls": "plain", "smtp_secret": "another-word"}
    form = {**FORM, **outgoing, "task_list_id": str(desk.list.id)}
    path = manager.send("/settings/mailboxes/add", **form).location
    base = manager.get(path).text.split('name="base" value="')[1].split('"')[0]
    with database.writing() as writing:
        writing.execute(
            update(Mailbox).values(last_error="It said no.", last_error_at=desk.make.now)
        )
    silent = {**form, "secret": "", "smtp_secret": "", "base": base, **elsewhere}
    answer = manager.send(path, **silent)
    if asked:
        assert answer.status_code == 422
        assert "enter the password again" in answer.text
        assert manager.send(path, **{**silent, asked: "typed anew"}).status_code == 303
    else:
        assert answer.status_code == 303
        mailbox = session.scalars(select(Mailbox)).one()
        gone = "sealed_smtp_secret" if "smtp_host" in elsewhere else "sealed_secret"
        assert getattr(mailbox, gone) == ""
        # What was said of one server says nothing of another.
        assert mailbox.last_error == ("It said no." if "smtp_host" in elsewhere else "")


@pytest.fixture
def post(desk: Desk, make: Make, database: Database, settings) -> Post:
    folder = Path(settings.blob_url.removeprefix("file://"))
    return post_to(make, database, folder, desk.list, unknown=Unknown.QUARANTINE)


def test_what_is_held_back_is_seen_and_let_go(
    post: Post, signed_in: SignedIn, desk: Desk, session: Session
) -> None:
    client = signed_in(desk.manager)
    raw = mail("who@else.example", "<script>alert(1)</script>", subject="<b>Hello</b>")
    held, other = post.journal(raw), post.journal(mail("x@else.example", "Other"))
    pages = "/settings/mailboxes", f"/settings/mailboxes/{post.mailbox.id}"
    about = [client.get(path).text.count("2 here, about to become tickets") for path in pages]
    assert about == [1, 1]
    post.process(held)
    post.process(other)
    assert "about to become tickets" not in client.get(pages[0]).text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in client.get("/settings/quarantine").text
    page = client.get(f"/settings/quarantine/{held}").text
    assert "Its sender is not registered." in page
    assert "<script>alert" not in page
    original = client.get(f"/settings/quarantine/{held}/original")
    assert original.data == raw
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert client.send(f"/settings/quarantine/{held}/release").status_code == 303
    assert client.send(f"/settings/quarantine/{other}/reject").status_code == 303
    assert post.process(held).became == "ticket"
    assert post.row(other).stage == Stage.REJECTED
    session.commit()
    assert client.send(f"/settings/quarantine/{held}/release").status_code == 303
    assert len(session.scalars(select(Task)).all()) == 1, "released once"


def test_only_managers_see_mailboxes_and_quarantine(
    post: Post, signed_in: SignedIn, desk: Desk
) -> None:
    clients = [signed_in(person) for person in (desk.customer, desk.agent)]
    held = post.journal(mail("who@else.example"))
    post.process(held)
    for client in clients:
        for path in ("/settings/mailboxes", "/settings/quarantine", f"/settings/quarantine/{held}",
                     f"/settings/quarantine/{held}/original", "/settings/mailboxes/add"):  # fmt: skip
            assert client.get(path).status_code == 403, path


def test_an_agent_brings_a_mail_in_as_a_file(
    post: Post, signed_in: SignedIn, desk: Desk, session: Session, database: Database
) -> None:
    path, number = "/support/mail/add", str(post.mailbox.id)
    customer, outsider, client = (
        signed_in(person) for person in (desk.customer, desk.outsider, desk.agent)
    )
    raw = mail("samuel@else.example", "As a file.")
    assert client.send(path, mailbox=number).status_code == 422
    data = {"mailbox": number, "file": (io.BytesIO(raw), "mail.eml")}
    assert client.send(path, data).status_code == 303
    row = session.scalars(select(InboundMail)).one()
    post.process(row.id)
    assert post.row(row.id).stage == Stage.QUARANTINED
    session.commit()
    data = {"mailbox": number, "file": (io.BytesIO(raw), "mail.eml")}
    assert outsider.send(path, data).status_code == 422, "not a list of theirs"
    assert customer.get(path).status_code == 403
