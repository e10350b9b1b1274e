"""The OpenAPI 3.1 document, drawn from the views themselves: their types, audiences and words."""

import inspect
import re
import types
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Union, get_args, get_origin

from flask import Flask

from groupware.api.nouns import CHANGING, KEY, LONGEST_KEY, Made, Operation
from groupware.api.paging import Page
from groupware.api.schema import (
    LONGEST,
    MOST_ITEMS,
    Part,
    Says,
    Unset,
    merged,
    parts,
    said_of,
    written,
)
from groupware.text import LARGEST_NUMBER

PROBLEMS = {
    400: "The address or the body makes no sense.",
    401: "No token, or one that opens nothing.",
    403: "Not for this person.",
    404: "It does not exist, or is not for this person to know of.",
    409: "Somebody else was quicker.",
    412: "It has changed since it was read.",
    413: "Larger than 1 MB; with files, than 52 MB.",
    415: "The body is not JSON.",
    422: "What was sent is wrong; `errors` says by field why.",
    428: "Say in `If-Match` which version was changed.",
    429: "Too much; `Retry-After` says how long to wait.",
    503: "Busy or under repair; try again a little later.",
}
EVERYWHERE = (400, 401, 403, 404, 429, 503)
_VARIABLE = re.compile(r"<(?:(\w+):)?(\w+)>")


def operations(app: Flask) -> Iterator[Operation]:
    """Every operation of the API, noun by noun in the modules' order."""
    for view in app.view_functions.values():
        found = getattr(view, "operation", None)
        if isinstance(found, Operation):
            yield found


def document(app: Flask, *, title: str, version: str, url: str) -> dict[str, Any]:
    """The whole API as OpenAPI 3.1 (a JSON Schema 2020-12 dialect)."""
    drawn = Drawn()
    paths: dict[str, dict[str, Any]] = {}
    nouns: dict[str, str] = {}
    for operation in operations(app):
        nouns[operation.noun.name] = operation.noun.text
        paths.setdefault(path_of(operation), {})[operation.method.lower()] = drawn.operation(
            operation
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": ABOUT},
        "servers": [{"url": url}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": name, "description": text} for name, text in nouns.items()],
        "paths": paths,
        "components": {
            "schemas": {**drawn.schemas, "Problem": PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
    }


ABOUT = (
    "Tickets, by the same rules as the pages. Lists come in pages: `next` goes into `cursor`. "
    "PATCH asks for the ETag in `If-Match`. POST takes an `Idempotency-Key`."
)

PROBLEM = {
    "type": "object",
    "description": "What is wrong, by RFC 9457.",
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "instance": {"type": "string"},
    },
    "required": ["title", "status", "detail"],
}


def path_of(operation: Operation) -> str:
    """The operation's path, with its variables as OpenAPI writes them."""
    return "/api/v1" + _VARIABLE.sub(r"{\2}", operation.rule)


def summary_of(operation: Operation) -> str:
    """What the operation does, in a sentence."""
    return inspect.getdoc(operation.view) or ""


class Drawn:
    """Operations and types as they are drawn; the types are kept by name."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}

    def operation(self, operation: Operation) -> dict[str, Any]:
        drawn: dict[str, Any] = {
            "operationId": f"{operation.noun.name}.{operation.view.__name__}",
            "tags": [operation.noun.name],
            "summary": summary_of(operation),
            "parameters": [*self._parameters(operation)],
            "responses": self._responses(operation),
        }
        if part := operation.options.get("multipart"):
            body = {"type": "object", "required": [part],
                    "properties": {part: {"type": "string", "format": "binary"}}}  # fmt: skip
            drawn["requestBody"] = {
                "required": True, "content": {"multipart/form-data": {"schema": body}},
            }  # fmt: skip
        elif operation.body:
            drawn["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": self.schema(operation.body)}},
            }
        return drawn

    def schema(self, kind: Any, says: Says = Says()) -> dict[str, Any]:  # noqa: B008  # frozen
        """The JSON Schema of a type."""
        while get_origin(kind) is Annotated:
            says = merged(says, said_of(kind))
            kind = get_args(kind)[0]
        drawn = self._plain(kind, says)
        if says.text:
            drawn["description"] = says.text
        if says.example is not None:
            drawn["examples"] = [says.example]
        return drawn

    def _plain(self, kind: Any, says: Says) -> dict[str, Any]:
        if get_origin(kind) in (Union, types.UnionType):
            return self._union(kind, says)
        if get_origin(kind) is list:
            most = says.most if says.most is not None else MOST_ITEMS
            return {"type": "array", "items": self.schema(get_args(kind)[0]), "maxItems": most}
        if get_origin(kind) in (dict, Any) or kind is Any:
            return {"type": "object"}
        if is_dataclass(kind):
            return {"$ref": f"#/components/schemas/{self._named(kind)}"}
        if issubclass(kind, StrEnum):
            return {"type": "string", "enum": [each.value for each in kind]}
        return _scalar(kind, says)

    def _union(self, kind: Any, says: Says) -> dict[str, Any]:
        options = [each for each in get_args(kind) if each is not Unset]
        drawn = [
            {"type": "null"}
            if each is type(None)
            else self.schema(each, Says(least=says.least, most=says.most))
            for each in options
        ]
        return drawn[0] if len(drawn) == 1 else {"anyOf": drawn}

    def _named(self, shape: Any) -> str:
        name = shape.__name__
        if name not in self.schemas:
            self.schemas[name] = {}  # it may hold itself
            answered = all(
                each.default is MISSING and each.default_factory is MISSING
                for each in fields(shape)
            )
            there = parts(shape).values()
            self.schemas[name] = {
                "type": "object",
                "description": inspect.getdoc(shape) or "",
                "properties": {each.name: self._part(each) for each in there},
                "required": [each.name for each in there if each.required or answered],
                "additionalProperties": False,
            }
        return str(name)

    def _part(self, part: Part) -> dict[str, Any]:
        drawn = self.schema(part.kind)
        if not part.required and part.default is not None and not isinstance(part.default, Unset):
            drawn["default"] = written(part.default)
        return drawn

    def _parameters(self, operation: Operation) -> Iterator[dict[str, Any]]:
        for converter, name in _VARIABLE.findall(operation.rule):
            kind = {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}
            yield {"name": name, "in": "path", "required": True,
                   "schema": kind if converter == "int" else {"type": "string"}}  # fmt: skip
        for part in parts(operation.query).values() if operation.query else ():
            drawn = self._part(part)
            drawn.pop("description", None)
            yield {"name": part.name, "in": "query", "required": part.required,
                   "description": part.says.text, "schema": drawn}  # fmt: skip
        if operation.conditional:
            yield {"name": "If-Match", "in": "header", "required": True,
                   "description": "The ETag under which it was read, or `*`.",
                   "schema": {"type": "string"}}  # fmt: skip
        if operation.idempotent:
            yield {"name": KEY, "in": "header", "required": False,
                   "description": "Sent twice with the same key, it is done once.",
                   "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY}}  # fmt: skip

    def _responses(self, operation: Operation) -> dict[str, Any]:
        codes = [*EVERYWHERE]
        if operation.method != "GET":
            codes += [409, 413, 422]
            codes += [415] if operation.body else []
            shown = operation.method in CHANGING and operation.rule in operation.noun.shown
            codes += [412] if shown else []
            codes += [428] if operation.conditional else []
        led = {"307": {"description": "What it had is there now."}}
        return {
            **self._success(operation),
            **(led if operation.options.get("leads") else {}),
            **{str(code): _problem(PROBLEMS[code]) for code in sorted(set(codes))},
        }

    def _success(self, operation: Operation) -> dict[str, Any]:
        origin = get_origin(operation.answer)
        if operation.answer is None:
            return {"204": {"description": "Done."}}
        if not is_dataclass(operation.shape):
            kinds = operation.options.get("content", ("application/octet-stream",))
            anything = {each: {"schema": {"type": "string"}} for each in kinds}
            return {
                "200": {"description": "The bytes.", "content": anything},
                "206": {"description": "A part of the bytes.", "content": anything},
            }
        kind = self.schema(operation.shape)
        if origin is Page:
            items = {"type": "array", "items": kind}
            following = {"anyOf": [{"type": "string"}, {"type": "null"}]}
            kind = {
                "type": "object",
                "properties": {"items": items, "next": following},
                "required": ["items", "next"],
            }
        what = "It was made." if origin is Made else "Here it is."
        content = {"application/json": {"schema": kind}}
        return {"201" if origin is Made else "200": {"description": what, "content": content}}


def _scalar(kind: Any, says: Says) -> dict[str, Any]:
    if kind is str:
        drawn = {"type": "string", "maxLength": says.most if says.most is not None else LONGEST}
        return drawn | ({"minLength": says.least} if says.least else {})
    if kind is bool:
        return {"type": "boolean"}
    if kind is datetime:
        return {"type": "string", "format": "date-time"}
    if kind is date:
        return {"type": "string", "format": "date"}
    number = {
        "type": "integer",
        "minimum": says.least if says.least is not None else -LARGEST_NUMBER,
        "maximum": says.most if says.most is not None else LARGEST_NUMBER,
    }
    if not says.reference:
        return number
    # What was read can be sent: the name beside an id says nothing here.
    held = {"type": "object", "properties": {"id": number}, "required": ["id"]}
    return {"anyOf": [number, held]}


def _problem(text: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content}
