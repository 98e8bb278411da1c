import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from django.urls import include, path

from audit import checks, log, registry
from audit.kinds import NUMBER, TEXT
from audit.models import BillingEvent
from audit.registry import declare, declare_link, reserve
from tests.audit import make

TARGET = make.Parcel(None).pk


def entry(action="parcel.sent", label="P-1", reason="", **data):
    return BillingEvent(
        action=action, object_type="parcel", object_id=str(TARGET), object_label=label, reason=reason, data=data
    )


def page(request, id):
    raise NotImplementedError


urlpatterns = [
    path("parcels/", include(([path("<uuid:id>/", page, name="detail"), path("", page, name="list")], "parcels")))
]


def test_a_code_is_declared_once():
    declare("parcel.sent", "sent parcel {target}")

    with pytest.raises(ImproperlyConfigured, match=r'"parcel\.sent" is declared twice'):
        declare("parcel.sent", "sent parcel {target}")


@pytest.mark.parametrize("code", ["parcel", "Parcel.sent", "parcel.sent.again", "parcel sent", "parcel.", ""])
def test_a_code_is_noun_dot_verb(code):
    with pytest.raises(ImproperlyConfigured, match=r"noun\.verb"):
        declare(code, "sent parcel {target}")


@pytest.mark.parametrize("name", ["by", "at", "reason", "target", "outcome", "changes", "company_id", "two words", ""])
def test_data_does_not_take_the_names_of_the_envelope(name):
    with pytest.raises(ImproperlyConfigured, match="cannot keep data under the name"):
        declare("parcel.sent", "sent parcel {target}", kept={name: TEXT})


def test_what_a_sentence_names_is_text_unless_it_says_otherwise():
    event_type = declare("parcel.sent", "sent {count} of {target} to {place}: {reason}", kept={"count": NUMBER})

    assert event_type.fields == {"count": NUMBER, "place": TEXT}
    assert not event_type.has_changes


def test_a_reserved_name_is_known_and_cannot_happen():
    reserve("parcel.flown", "flew parcel {target} to {place}", kept={"height": NUMBER}, changes=True)

    [reserved] = [known for known in registry.reserved_types("billing") if known.code == "parcel.flown"]
    assert reserved.fields == {"place": TEXT, "height": NUMBER}
    assert registry.find("parcel.flown") is None
    assert reserved not in registry.event_types("billing")
    with pytest.raises(ValueError, match=r'"parcel\.flown" is not a declared event'):
        log.entry(reserved, target=make.Parcel(None), by=make.ADA, at=make.NOON, place="Riga", height=3)
    for again in (declare, reserve):
        with pytest.raises(ImproperlyConfigured, match=r'"parcel\.flown" is declared twice'):
            again("parcel.flown", "flew parcel {target}")


@pytest.mark.parametrize("field", ["target.company", "data[place]", "0", ""])
def test_a_sentence_names_plain_words_only(field):
    with pytest.raises(ImproperlyConfigured, match="plain names in braces only"):
        declare("parcel.sent", f"sent parcel {{{field}}}")


def test_a_log_exists():
    with pytest.raises(ImproperlyConfigured, match='"diary", which does not exist'):
        declare("parcel.sent", "sent parcel {target}", log="diary")


@pytest.mark.parametrize(
    ("sentence", "values", "shown"),
    [
        ("sent parcel {target} to {place}", {"place": "Riga"}, ("sent parcel ", "P-1", " to Riga")),
        ("sent parcel {target} to {place}", {}, ("sent parcel ", "P-1", " to …")),
        ("sent parcel {target}: {reason}", {"reason": "late"}, ("sent parcel ", "P-1", ": late")),
        ("sent parcel {target}: {reason}", {}, ("sent parcel ", "P-1", "")),
        (
            "mailed {to}",
            {"to": ["ana@acme.example", "bea@x.example"]},
            ("mailed ana@acme.example, bea@x.example", "", ""),
        ),
        ("sent parcel {target} to {place}", {"place": "{target} {0}"}, ("sent parcel ", "P-1", " to {target} {0}")),
    ],
)
def test_a_sentence_is_filled_with_what_was_recorded(sentence, values, shown):
    event_type = declare("parcel.sent", sentence)

    assert event_type.parts(entry(**values)) == shown
    assert event_type.render(entry(**values)) == "".join(shown)


def test_an_event_this_version_does_not_know_is_still_shown():
    assert entry("parcel.teleported").sentence == "parcel.teleported P-1"


def test_event_types_are_listed_by_log_and_named_for_people(parcel_sent, door_opened):
    assert parcel_sent in registry.event_types("billing")
    assert door_opened not in registry.event_types("billing")
    assert (parcel_sent.title, parcel_sent.noun) == ("Parcel sent", "parcel")


@override_settings(ROOT_URLCONF=__name__)
def test_an_entry_leads_to_the_page_of_its_object():
    assert entry().url is None

    declare_link("parcel", "parcels:detail")

    assert entry().url == f"/parcels/{TARGET}/"
    assert checks.every_link_leads_somewhere(None) == []
    with pytest.raises(ImproperlyConfigured, match='"parcel" is declared twice'):
        declare_link("parcel", "parcels:detail")


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("url_name", ["parcels:list", "parcels:lost"])
def test_a_link_that_leads_nowhere_stops_the_start(url_name):
    declare_link("parcel", url_name)

    assert [error.id for error in checks.every_link_leads_somewhere(None)] == ["audit.E001"]
