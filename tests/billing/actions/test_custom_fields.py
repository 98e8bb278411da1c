import pytest

from accounts.models import ApiKey, Invitation, Membership
from audit.models import BillingEvent
from billing.actions import custom_fields, customers
from billing.errors import CustomFieldRefused, NameTaken
from billing.models import CustomField, CustomFieldValue
from tests import books, visitors
from tests.access.world import key_of
from tests.books import AT, BY


def create(company, name="Region", kind="choice", choices=("North", "South"), **more):
    return custom_fields.create(company=company, name=name, kind=kind, choices=choices, by=BY, at=AT, **more)


def change(field, **changed):
    known = {name: getattr(field, name) for name in ("name", "kind", "choices", "in_list", "position")}
    return custom_fields.change(field=field, **known | changed, by=BY, at=AT)


def give(customer, field, value):
    return customers.change(customer=customer, details={}, values={field: value}, by=BY, at=AT)


def entries():
    rows = BillingEvent.objects.order_by("id")
    return [(one.action, one.object_label, one.actor_label, one.changes) for one in rows]


@pytest.fixture
def region(company):
    return create(company)


def restrict(company, how, field, values=("North",)):
    """A member, an invitation or a key that sees customers by this field."""
    given = {"restriction": "fields", "field_values": {str(field.pk): list(values)}}
    member = visitors.member(company, "employee", "Bo", **(given if how == "member" else {}))
    if how == "invitation":
        return Invitation.objects.create(
            company=company, email="x@y.example", role="employee", invited_by=member, invited_at=AT, sent_at=AT,
            expires_at=AT, **given,
        )  # fmt: skip
    if how == "key":
        ApiKey.objects.filter(pk=key_of(member).pk).update(**given)
    return member


def test_a_field_is_added_changed_archived_and_restored_each_with_its_entry(company, region):
    changed = change(region, name="Area", choices=["North", "South", "East"], in_list=True)
    custom_fields.archive(field=changed, by=BY, at=AT)
    custom_fields.restore(field=changed, by=BY, at=AT)

    assert entries() == [
        ("custom_field.created", "Region", "tests", None),
        (
            "custom_field.changed",
            "Area",
            "tests",
            {
                "name": ["Region", "Area"],
                "choices": [["North", "South"], ["North", "South", "East"]],
                "in_list": [False, True],
            },
        ),
        ("custom_field.archived", "Area", "tests", None),
        ("custom_field.restored", "Area", "tests", None),
    ]


def test_what_does_not_change_leaves_no_entry(company, region):
    change(region)

    assert len(entries()) == 1


def test_a_name_is_taken_once_whatever_its_case(company, region):
    with pytest.raises(NameTaken, match="a field “REGION” already"):
        create(company, name="REGION")
    other = create(company, name="Sector")
    with pytest.raises(NameTaken):
        change(other, name="region")


def test_a_company_has_at_most_thirty_in_use(company):
    for number in range(custom_fields.MOST_FIELDS):
        field = create(company, name=f"Field {number}", kind="text", choices=())
    with pytest.raises(CustomFieldRefused, match="at most 30"):
        create(company, name="One more")
    custom_fields.archive(field=field, by=BY, at=AT)
    create(company, name="One more")
    with pytest.raises(CustomFieldRefused, match="at most 30"):
        custom_fields.restore(field=field, by=BY, at=AT)


def test_the_kind_stays_once_a_customer_has_a_value(company, acme):
    field = create(company, kind="text", choices=())
    assert change(field, kind="number").kind == "number"
    give(acme, field, "5")
    with pytest.raises(CustomFieldRefused, match="1 customer has something in Region, so it stays a number"):
        change(field, kind="text")


def test_a_choice_customers_have_is_not_taken_away(company, region, acme, borealis):
    for customer in (acme, borealis):
        give(customer, region, "North")
    with pytest.raises(CustomFieldRefused, match="2 customers have “North”"):
        change(region, choices=["South"])
    assert change(region, choices=["North"]).choices == ["North"]


@pytest.mark.parametrize("how", ["member", "invitation", "key"])
def test_what_decides_who_sees_what_stays(company, region, how):
    restrict(company, how, region)
    with pytest.raises(CustomFieldRefused, match="which customers 1 member, invitation or API key may see"):
        custom_fields.archive(field=region, by=BY, at=AT)
    with pytest.raises(CustomFieldRefused, match="“North” decides which customers 1 member"):
        change(region, choices=["South"])
    with pytest.raises(CustomFieldRefused, match="so it stays a choice"):
        change(region, kind="text", choices=[])
    assert change(region, choices=["North"]).choices == ["North"]


def test_who_has_gone_keeps_nothing_in_place(company, region):
    member = restrict(company, "member", region)
    Membership.objects.filter(pk=member.pk).update(revoked_at=AT)

    custom_fields.archive(field=region, by=BY, at=AT)


def test_acts_on_what_is_archived_or_not_are_refused(company, region):
    with pytest.raises(CustomFieldRefused, match="not archived"):
        custom_fields.restore(field=region, by=BY, at=AT)
    custom_fields.archive(field=region, by=BY, at=AT)
    with pytest.raises(CustomFieldRefused, match="archived already"):
        custom_fields.archive(field=region, by=BY, at=AT)
    with pytest.raises(CustomFieldRefused, match="Restore the field first"):
        change(region, name="Area")


def test_values_are_part_of_the_one_entry_of_the_customer(company, region, acme):
    customers.change(customer=acme, details={"name": "Acme Ltd"}, values={region: "North"}, by=BY, at=AT)
    give(acme, region, "South")
    give(acme, region, "South")
    give(acme, region, "")

    assert [changes for action, _, _, changes in entries() if action == "customer.changed"] == [
        {"name": ["Acme", "Acme Ltd"], "Region": ["", "North"]},
        {"Region": ["North", "South"]},
        {"Region": ["South", ""]},
    ]
    assert not CustomFieldValue.objects.exists()


def test_a_new_customers_values_are_in_its_entry(company, region):
    details = {"name": "Acme", "currency": "EUR", "payment_terms": "NET 30"}

    made = customers.create(company=company, details=details, values={region: "North"}, by=BY, at=AT)

    assert CustomFieldValue.objects.get(customer=made).value == "North"
    assert BillingEvent.objects.get(action="customer.created").data["fields"] == {"Region": "North"}


@pytest.mark.parametrize("verb", ["create", "change", "archive", "restore", "values"])
def test_no_change_without_its_entry(company, region, acme, verb, monkeypatch):
    archived = create(company, name="Old")
    custom_fields.archive(field=archived, by=BY, at=AT)
    before = list(CustomField.objects.values()), list(CustomFieldValue.objects.values())
    monkeypatch.setattr("audit.log.record", books.fail)
    call = {
        "create": lambda: create(company, name="Other"),
        "change": lambda: change(region, name="Area"),
        "archive": lambda: custom_fields.archive(field=region, by=BY, at=AT),
        "restore": lambda: custom_fields.restore(field=archived, by=BY, at=AT),
        "values": lambda: give(acme, region, "North"),
    }[verb]

    with pytest.raises(LookupError):
        call()
    assert (list(CustomField.objects.values()), list(CustomFieldValue.objects.values())) == before
