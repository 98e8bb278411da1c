"""Whatever is typed into a text field is refused with a sentence or kept as text: never code, never a broken page."""

import csv
import io
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from lxml import html

from accounts import letters
from accounts.models import AccessReview, Approval, Invitation, Letter, Membership, ReviewedMember
from accounts.scoping import in_company
from audit.models import SavedView
from billing import emails
from billing.api.endpoints import CUSTOMERS, EVENTS, INVOICES, PAYMENTS
from billing.models import EmailMessage, Invoice, Item, TaxRate
from portal.actions import links
from tests import books, make, programs
from tests.access import bodies
from tests.access.log_changes import old_entry
from tests.access.routes import all_routes, route
from tests.access.world import ask
from tests.house.code import report
from tests.visitors import Browser

WORD = "xq7"
CORPUS = {
    "markup": f"\"><{WORD} onerror=1>' on{WORD}='1",
    "a script": f"</script></title></textarea><script>{WORD}()</script><svg/onload={WORD}()>",
    "an address": f"javascript:{WORD}()//",
    "templates": f"{{{{ 7|add:7 }}}}{{% now 'Y' %}}${{7*7}}<%= 7*7 %>{{0.__class__}} %(name)s {{target}} {WORD}",
    "Typst": f'#read("/etc/passwd") #{WORD}() $7^2$ *bold* \\ `raw` <label> @ref',
    "a formula": f'=HYPERLINK("http://{WORD}.example","x")',
    "another formula": f"@SUM(1+1)*{WORD}",
    "a header": f"{WORD}\r\nBcc: everybody@evil.example\r\n\r\n<{WORD}>",
    "SQL and a path": f"'; DROP TABLE x; -- {WORD} ../../etc/passwd",
    "a reversed text": f"{WORD} \u202egpj.exe",
    "a null": f"{WORD}\0null",
    "10,000 characters": f"{WORD} " + "w" * 9_996,
    "signs of all kinds": f"{WORD} 👩‍👩‍👧‍👦 𝔘 الاسم 名前 e\u0301 ﷽ ½ \u00a0",
}


# What a page says for itself, and not what stands on every page: a banner, or the place for what a script may say.
SAYS_WHY = re.compile(
    rb'class="(error-summary|alert (bad|error|warning)"|field-error"(?! role="alert" data-passkey-trouble))'
)
TAKEN = re.compile(b"Your password is changed|data-copy|inv_")


class Form(NamedTuple):
    """A form, what is sent with it when all is well, its fields that take text, and who fills it in."""

    route: str
    body: Callable[[SimpleNamespace], dict[str, Any]]
    texts: str
    query: Callable[[SimpleNamespace], str] = lambda own: ""
    who: str = "administrator"


def by(who: str, route: str, texts: str, **body: str) -> Form:
    return Form(route, lambda own: body, texts, who=who)


RULES = {"second_factor": "advised", "grace_days": "3", "idle_minutes": "15", "session_hours": "12"}
ROLE = {"name": "Pilot", "permissions": "customer.view"}
FIELD = {"name": "Basin", "kind": "text", "position": "3", "in_list": "on"}
CHOICE = FIELD | {"name": "Quay", "kind": "choice", "choices": "North"}
KEY = {"name": "Nightly", "permissions": "customer.view", "sees": "mine", "lasts": "30"}


def limited(own: SimpleNamespace) -> dict[str, Any]:
    field = own.custom_field.pk
    return {"mode": "fields", "field_1": field, f"lines-{field}": "North", "save": "1"}


OF_TEAM = [
    by("administrator", "accounts:role_create", "name description limit_invoice_write_off permissions", **ROLE),
    by("administrator", "accounts:role_edit", "name description limit_invoice_write_off", **ROLE | {"name": "Steward"}),
    by("administrator", "accounts:role_delete", "heir holders"),
    by("administrator", "accounts:member_role", "role"),
    by("administrator", "accounts:member_revoke", "heir"),
    by("administrator", "accounts:access_review", "members"),
    by("administrator", "accounts:invitation_create", "emails role restriction"),
    Form("billing:restriction_invitation", limited, "mode customers find add field_1 lines-{field} ticked-{field}"),
    by("invited", "accounts:invitation_accept", "name password", name="Guest", password="nine slow barges under fog"),
    by("administrator", "accounts:approval_refuse", "reason", reason="too much"),
    by("administrator", "accounts:api_key_create", "name permissions sees lasts last_day", **KEY),
    by("administrator", "accounts:approval_rules", "write_off_up_to", write_off="on"),
    by("administrator", "billing:invoice_write_off", "reason", reason="insolvent"),
    by("administrator", "billing:custom_field_create", "name kind choices position", **FIELD | {"choices": "North"}),
    by(
        "administrator",
        "billing:custom_field_create",
        "choices",
        **FIELD | {"name": "Quay", "kind": "choice", "choices": "North"},
    ),
    by("administrator", "billing:custom_field_edit", "name kind choices position", **FIELD | {"name": "Pier"}),
    Form("billing:customer_edit", lambda own: bodies.customer(), "field-{field}"),
    Form("billing:restriction_member", limited, "mode customers find add field_1 lines-{field} ticked-{field}"),
    Form("billing:restriction_key", limited, "mode customers find add field_1 lines-{field} ticked-{field}"),
]
OF_LOGS = [
    *(by("administrator", f"audit:{log}_view_save", "name", name="Refused") for log in ("billing", "security")),
    by("administrator", "audit:billing_view_edit", "name", name="Renamed"),
    by("administrator", "audit:billing_export", "format"),
    by("administrator", "accounts:log_settings", "alerts addresses checkpoint_addresses", addresses="a@siem.example"),
    by("administrator", "accounts:log_retention", "kept_months confirmed", kept_months="24", confirmed="on"),
    by("administrator", "accounts:log_erasing_person", "reason", reason="Request 7"),
    by("administrator", "accounts:log_stream_set_up", "url start"),
    by("administrator", "accounts:log_stream_address", "url", url="https://siem.example/intake"),
    by("administrator", "accounts:log_stream_pause", "", pressed="1"),
    by("administrator", "accounts:log_stream_resume", "number", number="1"),
]
HEAD = "payment_terms purchase_order message prepaid issue_date due_date currency tax_rounding"
LINES = "name description quantity unit unit_price price_base_quantity discount item tax_rates"
FORMS = [
    Form("billing:company_settings", lambda own: bodies.company(), " ".join(bodies.company())),
    Form("billing:customer_edit", lambda own: bodies.customer(), " ".join(bodies.customer())),
    Form("billing:contact_edit", lambda own: bodies.contact(is_primary="on"), "name title email phone"),
    Form("billing:item_create", lambda own: bodies.item(), " ".join(bodies.item())),
    Form("billing:tax_rate_create", lambda own: bodies.tax_rate(), "name percent category"),
    Form("billing:customer_note_create", lambda own: {"text": "rings back"}, "text"),
    Form("billing:note_create", lambda own: {"text": "rings back"}, "text"),
    Form(
        "billing:invoice_edit",
        lambda own: bodies.invoice(own, issue="1"),
        f"{HEAD} {' '.join(f'lines-0-{name}' for name in LINES.split())} "
        "adjustments-0-kind adjustments-0-label adjustments-0-value",
    ),
    Form("billing:invoice_send", lambda own: {"message": "Thank you"}, "message"),
    Form("billing:invoice_mark_sent", lambda own: {"way": "post"}, "way"),
    Form("billing:invoice_dispute", lambda own: {"reason": "damaged"}, "reason"),
    Form(
        "billing:payment_create",
        lambda own: bodies.payment(**{f"use-{own.invoice.pk}": "5"}),
        "amount currency received_date method reference request_key",
        lambda own: f"?customer={own.customer.pk}",
    ),
    Form("billing:payment_allocate", lambda own: {"invoice": own.invoice.pk, "amount": "1"}, "invoice amount"),
    Form("billing:payment_reverse", lambda own: {"reason": "bounced"}, "reason"),
    by("anonymous", "accounts:sign_in", "email password"),
    by("anonymous", "accounts:sign_in", "passkey passkey_state"),
    by("half way in", "accounts:sign_in_code", "code"),
    by("half way in", "accounts:sign_in_code", "passkey passkey_state"),
    by("anonymous", "accounts:forgot_password", "email"),
    by("anonymous", "accounts:reset_password", "new"),
    by("administrator", "accounts:security_change_password", "current new"),
    by("administrator", "accounts:sign_in_policy", " ".join(RULES), **RULES),
    by("administrator", "accounts:email_change", "new_email", new_email="new@harbour.example"),
    by("stale", "accounts:email_change", "new_email confirm-code confirm-interrupted"),
    by("stale", "accounts:email_change", "confirm-answer confirm-state confirm-interrupted"),
    by("administrator", "accounts:passkey_add", "name passkey passkey_state"),
    by("administrator", "accounts:security_authenticator_start", "name", name="Phone"),
    by("administrator", "accounts:security_authenticator_confirm", "code"),
    by("owner", "accounts:security_authenticator_rename", "name", name="Tablet"),
    by("owner", "accounts:passkey_rename", "name", name="Tablet"),
    by("administrator", "accounts:switch_company", "company"),
    Form("billing:invoice_bulk", lambda own: {}, "bulk selected"),
    *OF_TEAM,
    *OF_LOGS,
]
FILTERS = "text who kind outcome type named ip since until customer object action"
PARAMETERS = {
    "billing:customer_list": "q show owner currency sort after before",
    "billing:invoice_list": "q status customer currency issued_from due_to amount_from amount_to sort after before",
    "billing:payment_list": "q state customer method received_from after before",
    "billing:payment_create": "customer invoice currency find",
    "billing:item_list": "q show after before",
    "billing:item_suggestions": "q currency",
    "billing:customer_suggestions": "q",
    "billing:invoice_create": "customer",
    "billing:invoice_contacts": "customer",
    "billing:dashboard": "currency",
    "audit:billing_log": f"{FILTERS} older_than newer_than",
    "audit:security_log": f"{FILTERS} older_than newer_than",
    "audit:history": "older_than newer_than",
    "audit:billing_person": "older_than newer_than",
    "audit:security_person": "older_than newer_than",
    "audit:consistency": "older newer",
    "audit:state_checkpoints": "before",
    "accounts:alert_list": "tab older_than newer_than",
    "accounts:log_erasing": "q",
    "mailbox": "before",
    "accounts:sign_in": "next",
    "accounts:sign_in_code": "next",
    "accounts:forgot_password": "asked",
    "accounts:security_set_up": "next",
    "accounts:security_events": "older_than newer_than",
    "accounts:team": "q",
    "accounts:role_list": "role",
    "accounts:role_compare": "a b",
    "accounts:explain": "member permission",
    "accounts:approval_list": "tab older_than newer_than",
    "accounts:api_key_create": "approval",
}


def asked_in_by_who_may(world) -> None:
    """Ada invited a guest and saved a view, a colleague has the role whose name is to change, an entry is old."""
    inviter = Membership.objects.get(company=world.company, user__name="Ada")
    guest = {"email": "guest@harbour.example", "invited_by": inviter}
    Invitation.objects.filter(pk=world.owned.invitation.pk).update(**guest)
    Membership.objects.filter(pk=world.other.member.pk).update(role="", own_role=world.owned.role)
    SavedView._base_manager.filter(pk=world.owned.billing_view.pk).update(user_id=inviter.user_id)
    old_entry(world)


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_hostile_text(world, people, text):
    wrong = []
    ada, own, kept = people["administrator"], world.owned, []
    people["half way in"] = Browser()
    people["half way in"].post("/sign-in/", {"email": "half@harbour.example", "password": make.PASSWORD})
    people["invited"] = Browser()
    asked_in_by_who_may(world)
    with transaction.atomic():
        for form in FORMS:
            wrong += send(people[form.who], own, form, text, kept)
        with in_company(world.company):
            own.draft = Invoice.objects.get(pk=own.draft.pk)
            own.item, own.tax_rate = Item.objects.order_by("pk").last(), TaxRate.objects.order_by("pk").last()
            letter = letter_about(own)
            address = links.create(invoice=own.draft, recipient=own.contact.email, by=books.BY, at=timezone.now())
        people["customer"].post(urlsplit(address).path)
        wrong += list(read_everything(people, own))
        wrong += faults_of_letter(letter)
        for name in ("accounts:passkey_remove", "accounts:security_authenticator_remove"):
            people["owner"].post(route(name).address(own))
        for told in Letter.objects.filter(status=Letter.Status.QUEUED, user__isnull=False, link__used_at__isnull=True):
            wrong += faults_of_letter(letters.compose(told, timezone.now()))
        review_of(own.access_review, world.other.member)
        for name in ("billing:invoice_export", "billing:customer_export", "accounts:access_review_export"):
            table = ask(ada, "POST", route(name).address(own)).body
            wrong += [f"{name}: {fault}" for fault in faults_of_export(table, text)]
        wrong += list(faults_of_log_files(ada, own, text))
        wrong += list(faults_of_json(people["key"], own))
        document = ask(ada, "GET", route("billing:invoice_pdf").address(own, id=own.draft.pk)).body
        wrong += faults_of_document(document, is_shown="lines-0-name" in kept)
        transaction.set_rollback(True)
    wrong += list(ask_with(ada, own, text))
    wrong += list(ask_with_key(people["anonymous"], own, text))
    wrong += list(ask_for_a_program(people["key"], text))
    assert not wrong, report(wrong)


def send(browser, own, form: Form, text: str, kept: list[str]) -> Iterator[str]:
    """All fields at once; then without those that were refused, until the rest is taken and kept for good."""
    address = route(form.route).address(own) + form.query(own)
    good = form.body(own)
    hostile = dict.fromkeys(form.texts.format(field=own.custom_field.pk).split(), text)
    while good or hostile:
        response = ask(browser, "POST", address, good | hostile)
        yield from faults_of_answer(response, f"{form.route} with {', '.join(hostile)}")
        if response.status_code != 200 or not hostile:
            break
        refused = marked(response.body) & {*hostile} or set(list(hostile)[:1])
        hostile = {field: text for field in hostile if field not in refused}
    if good:
        kept += hostile
        taken = browser.post(address, good | hostile)
        if taken.status_code != 302 and not TAKEN.search(taken.content):
            yield f"{form.route} refuses what is good"


def marked(page: bytes) -> set[str]:
    """The names of the fields that are said to be wrong."""
    return {
        element.get("name", "") for element in html.fromstring(page.decode()).iterfind('.//*[@aria-invalid="true"]')
    }


def ask_with(browser, own, text: str) -> Iterator[str]:
    """Every list with the text in all its parameters, and in each that says where to go on."""
    for name, parameters in PARAMETERS.items():
        positions = [one for one in parameters.split() if one.endswith(("after", "before", "than"))]
        for given in (parameters.split(), *([one] for one in positions)):
            response = ask(browser, "GET", f"{route(name).address(own)}?{urlencode(dict.fromkeys(given, text))}")
            if response.status_code not in (200, 302, 404):
                yield f"{name} with {given} answers {response.status_code}"
            yield from faults_of_page(response, f"{name} with {given}")


def ask_with_key(browser, own, text: str) -> Iterator[str]:
    """The text in place of the token of each mailed link."""
    for name in own.tokens:
        for method in ("GET", "POST"):
            response = ask(browser, method, route(name).address(own, token=text.replace("/", "")))
            if response.status_code not in (200, 404):
                yield f"{method} {name} answers {response.status_code}"
            yield from faults_of_page(response, name)


def read_everything(people, own) -> Iterator[str]:
    """Every page of both sides, which now show what was kept; the owner's where the administrator is shown none."""
    for one in all_routes():
        readers = ("customer",) if one.guard == "portal" else ("administrator", "owner")
        for who in readers:
            page = ask(people[who], "GET", one.address(own))
            yield from faults_of_page(page, f"{one.name} as {who}")
            if page.status_code == 200:
                break
    asked = Approval.objects.filter(object_id=str(own.invoice.pk), requested_by__user__name="Ada").get()
    page = ask(people["stale"], "GET", route("accounts:approval_detail").address(own, id=asked.pk))
    if page.status_code != 200:
        yield f"the request answers {page.status_code}"
    yield from faults_of_page(page, "the request")
    for who, name in (
        ("administrator", "billing:invoice_detail"),
        ("administrator", "audit:history"),
        ("customer", "portal:invoice"),
        ("customer", "portal:pay"),
    ):
        argument = "object_id" if name == "audit:history" else "id"
        page = ask(people[who], "GET", route(name).address(own, **{argument: own.draft.pk}))
        if page.status_code != 200:
            yield f"{name} answers {page.status_code}"
        yield from faults_of_page(page, name)


def faults_of_answer(response, where: str) -> Iterator[str]:
    """Refused with a sentence, or taken."""
    if response.status_code not in (200, 302, 404):
        yield f"{where} answers {response.status_code}"
    if response.status_code == 200 and not SAYS_WHY.search(response.body) and not TAKEN.search(response.body):
        yield f"{where} is refused without a word"
    yield from faults_of_page(response, where)


def faults_of_page(response, where: str) -> Iterator[str]:
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    yield from (f"{where}: {fault}" for fault in faults_of_html(response.body))


def faults_of_html(page: bytes) -> Iterator[str]:
    """Elements, attributes and addresses that came from the text."""
    if not page.strip():
        return
    for element in html.fromstring(page.decode()).iter():
        if not isinstance(element.tag, str):
            continue
        if WORD in element.tag:
            yield f"an element <{element.tag}>"
        yield from (f"an attribute {name} on <{element.tag}>" for name in element.attrib if WORD in name)
        yield from (
            f"{name} of <{element.tag}> is {value[:60]}"
            for name, value in element.attrib.items()
            if value.strip().lower().startswith(("javascript:", "data:text")) and name in ("href", "src", "action")
        )
        if element.tag in ("script", "style") and WORD in (element.text or ""):
            yield f"code in <{element.tag}>"


def letter_about(own) -> Any:
    email = EmailMessage.objects.filter(invoice=own.invoice, status=EmailMessage.Status.QUEUED).last()
    return emails.compose(email, timezone.now())


def faults_of_letter(letter) -> Iterator[str]:
    message = letter.message()
    if "Bcc" in message or len(message.get_all("To")) != 1 or "evil.example" in " ".join(letter.recipients()):
        yield "the letter goes to somebody else"
    if "\n" in letter.subject:
        yield "the subject breaks its line"
    yield from (f"the letter: {fault}" for fault in faults_of_html(letter.alternatives[0][0].encode()))


def faults_of_export(content: bytes, text: str) -> Iterator[str]:
    """No cell that a spreadsheet would compute."""
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
        yield from (
            f"the export has {cell[:40]!r}" for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        )


def faults_of_log_files(ada, own, text: str) -> Iterator[str]:
    """Both logs as they are taken away, with all that was kept in them."""
    for log in ("billing", "security"):
        address = route(f"audit:{log}_export").address(own)
        table = ask(ada, "POST", address, {"format": "csv"}).body
        yield from (f"the {log} log: {fault}" for fault in faults_of_export(table, text))
        for line in ask(ada, "POST", address, {"format": "jsonl"}).body.splitlines():
            json.loads(line)
        document = ask(ada, "POST", route(f"billing:{log}_log_report").address(own)).body
        yield from faults_of_document(document, is_shown=False)


def review_of(review: AccessReview, member: Membership) -> None:
    """What confirming this member keeps."""
    member.refresh_from_db()
    ReviewedMember.objects.create(
        review=review,
        membership=member,
        role_name=member.role_name,
        restriction=member.restriction_words,
        confirmed_by=member.user,
        confirmed_at=timezone.now(),
    )


def faults_of_json(program, own) -> Iterator[str]:
    """JSON that a browser takes for nothing else, and that says what was kept."""
    for one in all_routes():
        if one.by_key:
            response = ask(program, "GET", one.address(own))
            json.loads(response.body)
            kind = response.headers["Content-Type"], response.headers["X-Content-Type-Options"]
            if (response.status_code, *kind) != (200, "application/json", "nosniff"):
                yield f"{one.name} answers {response.status_code}, {kind}"


def ask_for_a_program(program, text: str) -> Iterator[str]:
    """Each parameter of the API with the text is refused in JSON, or looked for."""
    for endpoint in (CUSTOMERS, INVOICES, PAYMENTS, EVENTS):
        for parameter in endpoint.known:
            response = ask(program, "GET", f"{endpoint.path}?{urlencode({parameter.name: text})}")
            json.loads(response.body)
            if response.status_code not in (200, 400):
                yield f"{endpoint.path} with {parameter.name} answers {response.status_code}"


def faults_of_document(content: bytes, *, is_shown: bool) -> Iterator[str]:
    shown = subprocess.run(
        [programs.needed("pdftotext"), "-layout", "-", "-"], input=content, capture_output=True, check=True
    ).stdout
    if b"root:" in shown:
        yield "the document read a file"
    if is_shown and WORD.encode() not in shown:
        yield "the document does not show the text"
    for sign in (b"/JavaScript", b"/Launch", b"/JS "):
        if sign in content:
            yield f"the document holds {sign.decode()}"


@pytest.mark.parametrize("raw", ["%ED%A0%80", "%FF%FE", "%C3%28", "%F0%9F", "%00"])
def test_bytes_that_are_no_text(world, people, raw):
    """What is sent is not always well-formed: half a character, a lone surrogate, a null."""
    address = route("billing:note_create").address(world.owned)
    response = people["administrator"].post(address, f"text={raw}", content_type="application/x-www-form-urlencoded")
    assert response.status_code in (200, 302, 400)
    page = people["administrator"].get(f"/customers/?q={raw}")
    assert page.status_code == 200


def test_more_fields_than_any_form_has(world, people):
    body = "&".join(f"lines-{number}-name=x" for number in range(10_100))
    response = people["administrator"].post("/invoices/new/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


def test_a_name_that_no_other_has(world, people):
    """The same hostile item code twice is refused with a sentence the second time."""
    body = bodies.item(code=f"<{WORD}>{uuid4().hex[:6]}")
    first, second = (people["administrator"].post("/items/new/", body) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 200)
    assert list(faults_of_html(second.content)) == []
