"""What a reader narrows a log to, and how it is found: by one index, then by looking."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import Envelope
from audit.paging import Search

HOSTS = ("/32", "/128")
Condition = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows a log to. `since` is included, `until` is not; `network` is in CIDR form.

    Where `object_text` is the whole name of an object, only what bears it is meant, unless it `may_be_part` of others.
    """

    actor_id: str = ""
    actor_text: str = ""
    actor_type: str = ""
    actions: Collection[str] = ()
    object_type: str = ""
    object_id: str = ""
    object_text: str = ""
    may_be_part: bool = False
    customer_id: UUID | None = None
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    network: str = ""
    text: str = ""


def narrowed(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    """The entries that meet all filters, however long it takes to find them."""
    wanted = _during(rows, filters)
    for condition in (_still_said(rows, filters), *(Q(one) for one in _indexed(filters)), *_looked_at(filters)):
        wanted = wanted.filter(condition)
    return wanted


def search(rows: QuerySet[Any], filters: Filters) -> Search:
    """The same as a search that reads pages in bounded time: from one index, looking at each entry for the rest."""
    rows = _during(rows, filters)
    named = None if filters.may_be_part else _whole_name(rows, filters.object_text)
    name = filters.object_text if named else ""
    indexed = [*([named] if named else []), *_indexed(filters)]
    looked_at = [*(Q(one) for one in indexed[1:]), *_looked_at(filters, but_name=bool(named))]
    lanes = [rows.filter(one) for one in _lanes(*indexed[0])] if indexed else [rows]
    still_said = _still_said(rows, filters)
    if looked_at:
        return Search(lanes, Q(*looked_at, still_said), name)
    return Search([lane.filter(still_said) for lane in lanes], name=name)


def _during(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    if filters.since:
        rows = rows.filter(at__gte=filters.since)
    return rows.filter(at__lt=filters.until) if filters.until else rows


def _indexed(filters: Filters) -> list[Condition]:
    """What an index finds in the order of time; first what leaves least to look at."""
    exact = {
        "object_id": filters.object_id,
        "ip": _host(filters.network),
        "customer_id": filters.customer_id,
        "actor_id": filters.actor_id,
        "action__in": list(filters.actions),
        "outcome": filters.outcome,
        "actor_type": filters.actor_type,
    }
    return [(field, value) for field, value in exact.items() if value]


def _looked_at(filters: Filters, *, but_name: bool = False) -> Iterator[Q]:
    if filters.object_type:
        yield Q(object_type=filters.object_type)
    if filters.network and not _host(filters.network):
        yield Q(ip__within=filters.network)
    if filters.actor_text:
        yield Q(actor_label__icontains=filters.actor_text) | Q(actor_id=filters.actor_text)
    if filters.object_text and not but_name:
        yield Q(object_label__icontains=filters.object_text)
    if filters.text:
        stored = json.dumps(filters.text, ensure_ascii=False)[1:-1]
        said = Q(object_label__icontains=filters.text) | Q(reason__icontains=filters.text)
        yield said | Q(data__icontains=stored) | Q(changes__icontains=stored)


def _still_said(rows: QuerySet[Any], filters: Filters) -> Q:
    """That erasing has not taken what the filters ask for: what somebody put back into an erased entry is not found."""
    if any((filters.actor_id, filters.actor_text, filters.object_text, filters.network, filters.text)):
        return Q(erased_at__isnull=True)
    model: type[Envelope] = rows.model
    return model.still_names_its_object() if filters.object_id else Q()


def _lanes(field: str, value: Any) -> list[Q]:
    """One lane for each action: an index has the entries of one action in the order of time, not those of several."""
    return [Q(action=action) for action in value] if field == "action__in" else [Q((field, value))]


def _whole_name(rows: QuerySet[Any], words: str) -> Condition | None:
    """The words as the name of an object, if they are all of one: then an index finds every entry about it."""
    named = ("object_label", words)
    return named if words and rows.filter(named).exists() else None


def _host(network: str) -> str:
    """The address, if the network is a single one."""
    address, slash, size = network.partition("/")
    return address if slash + size in HOSTS else ""
