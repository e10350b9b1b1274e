"""Parts of the frame of agents' pages by themselves: an open page fetches them when they change."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from groupware.web.request import SIGNED_IN, open_to, page

blueprint = Blueprint("parts", __name__, url_prefix="/parts")


@blueprint.get("/frame")
@open_to(SIGNED_IN)
def frame() -> ResponseReturnValue:
    """The side bar's counts, and what stands at the end of the bar above."""
    return page("core/frame.html")
