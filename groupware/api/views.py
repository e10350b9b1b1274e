"""The API's own description: for programs as OpenAPI, for people as a page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue

from groupware import __version__
from groupware.api.document import document, operations, path_of, summary_of
from groupware.api.nouns import ANYBODY, KEY, Operation
from groupware.web.request import open_to, page, rights, services
from groupware.web.shell import organisation

blueprint = Blueprint("api", __name__)


@dataclass(frozen=True)
class Field:
    """A line of a table: what is called how, what it is, and what it says."""

    name: str
    kind: str
    text: str
    required: bool


@dataclass(frozen=True)
class Described:
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    audience: Sequence[str]
    fields: Sequence[tuple[str, Sequence[Field]]]
    answer: str
    example: str
    tried: bool  # by opening its address here, signed in


@dataclass
class Chapter:
    """A noun: its operations, and the shapes that they answer with."""

    name: str
    text: str
    operations: list[Described] = field(default_factory=list)
    shapes: dict[str, tuple[str, Sequence[Field]]] = field(default_factory=dict)


@blueprint.get("/api/v1/openapi.json")
@open_to(*ANYBODY)
def openapi() -> ResponseReturnValue:
    return jsonify(_document())


@blueprint.get("/api/docs")
@open_to(*ANYBODY)
def docs() -> ResponseReturnValue:
    """The same, to be read."""
    drawn = _document()
    base_url = services().settings.base_url
    chapters: dict[str, Chapter] = {}
    for operation in operations(current_app):
        noun = operation.noun
        chapter = chapters.setdefault(noun.name, Chapter(noun.name, noun.text))
        chapter.operations.append(_described(operation, drawn, base_url))
        _shapes(chapter, operation, drawn)
    return page(
        "core/api.html",
        chapters=list(chapters.values()),
        base_url=base_url,
        agent=rights().agent or rights().administrator,
    )


def _document() -> dict[str, Any]:
    return document(
        current_app,
        title=f"{organisation().name}: tickets",
        version=__version__,
        url=services().settings.base_url,
    )


def _described(operation: Operation, drawn: Mapping[str, Any], base_url: str) -> Described:
    path = path_of(operation)
    told = drawn["paths"][path][operation.method.lower()]
    tables = []
    asked = [
        Field(each["name"], _kind(each["schema"]), each.get("description", ""), each["required"])
        for each in told["parameters"]
        if each["in"] != "path"
    ]
    if asked:
        tables.append(("Asked with", asked))
    if operation.body:
        shape = drawn["components"]["schemas"][operation.body.__name__]
        tables.append(("Sent", list(_fields(shape))))
    success = next(iter(told["responses"]))
    return Described(
        id=told["operationId"].replace(".", "-"),
        method=operation.method,
        path=path,
        summary=summary_of(operation).replace("`", ""),
        audience=sorted(getattr(operation.view, "audience", ())),
        fields=tables,
        answer=f"{success} {_answer(told['responses'][success])}".strip(),
        example=_example(operation, drawn, f"{base_url}{path}"),
        tried=operation.method == "GET"
        and not any(each["required"] for each in told["parameters"]),
    )


def _shapes(chapter: Chapter, operation: Operation, drawn: Mapping[str, Any]) -> None:
    name = getattr(operation.shape, "__name__", "")
    if shape := drawn["components"]["schemas"].get(name):
        chapter.shapes[name] = (shape["description"], list(_fields(shape)))


def _fields(shape: Mapping[str, Any]) -> Iterator[Field]:
    for name, each in shape["properties"].items():
        yield Field(name, _kind(each), each.get("description", ""), name in shape["required"])


def _kind(drawn: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "anyOf" in drawn:
        kinds = dict.fromkeys(_kind(each) for each in drawn["anyOf"])
        return " or ".join("null" if each == "null" else each for each in kinds)
    if "$ref" in drawn:
        return str(drawn["$ref"].rsplit("/", 1)[1])
    if "enum" in drawn:
        return ", ".join(drawn["enum"])
    if drawn.get("type") == "array":
        return f"list of {_kind(drawn['items'])}"
    return str(drawn.get("format") or drawn.get("type", ""))


def _answer(response: Mapping[str, Any]) -> str:
    content = response.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    if schema is None:
        return "bytes" if content else ""
    if "items" in schema.get("properties", {}):
        return f"a page of {_kind(schema['properties']['items'])}"
    return _kind(schema)


def _example(operation: Operation, drawn: Mapping[str, Any], url: str) -> str:
    """The request as one would type it."""
    lines = [f"curl {url.replace('{', '').replace('}', '')}"]
    if operation.method != "GET":
        lines[0] = f"curl -X {operation.method} {url.replace('{', '').replace('}', '')}"
    lines.append("-H 'Authorization: Bearer TOKEN'")
    if operation.conditional:
        lines.append("-H 'If-Match: \"ETAG\"'")
    if operation.idempotent:
        lines.append(f"-H '{KEY}: 8f2c…'")
    if part := operation.options.get("multipart"):
        lines.append(f"-F '{part}=@photo.png'")
    if operation.body:
        shape = drawn["components"]["schemas"][operation.body.__name__]
        needed = shape["required"] or list(shape["properties"])[:1]
        body = {name: _sample(shape["properties"][name], drawn) for name in needed}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
    return " \\\n  ".join(lines)


def _sample(schema: Mapping[str, Any], drawn: Mapping[str, Any]) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    if "anyOf" in schema:
        return _sample(schema["anyOf"][0], drawn)
    if "enum" in schema:
        return schema["enum"][min(1, len(schema["enum"]) - 1)]
    if "$ref" in schema:
        named = drawn["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return {name: _sample(named["properties"][name], drawn) for name in named["required"]}
    if schema.get("type") == "array":
        return [_sample(schema["items"], drawn)]
    return {"integer": 1, "boolean": True, "null": None, "object": {}}.get(
        str(schema.get("type")), "…"
    )
