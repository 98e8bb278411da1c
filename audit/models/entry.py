"""The two logs. Plain values without foreign keys: an entry survives everything it describes, and nothing edits it."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import quote

from django.db import models
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.timezone import localtime
from django_scopes import ScopedManager

from audit import registry
from audit.changes import Difference, difference
from audit.models.fields import CanonicalJSONField
from audit.registry import Log
from audit.triggers import EMPTIED_COLUMNS
from audit.values import spoken, visible
from security.ids import uuid7
from security.user_agents import describe, named

SALT_BYTES = 16
PEOPLE = ("contact",)
"""Objects of the billing log whose very id is about a person. Ids of documents stay: the books are proved by them."""


class Outcome(models.TextChoices):
    SUCCESS = "success", "Succeeded"
    REFUSED = "refused", "Refused"
    FAILURE = "failure", "Failed"


class ActorType(models.TextChoices):
    MEMBER = "member", "Team member"
    CONTACT = "contact", "Customer"
    API_KEY = "api_key", "API key"
    AUTOMATION = "automation", "Automation"
    OPERATOR = "operator", "Operator"
    VISITOR = "visitor", "Not signed in"


def new_salt() -> bytes:
    """Without it nobody can guess what an erased entry said and compare the hash."""
    return secrets.token_bytes(SALT_BYTES)


def emptied() -> dict[str, Any]:
    """What the columns of an erased entry hold, beside the id of its object."""
    return dict.fromkeys(EMPTIED_COLUMNS, "") | {"ip": None, "changes": None, "data": {}, "salt": b""}


class Envelope(models.Model):
    """Who did what to which object, when, from where, and how it ended.

    An erased entry keeps its place, its time and its company; what it said and its salt are gone.
    """

    log: ClassVar[Log]
    log_title: ClassVar[str]
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    company_id = models.UUIDField(null=True)
    customer_id = models.UUIDField(null=True)
    actor_type = models.CharField(max_length=20, choices=ActorType)
    actor_id = models.CharField(max_length=100)
    actor_label = models.CharField(max_length=200)
    on_behalf_of = models.CharField(max_length=200)
    session = models.CharField(max_length=64)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=400)
    action = models.CharField(max_length=100)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=100)
    object_label = models.CharField(max_length=200)
    changes: "models.Field[Any, Any]" = CanonicalJSONField(null=True)
    data: "models.Field[Any, Any]" = CanonicalJSONField()
    outcome = models.CharField(max_length=20, choices=Outcome)
    reason = models.TextField()
    request_id = models.CharField(max_length=100)
    salt = models.BinaryField(max_length=SALT_BYTES, default=new_salt, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)

    place: Any = None
    """Its leaf in the tree, where it was looked for and there is one."""

    class Meta:
        abstract = True
        indexes = [
            models.Index(fields=["company_id", "at", "id"], name="%(class)s_by_time"),
            models.Index(fields=["company_id", "action", "at", "id"], name="%(class)s_by_action"),
            models.Index(fields=["company_id", "actor_id", "at", "id"], name="%(class)s_by_actor"),
            models.Index(fields=["company_id", "actor_type", "at", "id"], name="%(class)s_by_kind"),
            models.Index(fields=["company_id", "customer_id", "at", "id"], name="%(class)s_by_customer"),
            models.Index(fields=["company_id", "object_label", "at", "id"], name="%(class)s_by_name"),
            models.Index(fields=["company_id", "outcome", "at", "id"], name="%(class)s_by_outcome"),
            models.Index(fields=["company_id", "ip", "at", "id"], name="%(class)s_by_ip"),
            models.Index(fields=["company_id", "object_id", "at", "id"], name="%(class)s_by_object"),
            models.Index(
                fields=["company_id", "at"], condition=models.Q(erased_at__isnull=True), name="%(class)s_to_erase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.sentence}"

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any], **options: Any) -> Self:
        """A row as it may be shown: of an erased entry what erasing leaves, whatever somebody put back into it."""
        entry = super().from_db(db, field_names, values, **options)
        if "erased_at" in field_names and entry.is_erased:
            for name, value in (emptied() | {"object_id": entry.object_id_left()}).items():
                setattr(entry, name, value)
        return entry

    @classmethod
    def still_names_its_object(cls) -> models.Q:
        """That erasing has not taken the id of the object."""
        return models.Q(erased_at__isnull=True)

    def object_id_left(self) -> str:
        """What erasing leaves of the id of the object."""
        return ""

    @property
    def sentence(self) -> str:
        """What happened, as a person reads it after the name of the actor."""
        return "".join(self.sentence_parts)

    @cached_property
    def sentence_parts(self) -> tuple[str, str, str]:
        """The sentence as the words before the object, the object, and the words after it."""
        event_type = registry.find(self.action)
        if self.is_erased:
            return f"{event_type.title if event_type else self.action}: {self.erased_sentence}", "", ""
        if event_type is None:
            return f"{self.action} ", visible(self.object_label), ""
        return event_type.parts(self)

    @property
    def is_erased(self) -> bool:
        """Whether what it said is gone: then it still has its place, its time, its kind and its outcome."""
        return self.erased_at is not None

    @property
    def erased_sentence(self) -> str:
        """What stands in the place of what an erased entry said."""
        return f"what this entry said was erased on {_day(self.erased_at)}; its place and hash stand."

    @property
    def actor_path(self) -> str:
        """Where the page of who did it stands, among those of everybody; nothing for who has no id."""
        is_known = self.actor_id and "/" not in self.actor_id
        return f"{self.actor_type}/{quote(self.actor_id)}/" if is_known else ""

    @property
    def actor_name(self) -> str:
        return self.get_actor_type_display() if self.is_erased else visible(self.actor_label)

    @property
    def device(self) -> str:
        """The browser and the system it was done with; nothing where no browser was."""
        return named(*describe(self.user_agent)) if self.user_agent else ""

    @property
    def object_name(self) -> str:
        return visible(self.object_label)

    @property
    def changed_fields(self) -> list[Difference]:
        """Each changed field with its value before and after, in words."""
        return [difference(_title(name), *_pair(kept)) for name, kept in (self.changes or {}).items()]

    @property
    def particulars(self) -> list[tuple[str, str]]:
        """What else was recorded, in words."""
        return [(_title(name), spoken(value)) for name, value in self.data.items()]

    @cached_property
    def url(self) -> str | None:
        """The page of the object, if it has one and the entry still says what it is called."""
        return None if self.is_erased else registry.link(self.object_type, self.object_id)


class BillingEvent(Envelope):
    """What team members, customers and automation did with a company's receivables."""

    log, log_title = "billing", "Billing log"
    company_id = models.UUIDField()

    objects = ScopedManager(company="company_id")

    class Meta(Envelope.Meta):
        pass

    @classmethod
    def still_names_its_object(cls) -> models.Q:
        return models.Q(erased_at__isnull=True) | ~models.Q(object_type__in=PEOPLE)

    def object_id_left(self) -> str:
        return "" if self.object_type in PEOPLE else self.object_id


class SecurityEvent(Envelope):
    """What happened to accounts, sessions and access. Without a company when it concerns the account alone."""

    log, log_title = "security", "Security log"

    class Meta(Envelope.Meta):
        # A person reads what they did, and what was done to their account, in every company.
        indexes = [
            *Envelope.Meta.indexes,
            models.Index(fields=["actor_id", "at", "id"], name="securityevent_of_actor"),
            models.Index(fields=["object_id", "at", "id"], name="securityevent_of_object"),
        ]


LOGS: dict[Log, type[Envelope]] = {log.log: log for log in (BillingEvent, SecurityEvent)}
"""Every log there is, by its code."""


def _pair(kept: Any) -> tuple[Any, Any]:
    """Before and after; what somebody wrote there that is no pair is all after."""
    return (kept[0], kept[1]) if isinstance(kept, list) and len(kept) == 2 else (None, kept)


def _day(at: datetime | None) -> str:
    return date_format(localtime(at), "j M Y") if at else ""


def _title(name: str) -> str:
    return visible(name).replace("_", " ").capitalize()
