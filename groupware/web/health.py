"""Is it alive, and is it ready? Both say no more than that."""

import tempfile

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from groupware import worker
from groupware.web.request import ANYONE, now, open_to, services, session

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@open_to(ANYONE)
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@open_to(ANYONE)
def readyz() -> ResponseReturnValue:
    """The database answers, the disk takes what is written, a worker was alive within a minute."""
    if database_answers() and disk_takes_writes():
        return jsonify(status="ok")
    return jsonify(status="unavailable"), 503


def database_answers() -> bool:
    try:
        session().execute(select(1))
        return worker.alive(session(), now())
    except SQLAlchemyError:
        session().rollback()
        return False


def disk_takes_writes() -> bool:
    try:
        with tempfile.TemporaryFile(dir=services().settings.data) as file:
            file.write(b"\0" * 4096)
            file.flush()
    except OSError:
        return False
    return True
