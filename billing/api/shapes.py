"""How records look in the API. Each property is told and read in one place, so the document says what is answered."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from billing.money import Money, exponent

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Property:
    """One value: what readers are told of it, and how it is read; None where it is found for many rows at once."""

    schema: Schema
    read: Callable[[Any], Any] | None
    within: "Shape | None" = None


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of record by the name it has in the document."""

    name: str
    about: str
    properties: Mapping[str, Property]

    def write(self, row: Any, **found: Any) -> dict[str, Any]:
        """The record as JSON; `found` are the values that were not read from the row."""
        return {name: found[name] if known.read is None else known.read(row) for name, known in self.properties.items()}

    def extended(self, name: str, about: str, **more: Property) -> "Shape":
        """The same with more properties."""
        return Shape(name, about, {**self.properties, **more})

    def reached(self) -> dict[str, "Shape"]:
        """This shape and those within it, by name."""
        shapes = {self.name: self}
        for known in self.properties.values():
            shapes |= known.within.reached() if known.within else {}
        return shapes

    @property
    def schema(self) -> Schema:
        return {
            "type": "object",
            "description": self.about,
            "required": list(self.properties),
            "properties": {name: known.schema for name, known in self.properties.items()},
        }

    @property
    def reference(self) -> Schema:
        return {"$ref": f"#/components/schemas/{self.name}"}


def text(path: str, about: str = "") -> Property:
    return Property(_told({"type": "string"}, about), attrgetter(path))


def boolean(path: str, about: str = "") -> Property:
    return Property(_told({"type": "boolean"}, about), attrgetter(path))


def number(path: str, about: str = "") -> Property:
    return Property(_told({"type": "integer"}, about), attrgetter(path))


def identity(path: str, about: str = "") -> Property:
    return Property(_told({"type": "string", "format": "uuid"}, about), _through(path, str))


def day(path: str, about: str = "") -> Property:
    return Property(_told({"type": "string", "format": "date"}, about), _through(path, datetime.date.isoformat))


def instant(path: str, about: str = "") -> Property:
    return Property(_told({"type": "string", "format": "date-time"}, about), _through(path, written_instant))


def decimal(path: str, about: str = "") -> Property:
    """An exact number that is no amount: text, for JSON readers make floats of numbers."""
    schema = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
    return Property(_told(schema, about), _through(path, written_decimal))


def choice(path: str, options: Iterable[str], about: str = "") -> Property:
    return Property(_told({"type": "string", "enum": list(options)}, about), attrgetter(path))


def money(path: str, about: str = "") -> Property:
    return Property(_told(MONEY.reference, about), _through(path, written_money), MONEY)


def total(read: Callable[[Any], tuple[int, str]]) -> Property:
    """A sum in minor units and its currency: it may be more than any one amount may be."""
    return Property(MONEY.reference, lambda row: written_sum(*read(row)), MONEY)


def free(path: str, about: str = "") -> Property:
    """A mapping whose names are not known before."""
    return Property(_told({"type": "object"}, about), attrgetter(path))


def part(shape: Shape, path: str = "", about: str = "") -> Property:
    """Another record that the row leads to, or a part of the row itself."""
    return Property(_told(shape.reference, about), _through(path, shape.write) if path else shape.write, shape)


def several(shape: Shape, about: str = "") -> Property:
    """Records found apart from the row."""
    return Property(_told({"type": "array", "items": shape.reference}, about), None, shape)


def found(schema: Schema, about: str = "") -> Property:
    return Property(_told(schema, about), None)


def maybe(known: Property) -> Property:
    """The same, or null."""
    schema = dict(known.schema)
    told = {"description": schema.pop("description")} if "description" in schema else {}
    or_null = {"oneOf": [schema, {"type": "null"}]} if "$ref" in schema else schema | {"type": [schema["type"], "null"]}
    return Property(or_null | told, known.read, known.within)


def written_instant(value: datetime.datetime) -> str:
    return value.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def written_decimal(value: Decimal) -> str:
    return f"{value.normalize():f}"


def written_money(value: Money) -> dict[str, str]:
    return written_sum(value.minor, value.currency)


def written_sum(minor: int, currency: str) -> dict[str, str]:
    """An amount in major units, with all the decimals of its currency."""
    return {"currency": currency, "amount": f"{Decimal(minor).scaleb(-exponent(currency)):f}"}


def _through(path: str, write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    read = attrgetter(path)

    def written(row: Any) -> Any:
        value = read(row)
        return None if value is None else write(value)

    return written


def _told(schema: Schema, about: str) -> Schema:
    return schema | {"description": about} if about else schema


MONEY = Shape(
    "Money",
    "An amount as text, in major units and with all the decimals of its currency: never a float.",
    {
        "currency": Property({"type": "string", "pattern": "^[A-Z]{3}$"}, None),
        "amount": Property({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}, None),
    },
)
