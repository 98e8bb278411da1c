"""Model fields that keep a secret encrypted at rest."""

from typing import Any

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from security import encryption


class Encrypted(bytes):
    """An encrypted record as it stands in the database."""


class EncryptedAttribute(DeferredAttribute):
    """Opens the record when the attribute is read, with the id of the row it is read from."""

    field: "EncryptedField"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname)
        if value is None:
            value = super().__get__(instance, owner)
        if isinstance(value, Encrypted):
            return self.field.open(value, instance)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedField(models.BinaryField):
    """Text that is stored with AES-256-GCM, bound to its table, column and row.

    The row id must be known before the first save and be a UUID. A value cannot be searched for,
    nor set through `QuerySet.update`, because neither knows the row.
    """

    descriptor_class = EncryptedAttribute

    # What django-stubs takes the attribute to hold.
    _pyi_private_set_type: str
    _pyi_private_get_type: str  # type: ignore[assignment]

    def open(self, record: bytes, instance: models.Model) -> str:
        return encryption.decrypt(record, **self._place(instance)).decode()

    def pre_save(self, model_instance: models.Model, add: bool) -> Encrypted | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Encrypted):
            return value
        record = encryption.encrypt(value.encode(), **self._place(model_instance))
        return Encrypted(record)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Encrypted | None:
        return None if value is None else Encrypted(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Encrypted):
            raise TypeError(f"{self.name} is encrypted: it is written by saving its record.")
        return super().get_db_prep_value(value, connection, prepared)

    def _place(self, instance: models.Model) -> dict[str, Any]:
        return {
            "table": instance._meta.db_table,
            "column": self.column,
            "row": instance.pk,
        }
