"""What a request sends, read with all due caution: a JSON body, or the values of its address."""

import json
import math
from typing import Any, NoReturn

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from groupware.api import schema
from groupware.errors import Forbidden, Invalid
from groupware.web.errors import answer

DEEPEST = 32
JSON = ("application/json", "application/merge-patch+json")


def body_of(shape: type, settled: frozenset[str] = frozenset()) -> Any:
    """The body as this dataclass; `settled` fields exist, and are not for anybody to set.

    Raises what is answered with 400, 415, 422, and 403 for a field that is settled.
    """
    sent = _object()
    value, wrong = schema.read(shape, sent)
    unknown = wrong.keys() - schema.parts(shape).keys()
    if unknown and unknown <= settled:
        raise Forbidden(f"{min(unknown)} cannot be set.")
    if wrong:
        raise Invalid(**wrong)
    return value


def query_of(shape: type) -> Any:
    """The values of the address as this dataclass; anything else is 400, and says why."""
    sent: dict[str, Any] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            bad({name: "This is there more than once."})
        sent[name] = values[0]
    value, wrong = schema.read(shape, sent, texts=True)
    if wrong:
        bad(wrong)
    return value


def bad(wrong: dict[str, str]) -> NoReturn:
    """Answer 400, and name what is wrong in the address."""
    text = "There is something in this address that is not taken here."
    raise BadRequest(response=answer(400, text, errors=wrong))


def _object() -> dict[str, Any]:
    if request.mimetype not in JSON:
        raise UnsupportedMediaType
    data = request.get_data(cache=True)
    try:
        sent = json.loads(
            data.decode("utf-8"),
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(
            response=answer(400, "The body is not JSON as it is taken here.")
        ) from error
    if not isinstance(sent, dict):
        raise BadRequest(response=answer(400, "The body has to be a JSON object."))
    if _too_deep(sent):
        raise BadRequest(response=answer(400, f"The body is nested deeper than {DEEPEST}."))
    return sent


def _too_deep(sent: Any) -> bool:
    level, depth = [sent], 0
    while level:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if depth > DEEPEST:
            return True
    return False


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a field is there twice")
    return found
