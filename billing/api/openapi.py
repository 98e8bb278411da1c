"""The OpenAPI document, written from the same descriptions by which requests are read and answers are made."""

from typing import Any

from billing.api.endpoints import ENDPOINTS, Endpoint
from billing.api.parameters import Parameter
from billing.api.shapes import Schema, Shape
from security.json_errors import MESSAGES

VERSION = "1"
PATH = "/api/v1/openapi.json"
ABOUT = (
    "Read-only. A key sees what its maker may see at that moment, or less; what it may not see answers like what is "
    "not there. Amounts are text in major units, days are ISO 8601, instants are UTC and end in Z."
)
ERRORS = (400, 401, 403, 404, 405, 429, 500)
HEADERS = {
    401: {"WWW-Authenticate": "Always Bearer."},
    405: {"Allow": "What is answered: GET, HEAD."},
    429: {"Retry-After": "The seconds to wait."},
}
ERROR: Schema = {
    "type": "object",
    "description": "What was refused and why. The code stays, the message may be worded anew.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string", "enum": [MESSAGES[status][0] for status in ERRORS]},
                "message": {"type": "string"},
            },
        }
    },
}


def document() -> dict[str, Any]:
    """All of it, the same for every installation of this version."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Invoiced API", "version": VERSION, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in ENDPOINTS} | {PATH: {"get": _itself()}},
        "components": {
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "An API key, inv_…"}},
            "schemas": _schemas() | {"Error": ERROR},
            "responses": {MESSAGES[status][0]: _error(status) for status in ERRORS},
        },
    }


def page_of(shape: Shape) -> Schema:
    """A page of a list, and the address of the next one."""
    return {
        "type": "object",
        "required": ["data", "next"],
        "properties": {
            "data": {"type": "array", "items": shape.reference},
            "next": {"type": ["string", "null"], "format": "uri", "description": "Null where nothing follows."},
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    schema = page_of(endpoint.shape) if endpoint.lists else endpoint.shape.reference
    in_path = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}]
    in_query = [_parameter(parameter) for parameter in endpoint.known]
    return {
        "operationId": endpoint.operation,
        "summary": endpoint.summary,
        "description": f"For keys that may {endpoint.permission.sentence}.",
        "x-permission": endpoint.permission.value,
        "parameters": in_query if endpoint.lists else in_path,
        "responses": {"200": _json("The records." if endpoint.lists else "The record.", schema)}
        | {str(status): {"$ref": f"#/components/responses/{MESSAGES[status][0]}"} for status in ERRORS},
    }


def _itself() -> dict[str, Any]:
    return {
        "operationId": "getDocument",
        "summary": "This document, for everybody",
        "security": [],
        "responses": {"200": _json("This document.", {"type": "object"})},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    description = f"{parameter.about} Written as {parameter.hint}."
    return {"name": parameter.name, "in": "query", "description": description, "schema": parameter.schema}


def _error(status: int) -> dict[str, Any]:
    code, message = MESSAGES[status]
    answer = _json(message, {"$ref": "#/components/schemas/Error"})
    answer["content"]["application/json"]["example"] = {"error": {"code": code, "message": message}}
    if status in HEADERS:
        answer["headers"] = {
            name: {"description": about, "schema": {"type": "string"}} for name, about in HEADERS[status].items()
        }
    return answer


def _json(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _schemas() -> dict[str, Schema]:
    """Every shape that an answer holds, and those within it."""
    shapes: dict[str, Shape] = {}
    for endpoint in ENDPOINTS:
        shapes |= endpoint.shape.reached()
    return {name: shapes[name].schema for name in sorted(shapes)}
