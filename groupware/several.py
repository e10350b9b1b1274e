"""Several small queries in one statement: what a page needs besides, without a journey for each.

COMPANY = Several(people=select(User.id, User.name), pages=select(WebLink.url))
COMPANY.fetch(session)["people"][0].name
"""

from collections import namedtuple
from typing import Any

from sqlalchemy import SmallInteger, cast, literal, null, select, union_all
from sqlalchemy.orm import Session


class Several:
    """Queries that are asked together, by name; values that change are bound parameters in them."""

    def __init__(self, **queries: Any) -> None:
        tables = {name: query.subquery() for name, query in queries.items()}
        # Each row is as wide as all of them, and fills the columns of its own query.
        self._statement = union_all(
            *(
                select(
                    literal(number, SmallInteger).label("query"),
                    *(
                        (column if other is table else cast(null(), column.type)).label(
                            f"{name}_{column.key}"
                        )
                        for name, other in tables.items()
                        for column in other.c
                    ),
                )
                for number, table in enumerate(tables.values())
            )
        )
        self._queries: list[tuple[str, Any, slice]] = []
        start = 1
        for name, table in tables.items():
            end = start + len(table.c)
            made: Any = namedtuple(name, table.c.keys())  # type: ignore[misc]
            self._queries.append((name, made, slice(start, end)))
            start = end

    def fetch(self, session: Session, **values: Any) -> dict[str, list[Any]]:
        """The rows of each query, in no order, by one statement."""
        found: dict[str, list[Any]] = {name: [] for name, _, _ in self._queries}
        for row in session.execute(self._statement, values):
            name, made, own = self._queries[row[0]]
            found[name].append(made(*row[own]))
        return found
