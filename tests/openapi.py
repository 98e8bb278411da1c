"""Says where an answer differs from its schema, down to properties that the schema does not name.

It knows the words of JSON Schema that our document uses, and no others.
"""

import datetime
import re
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

KINDS = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "null": type(None)}
FORMATS = {
    "uuid": UUID,
    "date": datetime.date.fromisoformat,
    "date-time": lambda text: datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z"),
    "uri": RegexValidator(r"^https://\S+$"),
}
KNOWN = {
    "$ref", "additionalProperties", "default", "description", "enum", "format", "items", "maxLength", "maximum",
    "minimum", "oneOf", "pattern", "properties", "required", "type",
}  # fmt: skip


def differences(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str = "answer") -> list[str]:
    """Each place where the value is not what the schema says."""
    if unknown := schema.keys() - KNOWN:
        return [f"{where}: the schema says {sorted(unknown)}, which nothing here reads"]
    if "$ref" in schema:
        return differences(value, followed(schema["$ref"], document), document, where)
    if "oneOf" in schema:
        tried = [differences(value, one, document, where) for one in schema["oneOf"]]
        return [] if sum(not one for one in tried) == 1 else [f"{where}: fits not exactly one of {schema['oneOf']}"]
    return [*_plain(value, schema, where), *_within(value, schema, document, where)]


def followed(reference: str, document: dict[str, Any]) -> dict[str, Any]:
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def references(part: Any) -> set[str]:
    """Every reference that stands in a part of a document."""
    if isinstance(part, list):
        return {one for inner in part for one in references(inner)}
    if isinstance(part, dict):
        own = {part["$ref"]} if "$ref" in part else set()
        return own | {one for inner in part.values() for one in references(inner)}
    return set()


def _plain(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        return [f"{where}: {value!r} is no {kinds}"]
    wrong = []
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        wrong.append(f"{where}: {value!r} does not fit {schema['pattern']}")
    if isinstance(value, str) and "format" in schema:
        try:
            FORMATS[schema["format"]](value)
        except (ValueError, ValidationError):
            wrong.append(f"{where}: {value!r} is no {schema['format']}")
    return wrong


def _within(value: Any, schema: dict[str, Any], document: dict[str, Any], where: str) -> list[str]:
    wrong: list[str] = []
    if isinstance(value, list) and "items" in schema:
        for position, one in enumerate(value):
            wrong += differences(one, schema["items"], document, f"{where}[{position}]")
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", "properties" not in schema)
        wrong += [f"{where}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, one in value.items():
            if name in properties:
                wrong += differences(one, properties[name], document, f"{where}.{name}")
            elif isinstance(more, dict):
                wrong += differences(one, more, document, f"{where}.{name}")
            elif not more:
                wrong.append(f"{where}: {name} is not in the document")
    return wrong


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, KINDS[kind]) and not (kind == "integer" and isinstance(value, bool))
