"""What holds for every answer: no form from elsewhere, no method nobody uses, and the headers that bind the browser."""

import re
from base64 import b64encode
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import EmailChange
from audit.models import BillingEvent
from security import ratelimit
from tests import keys, make
from tests.access.routes import all_routes, route
from tests.access.test_get_is_safe import contents
from tests.access.world import ask
from tests.house.code import report
from tests.visitors import Browser

WHO = ["anonymous", "administrator", "owner", "stale", "key", "customer"]
METHODS = ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "BREW", "PROPFIND"]
TWO_YEARS = 63_072_000
ANONYMOUS_FORMS = [
    "accounts:sign_in",
    "accounts:forgot_password",
    "accounts:reset_password",
    "accounts:email_agree",
    "accounts:factor_reset_cancel",
    "accounts:invitation_accept",
    "accounts:not_me",
    "accounts:unlock",
]

# A letter in the demo's mailbox looks as its sender wished; it may bring styles, and nothing that acts.
OWN_POLICY = {"mailbox_html"}
# What a page of the portal is made of may be kept by the browser that may see it, to be asked about anew.
KEPT_PRIVATELY = {"portal:brand", "portal:logo", "billing:logo"}
# What everybody may read of the log is the same for everybody, and may be kept on its way to them.
KEPT_BY_ANYBODY = {"audit:public_checkpoint", "audit:public_keys", "audit:public_tile"}
# Whoever knows the address may enter, so it is told to nobody, not even to this site.
KEYS_IN_THEIR_ADDRESS = {
    "accounts:email_agree",
    "accounts:factor_reset_cancel",
    "accounts:invitation_accept",
    "accounts:not_me",
    "accounts:reset_password",
    "accounts:unlock",
    "portal:link",
}


def careful(browser):
    """The same browser at a server that checks its forms."""
    checked = Browser(enforce_csrf_checks=True)
    checked.cookies, checked.defaults = browser.cookies, browser.defaults
    return checked


@pytest.mark.parametrize("who", WHO)
def test_a_form_without_its_token_is_refused(world, people, who):
    browser, before, wrong = careful(people[who]), contents(), []
    for one in all_routes():
        response = browser.post(one.address(world.owned), {"reason": "sent from elsewhere"})
        if one.is_api and response.status_code == 405:
            continue  # programs send no forms
        if response.status_code != 403 or b"out of date" not in response.content.lower():
            wrong.append(f"{one.name} answers {response.status_code}")
    assert not wrong, report(wrong)
    assert contents() == before


@pytest.mark.parametrize(
    ("origin", "status"), [("https://testserver", 302), ("https://elsewhere.example", 403), ("null", 403)]
)
def test_with_its_token_it_is_taken_from_this_site_only(world, people, origin, status):
    browser, address = careful(people["administrator"]), route("billing:note_create").address(world.owned)
    page = browser.get(route("billing:invoice_detail").address(world.owned)).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]

    response = browser.post(address, {"csrfmiddlewaretoken": token, "text": "rings back"}, headers={"Origin": origin})

    assert response.status_code == status


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
@pytest.mark.parametrize("name", ANONYMOUS_FORMS)
def test_a_form_that_asks_for_no_account_is_bound_to_this_site_too(world, people, name, origin):
    browser, address = careful(people["anonymous"]), route(name).address(world.owned)
    page = browser.get(address).content.decode()
    body = {"csrfmiddlewaretoken": re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]}
    before = contents()

    refused = browser.post(address, body, headers={"Origin": origin})
    unchanged = contents() == before
    taken = browser.post(address, body, headers={"Origin": "https://testserver"})

    assert (refused.status_code, unchanged, taken.status_code) == (403, True, 200)


@pytest.mark.parametrize("who", WHO)
def test_methods_nobody_uses_are_refused(world, people, who):
    wrong = []
    for one in all_routes():
        for method in METHODS:
            response = ask(people[who], method, one.address(world.owned))
            allowed = "GET, HEAD" if one.is_api else "GET, HEAD, POST"
            if response.status_code != 405 or response.headers["Allow"] != allowed:
                wrong.append(f"{method} {one.name} answers {response.status_code}")
    assert not wrong, report(wrong)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_answer_binds_the_browser(world, people, who, method):
    wrong = []
    for one in all_routes():
        response = ask(people[who], method, one.address(world.owned))
        wrong += [f"{method} {one.name} {response.status_code}: {lack}" for lack in lacking(response, one.name)]
    assert not wrong, report(wrong)


@pytest.mark.parametrize("place", ["cookie", "query", "form", "user name", "other header"])
def test_a_key_opens_nothing_from_anywhere_but_its_header(world, people, place):
    """Where a browser would send it by itself, or logs and histories would keep it, it is no key."""
    keys.key(make.member(company=world.company))
    browser, names = Browser(), ("api_key", "key", "token", "access_token", "Authorization")
    given = dict.fromkeys(names, f"Bearer {keys.TOKEN}")
    if place == "cookie":
        browser.cookies.load(dict.fromkeys(names, keys.TOKEN))
    headers = {
        "user name": {"Authorization": f"Basic {b64encode(keys.TOKEN.encode()).decode()}"},
        "other header": {"X-Api-Key": keys.TOKEN, "Proxy-Authorization": f"Bearer {keys.TOKEN}"},
    }.get(place, {})
    wrong = []
    for one in all_routes():
        if one.by_key:
            query = f"?{urlencode(given)}" if place == "query" else ""
            response = ask(browser, "GET", one.address(world.owned) + query, headers=headers)
            posted = ask(browser, "POST", one.address(world.owned), given if place == "form" else {}, headers=headers)
            if (response.status_code, posted.status_code) != (401, 405):
                wrong.append(f"{one.name} answers {response.status_code}, and {posted.status_code} to a form")
    assert not wrong, report(wrong)


def test_what_everybody_may_read_of_the_log_is_the_same_for_everybody(world, people):
    for one in all_routes():
        if one.name.startswith("audit:public_") and one.name != "audit:public_log":
            answers = [ask(browser, "GET", one.address(world.owned)) for browser in people.values()]
            assert {(answer.status_code, answer.body) for answer in answers} == {(200, answers[0].body)}


@pytest.mark.parametrize("path", ["tile/0/999", "tile/x/000", "tile/../checkpoint", "elsewhere"])
def test_an_answer_to_what_is_not_there_of_the_log(world, people, path):
    response = ask(people["anonymous"], "GET", f"/log/{path}")
    assert (response.status_code, lacking(response)) == (404, [])


def test_an_answer_before_anything_is_signed(db):
    response = ask(Browser(), "GET", "/log/checkpoint")
    assert (response.status_code, lacking(response, "audit:public_checkpoint")) == (404, [])


def test_an_answer_where_there_is_no_proof_yet(world, people):
    """The link of the invoice was opened after the log was sealed."""
    entry = BillingEvent._base_manager.latest("at", "pk")
    response = ask(people["administrator"], "GET", route("audit:billing_proof").address(world.owned, id=entry.pk))
    assert (response.status_code, lacking(response)) == (409, [])


def test_an_answer_to_an_unknown_host(people):
    response = ask(people["administrator"], "GET", "/", HTTP_HOST="elsewhere.example")
    assert (response.status_code, lacking(response)) == (400, [])


def test_an_answer_that_is_not_there(people):
    response = ask(people["administrator"], "GET", "/nowhere/")
    assert (response.status_code, lacking(response)) == (404, [])


def test_an_answer_to_who_asks_too_often(world, monkeypatch):
    monkeypatch.setattr(ratelimit, "take", lambda *parts, at: False)
    response = ask(Browser(), "POST", reverse("portal:link", args=[world.owned.tokens["portal:link"]]))
    assert (response.status_code, lacking(response, "portal:link")) == (429, [])


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("accounts:sign_in", {"email": "ada@harbour.example", "password": "guessed"}),
        ("accounts:forgot_password", {"email": "ada@harbour.example"}),
        ("accounts:reset_password", {"new": "nine slow barges under fog"}),
        ("accounts:password_strength", {"password": "nine slow barges under fog"}),
    ],
)
def test_an_answer_to_who_tries_too_often(world, monkeypatch, name, body):
    monkeypatch.setattr(ratelimit, "take_each", lambda counts, at: counts[0])
    response = ask(Browser(), "POST", route(name).address(world.owned), body)
    assert (response.status_code, lacking(response, name)) == (429, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", sorted(KEYS_IN_THEIR_ADDRESS - {"portal:link"}))
def test_an_answer_to_a_key_that_opens_nothing(world, name, method):
    response = ask(Browser(), method, route(name).address(world.owned, token="opens-nothing"))
    assert (response.status_code, lacking(response, name)) == (404, [])


def test_an_answer_to_agreeing_too_late(world):
    EmailChange.objects.filter(pk=world.owned.email_change.pk).update(new_agreed_at=timezone.now())
    make.user(world.owned.email_change.new_email)
    response = ask(Browser(), "POST", route("accounts:email_agree").address(world.owned))
    assert (response.status_code, lacking(response, "accounts:email_agree")) == (409, [])


def test_an_answer_when_something_breaks(people, monkeypatch):
    def breaks(access):
        raise RuntimeError("broken for this test")

    monkeypatch.setattr("billing.doors.get_seller", breaks)
    people["administrator"].raise_request_exception = False
    response = ask(people["administrator"], "GET", "/")
    assert (response.status_code, lacking(response)) == (500, [])


@pytest.mark.parametrize(
    ("path", "status"), [("customers/", 401), ("nothing/", 404), ("customers/?limit=no", 400)], ids=str
)
def test_an_answer_to_a_program(world, people, path, status):
    """JSON is bound like a page, whoever refuses."""
    who = "anonymous" if status == 401 else "key"
    response = ask(people[who], "GET", f"/api/v1/{path}")
    assert (response.status_code, response.headers["Content-Type"]) == (status, "application/json")
    assert lacking(response) == []


def test_a_file_that_is_not_there(people):
    response = ask(people["anonymous"], "GET", "/static/nothing.css")
    assert (response.status_code, lacking(response)) == (404, [])


def lacking(response, name=""):
    """What the answer should tell the browser and does not."""
    headers = response.headers
    policy = headers.get("Content-Security-Policy", "")
    wrong = [
        f"{header} is {headers.get(header)!r}"
        for header, value in {
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "strict-origin" if name in KEYS_IN_THEIR_ADDRESS else "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Strict-Transport-Security": f"max-age={TWO_YEARS}; includeSubDomains; preload",
        }.items()
        if headers.get(header) != value
    ]
    wrong += [
        f"the policy does not say {part}"
        for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
        if part not in policy
    ]
    if name not in OWN_POLICY:
        wrong += loose_scripts(policy, response)
        wrong += ["the policy allows inline or evaluated code"] if "unsafe" in policy else []
    cached = headers.get("Cache-Control", "")
    may_be_kept = name in KEPT_PRIVATELY and cached.startswith("private")
    if name in KEPT_BY_ANYBODY and cached.startswith("public"):
        may_be_kept = not response.cookies
    if "no-store" not in cached and not may_be_kept:
        wrong.append(f"it may be kept: {cached!r}")
    return wrong


def loose_scripts(policy, response):
    """Scripts on the page whose nonce is not the one the policy names."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return []
    scripts = re.findall(r"<script\b[^>]*>", response.body.decode())
    named = re.search(r"script-src 'nonce-([^']{20,})'", policy)
    return [script for script in scripts if named is None or f'nonce="{named[1]}"' not in script]
