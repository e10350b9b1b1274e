"""People and groups in lists that do not end: searched, capped, paged by name."""

import re
from typing import Any

from flask import request
from sqlalchemy import ColumnElement, Row, Select, or_, select, tuple_
from sqlalchemy.orm import aliased

from groupware.models import Address, Group, GroupKind, User
from groupware.web.request import session

PAGE = 50
MOST_FOUND = 20
LONGEST_SEARCH = 200


def sought() -> str:
    """What is searched for, by the address."""
    return " ".join(request.args.get("q", "").split())[:LONGEST_SEARCH]


def after() -> int | None:
    """The id of the last row of the page before, by the address."""
    return number(request.args.get("after"))


def number(text: str | None) -> int | None:
    """An id that was typed or sent; None for whatever cannot be one."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def people_like(text: str) -> Select[User]:
    """People whose name, or one of whose addresses, holds this text."""
    query = select(User)
    if text:
        addressed = select(Address.user_id).where(_in_address(text))
        query = query.where(or_(User.name.icontains(text, autoescape=True), User.id.in_(addressed)))
    return query


def by_name(query: Select[Any], model: Any) -> tuple[list[Any], int | None]:
    """A page of rows in the order of their names, and the id after which the next one begins."""
    query = query.order_by(model.name, model.id)
    if (last := after()) is not None:
        name = session().scalar(select(model.name).where(model.id == last)) or ""
        query = query.where(tuple_(model.name, model.id) > (name, last))
    rows = list(session().scalars(query.limit(PAGE + 1)))
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def to_pick(text: str, *, people_only: bool = False) -> list[Row[Any]]:
    """Groups and active people that somebody may mean: id, name, kind, address; at most 20."""
    first = aliased(Address)
    query = (
        select(Group.id, Group.name, Group.kind, Group.user_id, first.address)
        .outerjoin(User, User.id == Group.user_id)
        .outerjoin(
            first,
            first.id
            == select(Address.id)
            .where(Address.user_id == Group.user_id)
            .order_by(Address.id)
            .limit(1)
            .correlate(Group)
            .scalar_subquery(),
        )
        .where(or_(Group.user_id.is_(None), User.active))
    )
    if people_only:
        query = query.where(Group.kind == GroupKind.PERSONAL)
    if text:
        addressed = select(Address.user_id).where(_in_address(text))
        query = query.where(
            or_(Group.name.icontains(text, autoescape=True), Group.user_id.in_(addressed))
        )
    query = query.order_by(Group.user_id.is_not(None), Group.name, Group.id)
    return list(session().execute(query.limit(MOST_FOUND + 1)))


def _in_address(text: str) -> ColumnElement[bool]:
    # Colleagues share what stands behind the @: it tells them apart only where it is typed too.
    if "@" in text:
        return Address.folded.contains(text.casefold(), autoescape=True)
    escaped = re.sub(r"([/%_])", r"/\1", text.casefold())
    return Address.folded.like(f"%{escaped}%@%", escape="/")
