import pytest
import time_machine
from django.urls import reverse

from accounts.models import ApiKey, Invitation, Membership, Session
from accounts.scoping import in_company
from audit.models import SecurityEvent
from billing.actions import restrictions
from billing.errors import RestrictionRefused
from billing.models import CustomField, CustomFieldValue
from tests import books, make, visitors
from tests.access.world import DAY, key_of
from tests.books import AT, BY


@pytest.fixture(autouse=True)
def clock():
    """However long a test takes, a factor that was shown stays fresh."""
    with time_machine.travel("2026-03-16T09:00:00Z", tick=False):
        yield


@pytest.fixture
def bo(company):
    return visitors.member(company, "employee", "Bo")


@pytest.fixture
def region(company):
    return field(company, "Region", "choice", ("North", "South"))


def field(company, name, kind="text", choices=()):
    return CustomField.objects.create(company=company, name=name, kind=kind, choices=list(choices), created_at=AT)


def has(customer, of, value):
    CustomFieldValue.objects.create(company_id=customer.company_id, customer=customer, field=of, value=value)


def invited(company, by, **more):
    given = {"email": "new@bo.example", "role": "employee", "invited_at": AT, "sent_at": AT, "expires_at": AT + DAY}
    return Invitation.objects.create(company=company, invited_by=by, **given | more)


def address(target):
    route = {Membership: "member", Invitation: "invitation", ApiKey: "key"}[type(target)]
    return reverse(f"billing:restriction_{route}", args=[target.pk])


def send(browser, target, button="save", **sent):
    return browser.post(address(target), {"mode": "none", button: "1"} | sent)


def kept(target):
    target.refresh_from_db()
    return target.restriction, target.field_values, target.customer_ids


def errors(page, name=None):
    return " ".join(page.context["form"].errors.get(name or "__all__", []))


def seen(page):
    return [customer.name for customer in page.context["preview"].first]


def test_values_are_chosen_in_steps_previewed_and_saved(ada, company, acme, borealis, bo, region):
    sector = field(company, "Sector")
    books.issued(acme)
    for customer, values in ((acme, ("North", "Ships")), (borealis, ("South", "Ships"))):
        has(customer, region, values[0])
        has(customer, sector, values[1])
    books.customer(company, "Without")
    picked = {"mode": "fields", "field_1": region.pk, "field_2": sector.pk}

    step = send(ada, bo, "values", **picked)
    assert [str(one["field"]) for one in step.context["form"].values] == ["Region", "Sector"]
    assert not step.context["form"].errors

    chosen = picked | {f"ticked-{region.pk}": ["North"], f"lines-{sector.pk}": "Ships\nTrains\n"}
    page = send(ada, bo, "preview", **chosen)
    assert (page.context["preview"].count, page.context["preview"].of) == (1, 3)
    assert (seen(page), page.context["preview"].open) == (["Acme"], ["EUR\N{NO-BREAK SPACE}100.00"])
    assert kept(bo) == ("none", {}, [])

    page = send(ada, bo, **chosen)
    assert page.headers["Location"] == reverse("accounts:member_detail", args=[bo.pk])
    assert kept(bo) == ("fields", {str(region.pk): ["North"], str(sector.pk): ["Ships", "Trains"]}, [])
    entry = SecurityEvent.objects.get(action__contains="restrict")
    assert (entry.actor_label, entry.changes["restriction"]) == ("Ada", ["none", "fields"])
    with in_company(company):
        assert list(visitors.access(bo).visible(type(acme))) == [acme]


def test_the_page_starts_from_what_holds(ada, company, acme, borealis, bo, region):
    has(acme, region, "North")
    for given, expected in (
        ({"restriction": "fields", "field_values": {str(region.pk): ["North"]}}, ["Acme"]),
        ({"restriction": "customers", "customer_ids": [str(borealis.pk)]}, ["Borealis"]),
        ({"restriction": "owner"}, []),
        ({"restriction": "none"}, ["Acme", "Borealis"]),
    ):
        Membership.objects.filter(pk=bo.pk).update(**{"field_values": {}, "customer_ids": []} | given)
        page = ada.get(address(bo))
        assert seen(page) == expected
        assert page.context["form"]["mode"].value() == given["restriction"]


def test_a_list_takes_numbers_and_names_and_what_was_found(ada, company, acme, borealis, bo):
    other = books.customer(company, "Cargo")

    found = send(ada, bo, "search", mode="customers", customers="Acme", find="carg")
    assert [one.name for one in found.context["found"]] == ["Cargo"]
    added = send(ada, bo, "values", mode="customers", customers=f"Acme\n{borealis.number}", add=[other.pk])
    lines = added.context["form"]["customers"].value()
    assert lines == f"Acme\n{borealis.number}\n{other.number} · Cargo"

    assert send(ada, bo, mode="customers", customers=lines).status_code == 302
    assert kept(bo) == ("customers", {}, [str(one.pk) for one in (acme, borealis, other)])
    assert ada.get(address(bo)).context["form"]["customers"].value() == "\n".join(
        f"{one.number} · {one.name}" for one in (acme, borealis, other)
    )


def test_what_names_nobody_or_several_is_said(ada, company, acme, bo):
    twin = books.customer(company, "Acme")
    page = send(ada, bo, mode="customers", customers="Acme\nNobody\nK-0")

    assert "No customer has this number or name: “Nobody”, “K-0”." in errors(page, "customers")
    assert "Several customers have this name, so write their numbers: “Acme”." in errors(page, "customers")
    assert "Name at least one customer." in errors(send(ada, bo, mode="customers"), "customers")
    many = "\n".join(f"K{number}" for number in range(501))
    assert "at most 500 customers. These are 501 lines." in errors(
        send(ada, bo, mode="customers", customers=many), "customers"
    )
    assert send(ada, bo, mode="customers", customers=twin.number).status_code == 302


def test_five_hundred_customers_hold(ada, company, bo):
    made = [books.customer(company, f"Customer {number:03}") for number in range(500)]
    lines = "\n".join(one.number for one in made)

    assert send(ada, bo, mode="customers", customers=lines).status_code == 302

    assert len(kept(bo)[2]) == 500
    assert ada.get(address(bo)).context["preview"].count == 500
    browser = visitors.browser(bo)
    assert browser.get("/customers/").status_code == browser.get("/invoices/").status_code == 200


def test_what_is_missing_for_values_is_said(ada, company, bo, region):
    assert errors(send(ada, bo, mode="fields"), "field_1") == "Choose at least one field."
    twice = send(ada, bo, mode="fields", field_1=region.pk, field_2=region.pk)
    assert "Choose each field once" in errors(twice, "field_1")
    none = send(ada, bo, mode="fields", field_1=region.pk)
    assert "Choose at least one value of Region" in errors(none, f"ticked-{region.pk}")
    seats = field(company, "Seats", "number")
    wrong = send(ada, bo, mode="fields", field_1=seats.pk, **{f"lines-{seats.pk}": "12\nmany"})
    assert "“many”: This is not a number." in errors(wrong, f"lines-{seats.pk}")
    assert kept(bo) == ("none", {}, [])


def test_ids_of_another_company_are_no_choices(ada, company, bo, region):
    rival = visitors.company("Rival")
    with in_company(rival):
        foreign, stranger = field(rival, "Foreign"), books.customer(rival, "Stranger")
        ours = visitors.member(rival, "employee", "Rita")
        theirs = (ours, invited(rival, ours), key_of(ours))
    page = send(ada, bo, mode="fields", field_1=foreign.pk)
    assert "This field cannot be found." in errors(page, "field_1")
    page = send(ada, bo, mode="fields", field_1=region.pk, **{f"ticked-{region.pk}": ["East"]})
    assert errors(page, f"ticked-{region.pk}") == "Choose values from the list."
    page = send(ada, bo, mode="customers", customers=stranger.number, add=[stranger.pk])
    assert errors(page, "add") == "Choose customers that were found."
    assert "No customer has this number" in errors(page, "customers")
    assert "Stranger" not in page.content.decode()
    for target in theirs:
        assert ada.get(address(target)).status_code == send(ada, target).status_code == 404


def test_an_invitation_and_a_key_are_limited_alike(ada, company, acme, bo):
    for target, action in ((invited(company, bo), "invitation"), (key_of(bo), "api_key")):
        assert ada.get(address(target)).status_code == 200
        assert send(ada, target, mode="customers", customers=acme.number).status_code == 302
        assert kept(target) == ("customers", {}, [str(acme.pk)])
        entry = SecurityEvent.objects.filter(action__startswith=action).latest("at", "id")
        assert (entry.actor_label, entry.changes["restriction"]) == ("Ada", ["none", "customers"])


def test_whoever_is_invited_owns_nothing_yet_and_a_key_sees_no_more_than_its_maker(ada, company, acme, borealis, bo):
    page = send(ada, invited(company, bo), "preview", mode="owner")
    assert (page.context["preview"].count, page.context["preview"].of) == (0, 2)
    Membership.objects.filter(pk=bo.pk).update(restriction="customers", customer_ids=[str(acme.pk)])
    assert seen(send(ada, key_of(bo), "preview", mode="none")) == ["Acme"]


def test_about_whom_nothing_can_be_decided_the_page_says_why(ada, company, bo):
    other = visitors.member(company, "administrator", "Grace")
    asked = invited(company, bo, role="administrator")
    text = {
        other: "administrators see every customer",
        asked: "An administrator sees every customer.",
        Membership.objects.get(user__name="Ada"): "administrators see every customer",
    }
    for target, words in text.items():
        for page in (ada.get(address(target)), send(ada, target, mode="owner")):
            assert words in page.context["closed"]
        assert kept(target) == ("none", {}, [])


def test_whoever_sees_only_some_customers_decides_about_none_but_their_own_keys(company, acme, borealis, bo):
    role = make.role(company, "team.edit", "team.view", "customer.view", "api_key.edit", "api_key.view")
    limited = {"restriction": "customers", "customer_ids": [str(acme.pk)]}
    cam = visitors.member(company, role, "Cam", **limited)
    browser = visitors.browser(cam)
    for target in (bo, invited(company, bo), key_of(bo)):
        for page in (browser.get(address(target)), send(browser, target, mode="owner")):
            assert "You see only some customers yourself" in page.context["closed"]
            assert "Borealis" not in page.content.decode()
    own = key_of(cam)
    page = browser.get(address(own))
    assert (seen(page), page.context["preview"].of) == (["Acme"], 1)
    hidden = send(browser, own, mode="customers", customers=borealis.number)
    assert "No customer has this number or name" in errors(hidden, "customers")
    assert send(browser, own, mode="customers", customers=acme.number).status_code == 302


def test_what_went_meanwhile_is_refused(company, acme, bo, region):
    ada = visitors.access(visitors.member(company, "administrator", "Ada"))

    def restrict(**changed):
        given = {"restriction": "fields", "field_values": {str(region.pk): ["North"]}, "customer_ids": []} | changed
        restrictions.restrict(target=bo, granter=ada, by=BY, at=AT, **given)

    with pytest.raises(RestrictionRefused, match="One of the choices of Region is no longer there"):
        restrict(field_values={str(region.pk): ["East"]})
    with pytest.raises(RestrictionRefused, match="One of these customers is no longer there"):
        restrict(restriction="customers", customer_ids=[str(acme.pk), str(bo.pk)])
    region.archived_at = AT
    region.save()
    with pytest.raises(RestrictionRefused, match="One of these fields is no longer there"):
        restrict()


def test_saving_asks_who_is_there(company, bo):
    membership = visitors.member(company, "administrator", "Stella")
    stella = visitors.browser(membership)
    Session.objects.filter(user=membership.user).update(proofs={})

    assert stella.get(address(bo)).status_code == 200
    assert b'name="confirm-interrupted"' in send(stella, bo, mode="owner").content
    assert kept(bo) == ("none", {}, [])
