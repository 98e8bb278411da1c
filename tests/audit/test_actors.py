from types import SimpleNamespace

from django.test import RequestFactory

from audit.actors import Actor


class Person:
    pk = 7

    def __str__(self):
        return "Ada"


def request(**headers):
    made = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7", headers=headers)
    made.request_id = "r1"
    made.session = SimpleNamespace(session_key="session-key", row=SimpleNamespace(pk="row-1"))
    return made


def test_a_member_is_named_with_where_they_act_from():
    assert Actor.member(Person(), request(user_agent="B" * 1000)) == Actor(
        type="member",
        id="7",
        label="Ada",
        session="row-1",
        ip="192.0.2.7",
        user_agent="B" * 400,
        request_id="r1",
    )


def test_a_contact_may_bring_their_own_session():
    actor = Actor.contact(Person(), request(), session="portal-1")

    assert (actor.type, actor.session, actor.ip) == ("contact", "portal-1", "192.0.2.7")


def test_without_a_request_nothing_is_guessed():
    assert Actor.member(Person()) == Actor(type="member", id="7", label="Ada")
    assert Actor.automation("worker") == Actor(type="automation", id="worker", label="worker")
    assert Actor.operator("create_company") == Actor(type="operator", id="create_company", label="create_company")


def test_a_session_not_yet_saved_has_no_reference():
    unsaved = request()
    unsaved.session = SimpleNamespace(session_key=None, row=None)

    assert Actor.member(Person(), unsaved).session == ""
