"""Ids sent in a form, a filter or a list that name nothing the sender may see: noted like an address not found."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm, BaseFormSet
from django.http import HttpRequest

WELL_FORMED = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
NOT_AMONG_THEM = "invalid_choice"


def note(request: HttpRequest) -> None:
    """Have the security log say that this request asked for what is not there; once, however often this is called."""
    request.named_nothing = True  # type: ignore[attr-defined]


def note_unless(is_there: object, request: HttpRequest, sent: str) -> None:
    """Note an id that was sent for nothing. Words that are no ids are mistakes and nothing more."""
    if not is_there and WELL_FORMED.search(sent):
        note(request)


def note_in(shown: Iterable[Any], request: HttpRequest) -> None:
    """Note what the forms among these refused because it is none of the records they offer."""
    if any(_refused(form) for form in _forms(shown)):
        note(request)


def are_noted(request: HttpRequest) -> bool:
    return hasattr(request, "named_nothing")


def _forms(shown: Iterable[Any]) -> Iterable[BaseForm]:
    for one in shown:
        if isinstance(one, BaseFormSet):
            yield from one.forms
        elif isinstance(one, BaseForm):
            yield one


def _refused(form: BaseForm) -> bool:
    return form.is_bound and any(
        error.code == NOT_AMONG_THEM and WELL_FORMED.search(_sent(form, name))
        for name, errors in form.errors.as_data().items()
        for error in errors
    )


def _sent(form: BaseForm, name: str) -> str:
    """What stands in a field; where the mistake is the form's own, what its fields are called, which may hold ids."""
    data: Mapping[str, Any] = form.data
    if name == NON_FIELD_ERRORS:
        return " ".join(data)
    field = form.fields[name].widget.value_from_datadict(data, form.files, form.add_prefix(name))
    return " ".join(map(str, field)) if isinstance(field, list | tuple) else str(field)
