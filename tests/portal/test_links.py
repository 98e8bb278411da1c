"""From the address in a letter to a visit, and to nothing else."""

import datetime
import re
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from accounts.scoping import in_company
from audit.models import BillingEvent
from billing.actions import contacts, invoices
from portal.actions import links
from portal.models import IDLE, KIND, LONGEST, Link, PortalSession
from security import address, ratelimit
from security.tokens import token_hash
from security.visits import key_hash
from tests import books, visitors
from tests.portal.conftest import address_of, opened
from tests.visitors import Browser

pytestmark = pytest.mark.django_db
SECOND = datetime.timedelta(seconds=1)


def page_of(invoice):
    return reverse("portal:invoice", args=[invoice.pk])


def events(*actions):
    found = BillingEvent.objects.filter(action__in=actions).order_by("at", "id")
    return [(event.action, event.actor_type, event.actor_label) for event in found]


def test_fetching_a_link_tells_nothing_and_changes_nothing(invoice, django_assert_num_queries):
    real, unknown = address_of(invoice), reverse("portal:link", args=["x" * 43])
    before = BillingEvent.objects.count()
    with django_assert_num_queries(0):
        pages = [Browser().get(path) for path in (real, unknown)]

    assert [page.status_code for page in pages] == [200, 200]
    told = [page.content.decode().split("<main")[1].split("<form")[0] for page in pages]
    assert told[0] == told[1]
    assert invoice.number not in pages[0].content.decode()
    assert "__Host-portal" not in pages[0].cookies
    invoice.refresh_from_db()
    assert (invoice.viewed_at, PortalSession.objects.count(), BillingEvent.objects.count()) == (None, 0, before)


def test_opening_a_link_starts_a_visit_and_leaves_the_token_behind(invoice, ana):
    browser = Browser()
    response = browser.post(address_of(invoice))

    assert (response.status_code, response.url) == (302, page_of(invoice))
    cookie = response.cookies["__Host-portal"]
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Lax")
    session = PortalSession.objects.get()
    assert (session.contact, session.key_hash) == (ana, key_hash(KIND, cookie.value))
    assert browser.get(response.url).status_code == 200
    assert events("link.opened", "invoice.viewed") == [
        ("link.opened", "contact", "Ana"),
        ("invoice.viewed", "contact", "Ana"),
    ]


@pytest.mark.parametrize("state", ["live", "unknown", "too often"])
def test_no_answer_of_a_link_has_the_browser_tell_its_address_to_the_next(invoice, monkeypatch, state):
    path = reverse("portal:link", args=["x" * 43]) if state == "unknown" else address_of(invoice)
    if state == "too often":
        monkeypatch.setattr("security.ratelimit.take", lambda *args, **kwargs: False)
    answers = [Browser().get(path), Browser().post(path)]
    assert [answer.status_code for answer in answers] == [200, {"live": 302, "unknown": 404, "too often": 429}[state]]
    assert {answer["Referrer-Policy"] for answer in answers} == {"strict-origin"}


def test_a_browser_that_tells_its_origin_alone_opens_a_link(invoice):
    browser = Browser(enforce_csrf_checks=True)
    path = address_of(invoice)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(path).content.decode())[1]
    opened = browser.post(path, {"csrfmiddlewaretoken": token}, headers={"Origin": "https://testserver"})
    assert opened.status_code == 302


def test_the_token_is_kept_as_its_hash_only(invoice):
    token = address_of(invoice).strip("/").split("/")[-1]
    link = Link.objects.get()
    assert link.token_hash == token_hash(token)
    assert token not in str(vars(link))
    assert not BillingEvent.objects.filter(data__icontains=token).exists()


def test_the_first_view_becomes_a_fact_and_the_second_does_not(invoice):
    opened(invoice)
    invoice.refresh_from_db()
    first = invoice.viewed_at
    opened(invoice)
    invoice.refresh_from_db()
    assert invoice.viewed_at == first
    assert len(events("invoice.viewed")) == 1
    assert len(events("link.opened")) == 2


def test_what_is_opened_by_somebody_unknown_is_logged_under_the_address_it_was_sent_to(invoice):
    opened(invoice, "new@customer.example")
    assert events("link.opened") == [("link.opened", "contact", "new@customer.example")]


def test_whoever_is_no_known_contact_is_the_same_actor_before_and_during_the_visit(acme, invoice):
    browser = opened(invoice, "new@customer.example")
    begun_with = Link.objects.get()
    opened(books.issued(acme), "new@customer.example", browser=browser)
    browser.post(reverse("portal:end"))
    begun, ended = (BillingEvent.objects.filter(action=one) for one in ("link.opened", "portal_session.ended"))
    assert begun.order_by("at").first().actor_id == ended.get().actor_id == str(begun_with.pk)


def revoke(invoice):
    for link in Link.objects.all():
        links.revoke(link=link, by=books.BY, at=timezone.now())


def expire(invoice):
    Link.objects.update(expires_at=timezone.now())


def void(invoice):
    invoices.void(invoice=invoice, reason="wrong", by=books.BY, at=timezone.now())


def archive(invoice):
    contacts.archive(contact=invoice.customer.contacts.get(), by=books.BY, at=timezone.now())


@pytest.mark.parametrize("end", [revoke, expire, void])
def test_a_link_that_has_ended_opens_nothing_and_ends_the_visits_begun_with_it(invoice, visit, end):
    path = address_of(invoice)
    end(invoice)

    refused = Browser().post(path)
    assert (refused.status_code, "opens nothing" in refused.content.decode()) == (404, True)
    assert "__Host-portal" not in refused.cookies
    for name in ("invoice", "invoice_pdf", "pay"):
        assert visit.get(reverse(f"portal:{name}", args=[invoice.pk])).status_code == 404


def test_archiving_a_contact_ends_their_links_and_their_visit(invoice, visit):
    path = address_of(invoice)
    archive(invoice)

    assert Browser().post(path).status_code == 404
    for name in ("invoice", "invoice_pdf", "pay"):
        assert visit.get(reverse(f"portal:{name}", args=[invoice.pk])).status_code == 403


def test_a_visit_of_somebody_else_does_not_keep_the_links_of_an_archived_contact(acme, invoice):
    address_of(invoice)
    anas = Link.objects.get()
    books.contact(acme, "Ben", is_primary=False)
    ben = opened(invoice, "ben@customer.example")
    PortalSession.objects.get().links.set([anas])
    assert ben.get(page_of(invoice)).status_code == 200
    contacts.archive(contact=anas.contact, by=books.BY, at=timezone.now())
    assert ben.get(page_of(invoice)).status_code == 404


def test_a_link_to_a_draft_opens_nothing(acme):
    assert Browser().post(address_of(books.draft(acme))).status_code == 404


def test_revoking_twice_is_one_entry(invoice):
    address_of(invoice)
    for _ in range(2):
        links.revoke(link=Link.objects.get(), by=books.BY, at=timezone.now())
    assert len(events("link.revoked")) == 1


def test_a_visit_ends_half_an_hour_after_the_last_page(invoice):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = opened(invoice)
        clock.shift(IDLE - SECOND)
        assert browser.get(page_of(invoice)).status_code == 200
        clock.shift(IDLE - SECOND)
        assert browser.get(page_of(invoice)).status_code == 200
        clock.shift(IDLE)
        over = browser.get(page_of(invoice))
        assert (over.status_code, "visit is over" in over.content.decode()) == (403, True)


def test_a_visit_ends_a_day_after_the_first_page(invoice):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = opened(invoice)
        cookie = browser.cookies["__Host-portal"]
        expires = parsedate_to_datetime(cookie["expires"])
        assert abs(expires - timezone.now() - LONGEST) <= SECOND
        PortalSession.objects.update(seen_at=timezone.now() + LONGEST)
        clock.shift(LONGEST - SECOND)
        assert browser.get(page_of(invoice)).status_code == 200
        clock.shift(SECOND)
        assert browser.get(page_of(invoice)).status_code == 403


def test_leaving_ends_the_visit_for_good(invoice, visit):
    key = visit.cookies["__Host-portal"].value
    left = visit.post(reverse("portal:end"))
    assert (left.url, visit.cookies["__Host-portal"].value) == (reverse("portal:ended"), "")
    assert visit.get(left.url).status_code == 200
    visit.cookies["__Host-portal"] = key
    assert visit.get(page_of(invoice)).status_code == 403
    assert events("portal_session.ended") == [("portal_session.ended", "contact", "Ana")]


def test_a_visit_gathers_the_invoices_of_the_links_opened_in_it_and_no_others(acme, invoice, visit):
    second, third = books.issued(acme), books.issued(acme)
    opened(second, browser=visit)
    assert [visit.get(page_of(one)).status_code for one in (invoice, second, third)] == [200, 200, 404]
    assert PortalSession.objects.count() == 1


def test_a_link_sent_to_somebody_else_begins_a_visit_of_their_own(acme, invoice, visit):
    books.contact(acme, "Ben", is_primary=False)
    second = books.issued(acme)
    opened(second, "ben@customer.example", browser=visit)
    assert visit.get(page_of(invoice)).status_code == 404
    assert events("link.opened")[-1] == ("link.opened", "contact", "Ben")


def test_another_customers_visit_is_told_of_nothing(company, acme, invoice, borealis):
    books.contact(borealis, "Bea")
    bea = opened(books.issued(borealis), "bea@customer.example")
    answers = {
        name: bea.get(reverse(f"portal:{name}", args=[invoice.pk])).status_code
        for name in ("invoice", "invoice_pdf", "pay")
    }
    assert answers == {"invoice": 404, "invoice_pdf": 404, "pay": 404}
    assert bea.post(reverse("portal:pay", args=[invoice.pk]), {"amount": "1"}).status_code == 404


def test_another_companys_visit_is_told_of_nothing(invoice):
    other = visitors.company("Other")
    with in_company(other):
        customer = books.customer(other, "Cargo")
        stranger = opened(books.issued(customer), "cargo@customer.example")
    assert stranger.get(page_of(invoice)).status_code == 404


def test_a_members_session_opens_no_portal_page_and_a_visit_no_staff_page(ada, invoice, visit):
    assert ada.get(page_of(invoice)).status_code == 403
    staff = visit.get(reverse("billing:invoice_detail", args=[invoice.pk]))
    assert (staff.status_code, staff.url.split("?")[0]) == (302, reverse("accounts:sign_in"))


def test_a_member_who_opens_a_link_acts_as_the_contact(ada, invoice, ana):
    opened(invoice, browser=ada)
    assert ada.get(page_of(invoice)).status_code == 200
    assert ada.get(reverse("billing:invoice_detail", args=[invoice.pk])).status_code == 200
    assert events("invoice.viewed") == [("invoice.viewed", "contact", "Ana")]


def test_a_key_made_up_or_taken_from_a_link_is_no_visit(invoice):
    token = address_of(invoice).strip("/").split("/")[-1]
    for key in ("x" * 43, token, str(invoice.pk), "\x00", ""):
        browser = Browser()
        browser.cookies["__Host-portal"] = key
        assert browser.get(page_of(invoice)).status_code == 403


def test_tokens_cannot_be_tried_without_end(invoice):
    browser = Browser()
    answers = [browser.post(reverse("portal:link", args=["x" * 43])).status_code for _ in range(61)]
    assert (answers[59], answers[60]) == (404, 429)
    assert browser.post(address_of(invoice)).status_code == 429


def test_the_addresses_of_one_subscriber_are_one_source_of_tries(invoice):
    for _ in range(60):
        ratelimit.take(ratelimit.PORTAL_LINK, address.source("2001:db8:0:1::1"), at=timezone.now())

    answers = [
        Browser(REMOTE_ADDR=ip).post(address_of(invoice)).status_code for ip in ("2001:db8:0:1::2", "2001:db8:0:2::1")
    ]
    assert answers == [429, 302]


def test_a_form_from_elsewhere_opens_nothing(invoice):
    browser = Browser(enforce_csrf_checks=True)
    refused = browser.post(address_of(invoice))
    assert refused.status_code == 403
    assert not PortalSession.objects.exists()


def test_a_visit_knows_where_it_began(invoice):
    browser = Browser(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"})
    opened(invoice, browser=browser)
    visit = PortalSession.objects.get()
    assert (visit.ip, visit.device) == ("127.0.0.1", "Firefox on Linux")


def test_another_link_gives_the_visit_a_new_key_and_ends_the_old_one(acme, invoice, visit):
    old, begun = visit.cookies["__Host-portal"].value, PortalSession.objects.get()
    opened(books.issued(acme), browser=visit)
    copied = Browser()
    copied.cookies["__Host-portal"] = old
    assert copied.get(page_of(invoice)).status_code == 403
    assert visit.get(page_of(invoice)).status_code == 200
    assert PortalSession.objects.get() == begun


def test_the_table_of_visits_does_not_hold_what_opens_one(invoice, visit):
    copied = Browser()
    copied.cookies["__Host-portal"] = PortalSession.objects.get().key_hash
    assert copied.get(page_of(invoice)).status_code == 403


def test_a_page_that_looks_again_by_itself_keeps_no_visit_alive(invoice):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        browser = opened(invoice)
        clock.shift(IDLE - SECOND)
        assert browser.get(page_of(invoice) + "?looks=3").status_code == 200
        clock.shift(SECOND)
        assert browser.get(page_of(invoice)).status_code == 403
