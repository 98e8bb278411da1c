import pytest
from django.urls import reverse

from audit.models import SavedView, SecurityEvent
from audit.registry import declare
from tests import make as project
from tests import visitors
from tests.audit import make

pytestmark = pytest.mark.django_db
READS_BOTH = ("audit.view", "security_log.view")


@pytest.fixture
def company():
    return visitors.company("Acme")


@pytest.fixture
def ada(company):
    return visitors.browser(visitors.member(company))


@pytest.fixture(params=["billing", "security"])
def log(request):
    return request.param


@pytest.fixture
def reader(company):
    """Somebody who may read both logs and change nothing."""
    return visitors.member(company, project.role(company, *READS_BOTH), "Rea")


def save(browser, log, query="who=Ada&outcome=refused", **fields):
    return browser.post(f"{reverse(f'audit:{log}_view_save')}?{query}", {"name": "Refusals"} | fields)


def chips(browser, log):
    page = browser.get(reverse(f"audit:{log}_log"))
    return [(view["label"], view["url"].partition("?")[2]) for view in page.context["views"]]


def told():
    rows = SecurityEvent.objects.filter(action__startswith="log_view.").order_by("at", "id")
    return make.sentences(rows)


def only():
    return SavedView._base_manager.get()


def act(log, verb):
    return reverse(f"audit:{log}_view_{verb}", args=[only().pk])


def test_a_view_keeps_the_filters_and_opens_them_again(ada, log):
    page = save(ada, log, "who=Ada&outcome=refused&older_than=1.0&text=")

    assert page.url == f"{reverse(f'audit:{log}_log')}?who=Ada&outcome=refused"
    assert chips(ada, log) == [("Refusals", "who=Ada&outcome=refused")]
    current = ada.get(page.url).context["views"]
    assert [view["current"] for view in current] == [True]
    assert told() == [f"Ada saved the view Refusals of the {log} log for themselves"]


def test_a_view_is_of_one_log_and_of_its_maker(ada, log, reader, company):
    save(ada, log)

    other = {"billing": "security", "security": "billing"}[log]
    assert chips(ada, other) == []
    assert chips(visitors.browser(reader), log) == []
    assert chips(visitors.browser(visitors.member(visitors.company("Borealis"))), log) == []


def test_a_shared_view_is_offered_to_everybody_who_may_read_that_log(ada, log, reader, company):
    save(ada, log, is_shared="on")

    assert chips(visitors.browser(reader), log) == [("Refusals", "who=Ada&outcome=refused")]
    assert chips(visitors.browser(visitors.member(visitors.company("Borealis"))), log) == []
    assert told() == [f"Ada saved the view Refusals of the {log} log for everybody who may read it"]


@pytest.mark.parametrize("query", ["outcome=refused", "who=Hidden+Contact", "customer=", "text=Acme"], ids=range(4))
def test_from_whom_customers_are_hidden_only_their_own_views_are_offered(ada, company, query):
    save(ada, "billing", query, name="Fraud at Hidden Ltd", is_shared="on")
    clerk = visitors.browser(visitors.member(company, "read_only", "Cy", restriction="owner"))

    assert chips(clerk, "billing") == []
    assert save(clerk, "billing", "text=Acme", name="Own").status_code == 302
    assert [label for label, _ in chips(clerk, "billing")] == ["Own"]


def test_who_looks_after_security_reaches_no_view_of_another_while_customers_are_hidden(ada, company):
    editor = project.role(company, *READS_BOTH, "security.edit")
    save(ada, "billing", name="Fraud at Hidden Ltd", is_shared="on")
    clerk = visitors.browser(visitors.member(company, editor, "Cy", restriction="owner"))

    assert clerk.get(act("billing", "edit")).status_code == 404
    assert clerk.post(act("billing", "delete")).status_code == 404


@pytest.mark.parametrize("name", ["Refusals", "REFUSALS", " refusals "])
def test_a_name_taken_is_refused_and_what_was_typed_stays(ada, log, name):
    save(ada, log)

    page = save(ada, log, "outcome=failure", name=name, is_shared="on")

    assert page.status_code == 200
    assert "You have a saved view called" in page.content.decode()
    assert f'value="{name}"' in page.content.decode()
    assert page.context["form"]["outcome"].value() == "failure"
    assert page.context["saving"]["is_shared"].value()
    assert len(told()) == SavedView._base_manager.count() == 1


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "a\x00b", "\u202eevil", "two\nlines"], ids=range(6))
def test_a_name_that_is_none_is_refused(ada, log, name):
    assert save(ada, log, name=name).status_code == 200
    assert not SavedView._base_manager.exists()


def test_a_person_has_fifty_views_at_most(ada, log):
    for number in range(50):
        save(ada, log, name=f"View {number}")

    page = save(ada, log)

    assert "You have 50 saved views" in page.content.decode()
    assert SavedView._base_manager.count() == 50


def test_the_maker_changes_and_deletes_their_view(ada, log):
    save(ada, log)
    assert "Refusals" in ada.get(act(log, "edit")).content.decode()

    ada.post(act(log, "edit"), {"name": "No", "is_shared": "on"})
    ada.post(act(log, "edit"), {"name": "No", "is_shared": "on"})
    assert (only().name, only().is_shared, only().query) == ("No", True, "who=Ada&outcome=refused")
    ada.post(act(log, "delete"))

    assert chips(ada, log) == []
    assert told()[1:] == [
        f"Ada changed the saved view No of the {log} log",
        f"Ada deleted the saved view No of the {log} log",
    ]
    assert SecurityEvent.objects.get(action="log_view.changed").changes == {
        "name": ["Refusals", "No"],
        "is_shared": [False, True],
    }


def test_a_view_cannot_take_the_name_of_another(ada, log):
    save(ada, log)
    address = act(log, "edit")
    save(ada, log, name="Other")

    page = ada.post(address, {"name": "other"})

    assert page.status_code == 200
    assert "You have a saved view called" in page.content.decode()


def test_others_leave_a_view_alone_save_for_who_looks_after_security(ada, log, reader, company):
    save(ada, log, is_shared="on")
    rea = visitors.browser(reader)
    guard = visitors.member(company, project.role(company, *READS_BOTH, "security.edit", name="Guard"), "Guy")
    guy = visitors.browser(guard)

    assert [rea.get(act(log, "edit")).status_code, rea.post(act(log, "delete")).status_code] == [404, 404]
    assert [guy.get(act(log, "edit")).status_code, guy.post(act(log, "edit"), {"name": "x"}).status_code] == [200, 404]
    assert guy.post(act(log, "delete")).status_code == 302
    assert not SavedView._base_manager.exists()


def test_nobody_deletes_what_is_somebodys_own_or_another_companys(ada, log, company):
    save(ada, log)
    guy = visitors.browser(visitors.member(company, name="Guy"))
    foreign = visitors.browser(visitors.member(visitors.company("Borealis")))

    assert [one.post(act(log, "delete")).status_code for one in (guy, foreign)] == [404, 404]
    other = {"billing": "security", "security": "billing"}[log]
    assert ada.get(act(other, "edit")).status_code == 404


def test_a_view_of_filters_that_mean_nothing_any_more_still_opens(ada, log):
    declare("shelf.filled", "filled shelf {target}", log=log)
    save(ada, log, "action=shelf.emptied&type=gone&unknown=1")

    [(_, query)] = chips(ada, log)
    page = ada.get(f"{reverse(f'audit:{log}_log')}?{query}")

    assert page.status_code == 200
    assert "Choose one from the list." in page.content.decode()


def test_without_its_entry_no_view_is_saved(ada, log, monkeypatch):
    def fails(*args, **options):
        raise RuntimeError

    monkeypatch.setattr("audit.actions.saved_views.log.record", fails)
    with pytest.raises(RuntimeError):
        save(ada, log)

    assert not SavedView._base_manager.exists()
