"""What staff do with the links of an invoice."""

import re

import pytest
from django.urls import reverse

from audit.models import BillingEvent
from portal.models import Link
from tests import books, visitors
from tests.portal.conftest import address_of
from tests.visitors import Browser

pytestmark = pytest.mark.django_db


def links_of(invoice):
    return reverse("portal:invoice_links", args=[invoice.pk])


def test_a_link_made_by_hand_is_shown_once_and_works(ada, invoice):
    made = ada.post(links_of(invoice)).content.decode()
    address = re.search(r'value="(https://testserver/i/[^"]+)"', made)[1]

    assert address not in ada.get(links_of(invoice)).content.decode()
    assert Browser().post(address.removeprefix("https://testserver")).status_code == 302
    event = BillingEvent.objects.get(action="link.created")
    assert (event.actor_type, event.actor_label, event.data["recipient"]) == ("member", "Ada", "handed over by Ada")


def test_a_link_that_was_handed_over_is_not_used_in_the_name_of_a_contact(ada, invoice):
    made = ada.post(links_of(invoice)).content.decode()
    Browser().post(re.search(r'value="https://testserver(/i/[^"]+)"', made)[1])
    assert Link.objects.get().contact is None
    for used in BillingEvent.objects.filter(action__in=["link.opened", "invoice.viewed"]):
        assert (used.actor_type, used.actor_label) == ("contact", "handed over by Ada")


def test_a_link_made_by_somebody_of_a_long_name_fits(company, invoice):
    named = visitors.browser(visitors.member(company, "administrator", "N" * 120))
    assert named.post(links_of(invoice)).status_code == 200


def test_a_revoked_link_says_so(ada, invoice):
    address_of(invoice)
    link = Link.objects.get()
    response = ada.post(reverse("portal:link_revoke", args=[invoice.pk, link.pk]), follow=True)
    assert "opens nothing any more" in response.content.decode()
    assert "Revoked" in response.content.decode()
    assert BillingEvent.objects.get(action="link.revoked").actor_label == "Ada"


def test_a_link_is_revoked_under_its_own_invoice_only(ada, acme, invoice):
    address_of(invoice)
    other = books.issued(acme)
    response = ada.post(reverse("portal:link_revoke", args=[other.pk, Link.objects.get().pk]))
    assert (response.status_code, Link.objects.get().revoked_at) == (404, None)


def test_a_draft_has_no_links(ada, acme):
    response = ada.post(links_of(books.draft(acme)), follow=True)
    assert "Issue it first" in response.content.decode()
    assert not Link.objects.exists()


def test_who_may_not_send_makes_no_link(company, invoice):
    reader = visitors.browser(visitors.member(company, "read_only", "Rea"))
    assert reader.post(links_of(invoice)).status_code == 403


def test_a_manager_of_other_customers_makes_no_link(company, invoice):
    manager = visitors.browser(visitors.member(company, "account_manager", "Max"))
    assert manager.post(links_of(invoice)).status_code == 404


def test_the_invoice_leads_to_its_links(ada, invoice):
    page = ada.get(reverse("billing:invoice_detail", args=[invoice.pk])).content.decode()
    assert links_of(invoice) in page
