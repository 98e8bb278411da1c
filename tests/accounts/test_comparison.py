"""What a change of rights is called."""

from accounts.comparison import gives, groups, told
from accounts.permissions import Permission
from accounts.roles import Rights

P = Permission

WRITES_OFF = frozenset({P.INVOICE_VIEW, P.INVOICE_WRITE_OFF})


def up_to(**most):
    return Rights(WRITES_OFF, {P.INVOICE_WRITE_OFF: most})


def test_what_is_held_is_told_with_its_limit():
    assert [
        str(gives(rights, P.INVOICE_WRITE_OFF)) for rights in (Rights(), Rights(WRITES_OFF), up_to(EUR=5), up_to())
    ] == [
        "No",
        "Yes",
        "Up to 5 EUR",
        "No",
    ]


def test_every_permission_is_in_one_group():
    assert [one for _, members in groups() for one in members] != list(P)
    assert {one for _, members in groups() for one in members} == set(P)
    assert len({group for group, _ in groups()}) == len(groups())


def test_a_change_is_told_in_sentences():
    assert told(up_to(EUR=5), up_to(EUR=5)) == ""
    assert told(Rights(frozenset({P.INVOICE_VIEW, P.PAYMENT_VIEW})), up_to(EUR=5), renamed="Clerk") == (
        "It was called Clerk. "
        "You may now also: write off what is no longer expected, and reinstate it, up to 5 EUR at a time. "
        "You may no longer: see payments."
    )
    assert told(Rights(WRITES_OFF), up_to(EUR=5, USD=6)) == (
        "You may write off what is no longer expected, and reinstate it: up to 5 EUR, 6 USD at a time; "
        "before, any amount."
    )
