"""Files of tickets, served to whoever may see the part of the ticket that they belong to."""

import logging
from typing import BinaryIO

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import (
    RequestedRangeNotSatisfiable,
    ServiceUnavailable,
    UnsupportedMediaType,
)
from werkzeug.utils import send_file
from werkzeug.wrappers import Response

from groupware.errors import NotFound
from groupware.pictures import previewable
from groupware.web.request import (
    CREATE_TICKETS,
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    one,
    open_to,
    services,
)
from modules.tasks.models import Attachment
from modules.tasks.queries import files_visible_to

log = logging.getLogger(__name__)
blueprint = Blueprint("files", __name__)

# Whatever a file is, it opens without scripts, forms, storage or a way back to this site.
SANDBOX = "default-src 'none'; sandbox"


@blueprint.get("/attachments/<int:attachment_id>/<name>")
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def attachment(attachment_id: int, name: str) -> ResponseReturnValue:
    """The file, to be saved."""
    return send(_found(attachment_id, name))


@blueprint.get("/attachments/<int:attachment_id>/preview/<name>")
@open_to(CREATE_TICKETS, MANAGE_TICKETS, MANAGE_SUPPORT)
def preview(attachment_id: int, name: str) -> ResponseReturnValue:
    """The file, to be looked at: a picture of at most 20 megapixels, as its bytes tell."""
    found = _found(attachment_id, name)
    stream = _opened(found)
    kind = previewable(stream)
    if kind is None:
        stream.close()
        raise UnsupportedMediaType
    return _sent(found, stream, kind, as_attachment=False)


def send(found: Attachment) -> Response:
    """A file that was found through visibility, to be saved."""
    return _sent(found, _opened(found), "application/octet-stream", as_attachment=True)


def _found(attachment_id: int, name: str) -> Attachment:
    found = one(files_visible_to(actor()).where(Attachment.id == attachment_id))
    if found.name != name:
        raise NotFound
    return found


def _opened(found: Attachment) -> BinaryIO:
    try:
        return services().blobs.open(found.sha256)
    except OSError as error:
        log.exception("the bytes of attachment %s cannot be read", found.id)
        raise ServiceUnavailable from error


def _sent(found: Attachment, stream: BinaryIO, kind: str, *, as_attachment: bool) -> Response:
    """Answer with the bytes, or a part of them; who may see them was judged before."""
    answer = send_file(
        stream,
        request.environ,
        mimetype=kind,
        as_attachment=as_attachment,
        download_name=found.name,
        conditional=False,
        etag=found.sha256,
    )
    answer.call_on_close(stream.close)
    answer.content_length = found.size
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Cache-Control"] = "no-store"
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=found.size)
    except RequestedRangeNotSatisfiable:
        stream.close()
        raise
    return answer
