"""Files in forms. A view that takes them says so, and asks for them:

    @blueprint.post("/tickets/add")
    @open_to(CREATE_TICKETS)
    @takes_files
    def add() -> ResponseReturnValue:
        form = NewRequest()
        if form.validate():
            with refusals(form):
                ticket = tickets.file(..., files=received())
                return see_other(".view", ticket_id=ticket.id)
        return page("help/add.html", 422, form=form, uploads=kept())

Each file is an upload as soon as it has arrived, before the view starts. So it is still there
when the form comes back with an error: the template gives `kept()` to the `file_drop` macro.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from flask import g, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from groupware import uploads
from groupware.errors import Invalid
from groupware.models import Upload, User
from groupware.secrets import hash_of
from groupware.web.request import actor, now, services, session

LARGEST_BODY = 52 * 1024 * 1024
NAME = "attachments"
TOKENS = "uploads"

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class KeptFile:
    """A file that has arrived, as a form shows it: the token goes along when it is sent again."""

    token: str
    name: str
    size: int


@dataclass
class _Arrived:
    files: list[tuple[KeptFile, Upload]]
    problems: list[str]


def takes_files(view: View) -> View:
    """Let this view take a body of files, and keep them before it starts. Below `open_to`."""
    return takes_files_up_to(uploads.LARGEST_FILE)(view)


def takes_files_up_to(largest: int) -> Callable[[View], View]:
    """The same for a view whose single files may be of this size, five of 10 MB together."""

    def declare(view: View) -> View:
        @wraps(view)
        def taking(*args: Any, **values: Any) -> Any:
            if request.method == "POST":
                g.largest_file = largest
                _arrived()
            return view(*args, **values)

        return sized_for_files(cast("View", taking))

    return declare


def sized_for_files(view: View) -> View:
    """Let this view take a body that is large enough for five files."""
    view.largest_body = LARGEST_BODY  # type: ignore[attr-defined]
    return view


def received(form_name: str = NAME) -> list[Upload]:
    """The files of this form, those of an earlier try first; raises Invalid(attachments=...)."""
    arrived = _arrived(form_name)
    if arrived.problems:
        raise Invalid(attachments=" ".join(arrived.problems))
    return [upload for _, upload in arrived.files]


def kept() -> list[KeptFile]:
    """What has arrived with this form, to be shown when it comes back."""
    return [] if "arrived" not in g else [file for file, _ in _arrived().files]


def problems() -> list[str]:
    """What is wrong with the files of this form, for forms that show it themselves."""
    return [] if "arrived" not in g else _arrived().problems


def keep(session: Session, user: User, file: FileStorage) -> tuple[KeptFile, Upload]:
    """Keep one file for a day; raises Invalid where it is too large."""
    token, upload = uploads.receive(
        session,
        services().blobs,
        user,
        name=file.filename or "",
        stream=cast("Any", file.stream),
        declared_type=file.content_type or "",
        largest=g.get("largest_file", uploads.LARGEST_FILE),
        now=now(),
    )
    return KeptFile(token, upload.name, upload.size), upload


def _arrived(form_name: str = NAME) -> _Arrived:
    if "arrived" not in g:
        g.arrived = _take(form_name)
    return cast("_Arrived", g.arrived)


def _take(form_name: str) -> _Arrived:
    tokens = list(dict.fromkeys(request.form.getlist(TOKENS)))[: 2 * uploads.MOST_FILES]
    earlier = uploads.named(session(), actor(), tokens, now=now())
    hashes = {hash_of(token): token for token in tokens}
    arrived = _Arrived(
        [(KeptFile(hashes[each.token_hash], each.name, each.size), each) for each in earlier],
        [],
    )
    for file in request.files.getlist(form_name):
        if not file.filename:
            continue  # the field was left empty
        if len(arrived.files) >= uploads.MOST_FILES:
            arrived.problems.append(f"At most {uploads.MOST_FILES} attachments.")
            break
        try:
            arrived.files.append(keep(session(), actor(), file))
        except Invalid as refusal:
            arrived.problems.append(refusal.message)
    return arrived
