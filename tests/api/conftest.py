"""Programs that ask the API with somebody's token."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from groupware import tokens
from groupware.models import TokenKind, User
from tests.factories import NOON

Ask = Callable[..., TestResponse]


@pytest.fixture
def program(app: Flask, session: Session) -> Callable[[User], Ask]:
    """`ask = program(user)`; `ask("GET", "/me")` answers as their script would be."""

    def of(user: User) -> Ask:
        secret = tokens.give(session, user, user, TokenKind.API, name="", now=NOON)
        session.commit()

        def ask(method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
            headers = {"Authorization": f"Bearer {secret}", **options.pop("headers", {})}
            if body is not None:
                options["json"] = body
            path = path if path.startswith("/api") else f"/api/v1{path}"
            client = app.test_client()
            return client.open(path, method=method, headers=headers, buffered=True, **options)

        return ask

    return of


def version(ask: Ask, path: str) -> dict[str, str]:
    """The header that says which version is changed."""
    return {"If-Match": ask("GET", path).headers["ETag"]}
