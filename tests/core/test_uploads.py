"""Files in forms: kept as they arrive, refused with a reason, still there after an error."""

import re
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import InputRequired

from groupware.blobs import Folder
from groupware.models import Upload, User
from groupware.uploads import LARGEST_FILE
from groupware.web.request import CREATE_TICKETS, open_to, refusals
from groupware.web.uploading import kept, received, takes_files
from tests.conftest import SignedIn
from tests.factories import Desk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


class Form(FlaskForm):
    subject = StringField("Subject", [InputRequired("Subject is required.")])


@pytest.fixture
def form_view(app: Flask) -> None:
    """A form with files, as the pages have it."""

    @app.route("/try-files", methods=["GET", "POST"])
    @open_to(CREATE_TICKETS)
    @takes_files
    def try_files() -> Any:
        form = Form()
        if form.validate_on_submit():
            with refusals(form):
                files = received()
                return ",".join(f"{file.name}:{file.content_type}:{file.size}" for file in files)
        names = [f"{file.token} {file.name}" for file in kept()]
        return "\n".join([*map(str, form.errors.values()), *form.form_errors, *names]), 422


def file(size: int = 3, name: str = "notes.txt") -> tuple[BytesIO, str]:
    return BytesIO(b"a" * size), name


def tokens_in(text: str) -> list[str]:
    return re.findall(r"^([\w-]{43}) ", text, re.MULTILINE)


def test_a_file_is_sent_ahead_and_named_by_a_token(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    answer = client.send("/uploads", file=(BytesIO(PNG), "../../etc/shot\u202e.png"))
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["name"], told["size"]) == ("shot.png", len(PNG))
    upload = desk.session.scalars(select(Upload)).one()
    assert (upload.content_type, upload.user_id) == ("image/png", desk.customer.id)


def test_ten_megabytes_are_taken_and_one_byte_more_is_not(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    assert client.send("/uploads", file=file(LARGEST_FILE)).status_code == 201
    answer = client.send("/uploads", file=file(LARGEST_FILE + 1, "film.mov"))
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == {"attachments": ["film.mov is larger than 10 MB."]}


def test_a_body_beyond_the_limit_is_413(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    assert client.send("/uploads", file=file(53 * 1024 * 1024)).status_code == 413
    assert client.send("/preview", body="a" * 1_100_000).status_code == 413


def test_a_stranger_may_not_even_send_a_large_body(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(None)
    assert client.send("/uploads", file=file(2_000_000)).status_code == 413
    assert client.send("/uploads", file=file(20)).status_code == 401


def test_a_request_without_a_file_says_so(desk: Desk, signed_in: SignedIn) -> None:
    answer = signed_in(desk.customer).send("/uploads", name="x")
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


@pytest.mark.usefixtures("form_view")
def test_five_files_are_taken_and_a_sixth_is_refused(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    five = [file(number + 1, f"{number}.txt") for number in range(5)]
    answer = client.send("/try-files", subject="x", attachments=five)
    assert answer.text.count(":text/plain:") == 5
    six = [file(number + 1, f"{number}.txt") for number in range(6)]
    answer = client.send("/try-files", subject="x", attachments=six)
    assert answer.status_code == 422
    assert "At most 5 attachments." in answer.text


@pytest.mark.usefixtures("form_view")
def test_files_survive_an_error_of_the_form(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    answer = client.send("/try-files", subject="", attachments=[file(), file(9, "b.txt")])
    assert answer.status_code == 422
    tokens = tokens_in(answer.text)
    assert len(tokens) == 2
    answer = client.send("/try-files", subject="x", uploads=tokens, attachments=[file(5, "c.txt")])
    assert answer.text == "notes.txt:text/plain:3,b.txt:text/plain:9,c.txt:text/plain:5"


@pytest.mark.usefixtures("form_view")
def test_good_files_survive_a_bad_one(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.customer)
    files = [file(), file(LARGEST_FILE + 1, "film.mov")]
    answer = client.send("/try-files", subject="x", attachments=files)
    assert answer.status_code == 422
    assert "film.mov is larger than 10 MB." in answer.text
    answer = client.send("/try-files", subject="x", uploads=tokens_in(answer.text))
    assert answer.text == "notes.txt:text/plain:3"


@pytest.mark.usefixtures("form_view")
def test_somebody_elses_upload_is_not_found(desk: Desk, signed_in: SignedIn) -> None:
    token = signed_in(desk.customer).send("/uploads", file=file()).get_json()["token"]
    answer = signed_in(desk.stranger).send("/try-files", subject="x", uploads=[token, "guess"])
    assert answer.text == ""


@pytest.mark.usefixtures("form_view")
def test_a_full_disk_is_503_and_leaves_nothing(
    desk: Desk, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(desk.customer)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("groupware.blobs.os.fsync", full)
    answer = client.send("/uploads", file=file())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert client.send("/try-files", subject="x", attachments=[file()]).status_code == 503
    assert rows(desk.session) == 0
    monkeypatch.undo()
    assert client.send("/uploads", file=file()).status_code == 201


def rows(session: Session) -> int:
    found = session.scalars(select(func.count()).select_from(Upload)).one()
    session.rollback()  # or this session would keep the right to write
    return found


def test_a_preview_is_what_will_be_read(desk: Desk, signed_in: SignedIn) -> None:
    client = signed_in(desk.agent)
    answer = client.send("/preview", body="**now** <script>alert(1)</script>")
    assert (
        answer.text.strip() == "<p><strong>now</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    nobody: User = desk.make.user(password="correct horse battery")
    assert signed_in(nobody).send("/preview", body="x").status_code == 403


def test_blobs_lie_in_the_data_folder(desk: Desk, signed_in: SignedIn, app: Flask) -> None:
    signed_in(desk.customer).send("/uploads", file=file())
    store = app.extensions["groupware"].blobs
    assert isinstance(store, Folder)
    assert store.exists(desk.session.scalars(select(Upload.sha256)).one())
