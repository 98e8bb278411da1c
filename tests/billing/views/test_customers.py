import pytest
from django.urls import reverse
from django.utils.html import escape

from accounts.scoping import in_company
from billing.models import Customer
from tests import books, visitors
from tests.books import AT

LIST = "/customers/"
LIST_QUERIES = 12
RECORD_QUERIES = 15
ENTERED = {"name": "Acme", "kind": "company", "currency": "EUR", "payment_terms": "net 14", "email": "a@acme.example"}


def url(route, customer):
    return reverse(f"billing:{route}", args=[customer.pk])


def names(page):
    return [row.name for row in page.context["rows"]]


def words(page):
    return [str(message) for message in page.context["messages"]]


@pytest.fixture
def cam(company):
    """Cam, an account manager, who sees only the customers she owns."""
    return visitors.member(company, "account_manager", "Cam")


def test_create_adds_the_customer_and_shows_it(ada, company):
    books.seller(company)

    page = ada.post("/customers/new/", ENTERED, follow=True)

    made = Customer.objects.get()
    assert (made.number, made.payment_terms, made.paperless, made.owner) == ("CUS-000001", "NET 14", False, None)
    assert page.redirect_chain == [(url("customer_detail", made), 302)]
    assert words(page) == ["Customer Acme added as CUS-000001."]


def test_create_starts_from_how_the_company_bills(ada, company):
    books.seller(company, payment_terms="EOM + 15")

    form = ada.get("/customers/new/").context["form"]

    assert (form["currency"].value(), form["payment_terms"].value()) == ("EUR", "EOM + 15")


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("name", "", "Enter the customer's name."),
        ("name", " \t ", "Enter the customer's name."),
        ("name", "x" * 10_000, "Shorten this to at most 200 characters. It has 10000."),
        ("name", "Acme\u202eemcA", "invisible marks that change the reading direction"),
        ("name", "Ac\x00me", "invisible control character"),
        ("name", "Acme\nLtd", "Write this on one line."),
        ("address", "y" * 601, "Shorten this to at most 600 characters. It has 601."),
        ("address", "Street\u2066 1", "invisible marks"),
        ("email", "not an address", "Write an e-mail address such as ana@acme.example."),
        ("email", "a\x00@acme.example", "invisible control character"),
        ("email", f"{'a' * 300}@acme.example", "An e-mail address has at most 254 characters."),
        ("currency", "XYZ", "This currency is not known. Choose one from the list."),
        ("currency", "", "Choose the currency of its invoices."),
        ("country", "QQ", "This country is not known. Choose one from the list."),
        ("payment_terms", "whenever", "These payment terms cannot be read."),
        ("payment_terms", "NET 9999", "Payment terms can give at most 999 days."),
        ("payment_terms", "", "Enter when its invoices are due, such as NET 30."),
        ("kind", "dog", "Choose company or person."),
        ("owner", "nobody", "Choose a member of your team."),
        ("owner", "0190a4d2-0000-7000-8000-000000000000", "Choose a member of your team."),
        ("number", "CUS-000007", "Numbers that begin with CUS- are given in turn."),
    ],
)
def test_create_says_beside_the_field_what_to_correct_and_loses_nothing(ada, company, field, typed, sentence):
    books.seller(company)

    page = ada.post("/customers/new/", ENTERED | {"phone": "+44 1632", field: typed})

    assert page.status_code == 200
    assert [error for error in page.context["form"].errors[field] if sentence in error]
    text = page.content.decode()
    assert "+44 1632" in text
    if field not in ("kind", "currency", "country", "owner"):
        assert escape(typed.strip()) in text or escape(typed) in text
    assert not Customer.objects.exists()


def test_names_of_every_script_are_kept(ada, company):
    books.seller(company)
    for name in ("上海云杉贸易有限公司", "شركة الأفق للتجارة", "Ünal & <b>Söhne</b>", 'O\'Brien "Best" 🙂'):
        page = ada.post("/customers/new/", ENTERED | {"name": name}, follow=True)
        assert escape(name) in page.content.decode()
        assert Customer.objects.filter(name=name).count() == 1


def test_edit_changes_what_was_entered_and_keeps_the_number(ada, acme):
    number = acme.number

    page = ada.post(url("customer_edit", acme), ENTERED | {"name": "Acme Ltd", "number": "K-9", "paperless": "on"})

    acme.refresh_from_db()
    assert page.status_code == 302
    assert (acme.name, acme.number, acme.payment_terms, acme.paperless) == ("Acme Ltd", number, "NET 14", True)


def test_edit_keeps_an_owner_who_has_left_the_team(ada, company):
    gone = visitors.member(company, "employee", "Gone")
    acme = books.customer(company, owner=gone.user)
    gone.revoked_at = AT
    gone.save()

    ada.post(url("customer_edit", acme), ENTERED | {"owner": gone.user.pk})

    acme.refresh_from_db()
    assert acme.owner == gone.user


def test_archive_and_restore_from_the_record(ada, acme):
    page = ada.post(url("customer_archive", acme), follow=True)
    assert words(page) == ["Customer Acme archived. It can be restored at any time."]
    assert names(ada.get(LIST)) == []
    assert names(ada.get(f"{LIST}?show=archived")) == ["Acme"]

    page = ada.post(url("customer_restore", acme), follow=True)
    assert words(page) == ["Customer Acme restored."]
    assert names(ada.get(LIST)) == ["Acme"]


def test_archive_says_why_not(ada, acme):
    books.issued(acme)

    page = ada.post(url("customer_archive", acme), follow=True)

    assert words(page) == ["Acme still owes EUR\N{NO-BREAK SPACE}100.00. Collect it or write it off, then archive."]


def test_acts_are_not_done_by_looking(ada, acme):
    assert ada.get(url("customer_archive", acme)).status_code == 405
    assert ada.get(url("customer_restore", acme)).status_code == 405


def test_the_record_shows_where_the_customer_stands(ada, acme):
    books.contact(acme, "Ana")
    invoice = books.issued(acme, lines=[books.line("1250")])
    books.paid(invoice, "250")
    books.payment(acme, "40")
    books.issued(acme, currency="JPY", lines=[books.line("7000")])

    page = ada.get(url("customer_detail", acme))

    standings = page.context["account"]
    assert [(one.balance.owed, one.balance.unapplied) for one in standings] == [
        ("EUR\N{NO-BREAK SPACE}1,000.00", "EUR\N{NO-BREAK SPACE}40.00"),
        ("JPY\N{NO-BREAK SPACE}7,000", "JPY\N{NO-BREAK SPACE}0"),
    ]
    assert len(standings[0].bars) == 5
    assert [one.number for one in page.context["payments"]] == ["PAY-000002", "PAY-000001"]
    assert {one.number for one in page.context["invoices"]} == {"INV-000001", "INV-000002"}
    assert [entry.action for entry in page.context["entries"]][-1] == "invoice.drafted"


def test_an_empty_record_says_so(ada, acme):
    text = ada.get(url("customer_detail", acme)).content.decode()

    for sentence in ("nothing open", "Nothing is open.", "No payment has come in yet.", "Nobody yet."):
        assert sentence in text


@pytest.mark.parametrize("count", [1, 20])
def test_the_record_asks_the_same_of_the_database_however_much_there_is(ada, acme, count, django_assert_num_queries):
    for _ in range(count):
        books.paid(books.issued(acme), "30")
        books.contact(acme)
        acme.notes.create(company=acme.company, text="Called", author_label="Ada", written_at=AT)
    ada.get(url("customer_detail", acme))
    with django_assert_num_queries(RECORD_QUERIES):
        assert ada.get(url("customer_detail", acme)).status_code == 200


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_asks_the_same_of_the_database_for_one_row_and_fifty(ada, company, count, django_assert_num_queries):
    for number in range(count):
        books.issued(books.customer(company, f"Customer {number}"))
    ada.get(LIST)
    with django_assert_num_queries(LIST_QUERIES):
        assert len(ada.get(LIST).context["rows"]) == count


def test_a_long_list_is_read_page_by_page_and_back(ada, company):
    made = sorted(f"Customer~{number:03}" for number in range(120))
    for name in made:
        books.customer(company, name)

    first = ada.get(LIST)
    second = ada.get(LIST + first.context["next"])
    third = ada.get(LIST + second.context["next"])
    back = ada.get(LIST + third.context["previous"])

    assert names(first) + names(second) + names(third) == made
    assert (names(back), third.context["next"]) == (names(second), None)


@pytest.mark.parametrize(
    "query", ["after=%00~x", "after=x~nonsense", "before=~", "sort=drop", "q=%00", "owner=x", "currency=ZZZ"]
)
def test_nonsense_in_the_address_is_answered_with_a_page(ada, acme, query):
    assert ada.get(f"{LIST}?{query}").status_code == 200


def test_an_empty_list_says_what_to_do_next(ada, company):
    books.seller(company)

    assert "Add the first one, then write an invoice for it." in ada.get(LIST).content.decode()
    assert "Take one away to see more." in ada.get(f"{LIST}?q=nobody").content.decode()
    assert "Sort it by name to see every customer." in ada.get(f"{LIST}?sort=-balance").content.decode()


def test_a_restricted_member_sees_and_finds_only_their_own(company, cam):
    own = books.customer(company, "Acme", owner=cam.user)
    other = books.customer(company, "Borealis")
    browser = visitors.browser(cam)

    assert names(browser.get(LIST)) == ["Acme"]
    assert names(browser.get(f"{LIST}?q=borealis")) == []
    assert browser.get(url("customer_detail", own)).status_code == 200
    for route in ("customer_detail", "customer_edit", "contact_create", "customer_note_create"):
        assert browser.get(url(route, other)).status_code == 404
    assert browser.post(url("customer_note_create", other), {"text": "hello"}).status_code == 404


def test_who_sees_only_their_own_owns_what_they_add_and_cannot_give_it_away(company, cam):
    books.seller(company)
    bo = visitors.member(company, "employee", "Bo")
    browser = visitors.browser(cam)

    browser.post("/customers/new/", ENTERED | {"owner": bo.user.pk})
    made = Customer.objects.get()
    assert made.owner == cam.user

    browser.post(url("customer_edit", made), ENTERED | {"owner": bo.user.pk})
    made.refresh_from_db()
    assert made.owner == cam.user


def test_another_companys_customer_is_not_there(ada):
    elsewhere = visitors.company("Rival")
    with in_company(elsewhere):
        foreign = books.customer(elsewhere, "Foreign")

    for route in ("customer_detail", "customer_edit"):
        assert ada.get(url(route, foreign)).status_code == 404
    for route in ("customer_archive", "customer_restore"):
        assert ada.post(url(route, foreign)).status_code == 404


def test_who_may_only_look_is_not_offered_and_not_allowed_to_change(company, acme):
    dee = visitors.browser(visitors.member(company, "read_only", "Dee"))

    text = dee.get(url("customer_detail", acme)).content.decode()

    assert "Edit" not in text.split("<main")[1]
    assert "Write invoice" not in text
    assert dee.get(url("customer_edit", acme)).status_code == 403
    assert dee.get("/customers/new/").status_code == 403
    assert dee.post(url("customer_archive", acme)).status_code == 403
    assert dee.post(url("customer_note_create", acme), {"text": "hello"}).status_code == 403
