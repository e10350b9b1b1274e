"""Phones of the people of a desk."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from groupware.models import User
from tests.factories import Desk
from tests.tasks.dav.phone import Phone


@pytest.fixture
def phone_of(app: Flask, session: Session) -> Callable[[User], Phone]:
    return lambda user: Phone(app, session, user)


@pytest.fixture
def phone(desk: Desk, phone_of: Callable[[User], Phone]) -> Phone:
    """The agent's."""
    return phone_of(desk.agent)
