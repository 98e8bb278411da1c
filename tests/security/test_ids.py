import time
from uuid import RFC_4122, UUID, uuid4

import pytest

from security.ids import id_of_a_form, uuid7


def test_ids_are_version_7_and_sort_by_the_time_they_were_made(monkeypatch):
    instants = iter(range(1_645_557_742_000_000_000, 1_645_557_742_020_000_000, 400_000))
    monkeypatch.setattr(time, "time_ns", lambda: next(instants))

    made = [uuid7() for _ in range(50)]

    assert {(id.version, id.variant) for id in made} == {(7, RFC_4122)}
    assert made == sorted(made)


def test_ids_made_at_the_same_instant_differ(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_645_557_742_000_000_000)

    assert len({uuid7() for _ in range(1000)}) == 1000


def test_an_id_carries_the_millisecond_it_was_made(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_645_557_742_000_500_000)

    assert uuid7().int >> 64 == (0x017F22E279B0 << 16) | 0x7800


@pytest.mark.parametrize("form", [uuid7(), uuid4(), UUID(int=0), UUID(int=2**128 - 1)])
def test_what_a_form_makes_has_one_id_for_each_maker_and_never_the_forms(form):
    made = id_of_a_form(form, "Acme", "Ada")

    assert made == id_of_a_form(form, "Acme", "Ada")
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == form.int >> 80
    others = {id_of_a_form(form, "Acme", "Bo"), id_of_a_form(form, "Bolt", "Ada"), id_of_a_form(uuid7(), "Acme", "Ada")}
    assert len({form, made} | others) == 5
