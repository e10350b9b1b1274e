"""What somebody had written, given back by the page that says that nothing came of it.

Scripts keep drafts; without them a browser has the text no more once another page is there.
"""

import re
from collections.abc import Iterator

from flask import request
from werkzeug.exceptions import HTTPException

from groupware.web.request import SAFE_METHODS, came_from

NOT_SHOWN = re.compile(r"password|secret|^(was|base)$")
MOST = 20
"""Fields: more than any form has in which somebody writes."""


def written() -> list[str]:
    """The texts of this request's form."""
    if request.method in SAFE_METHODS:
        return []
    try:
        return list(_prose())
    except HTTPException:
        return []  # what is too large or ended in the middle was never read


def _prose() -> Iterator[str]:
    """What reads as if a person had written it: neither marks and numbers nor passwords."""
    for name, text in list(request.form.items(multi=True))[:MOST]:
        if " " in text.strip() and not NOT_SHOWN.search(name):
            yield text


def way_back() -> str:
    """The page that sent this; empty where it was another site's, or none."""
    return came_from() if request.method not in SAFE_METHODS else ""
