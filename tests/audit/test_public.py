"""What everybody may read of the log: checkpoint, tiles, keys, the tool; nothing else, and never an entry."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import Membership
from audit import log_keys
from audit.models import Leaf
from audit.notes import Checkpoint, opened, parse_verifier
from audit.tool import invoiced_log
from security.ids import uuid7
from tests import visitors
from tests.audit import sealed

pytestmark = pytest.mark.django_db
TEXT = "text/plain; charset=utf-8"
ADDRESSES = ["checkpoint", "tile/0/000.p/3", "keys", "invoiced_log.py", "log-format.md", ""]


@pytest.fixture
def ask(client):
    return lambda address, method="get", **headers: getattr(client, method)(f"/log/{address}", secure=True, **headers)


@pytest.fixture
def three():
    entries = sealed.entries(uuid7(), 3)
    sealed.seal()
    return entries


def test_the_checkpoint_is_the_one_that_was_signed_last(ask, three):
    answer = ask("checkpoint")

    text, _ = opened(answer.content.decode(), log_keys.verifiers())
    assert Checkpoint.parse(text).size == 3
    assert (answer["Content-Type"], answer["Cache-Control"]) == (TEXT, "public, max-age=5")


def test_the_checkpoint_carries_what_witnesses_added(ask, three):
    line = "— witness.example.com AAAAAAAAAA==\n"
    sealed.seal().cosignatures.create(witness="witness.example.com", line=line, at=sealed.LATER)
    sealed.seal()

    assert ask("checkpoint").content.decode().endswith(line)


def test_a_tile_is_its_hashes_and_never_changes(ask, three):
    answer = ask("tile/0/000.p/3")

    hashes = Leaf.objects.order_by("index").values_list("hash", flat=True)
    assert answer.content == b"".join(bytes(one) for one in hashes)
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_part_of_a_tile_that_is_full_by_now_is_still_answered(ask):
    company_id = uuid7()
    sealed.entries(company_id, 3)
    sealed.seal()
    before = ask("tile/0/000.p/3").content
    sealed.entries(company_id, 260)
    sealed.seal(sealed.LATER.replace(minute=1))

    assert ask("tile/0/000.p/3").content == before
    assert len(ask("tile/0/000").content) == 8192
    assert len(ask("tile/0/001.p/7").content) == 7 * 32
    assert len(ask("tile/1/000.p/1").content) == 32


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/4",
        "0/000.p/0",
        "0/000.p/03",
        "0/000.p/256",
        "0/000.p/-3",
        "0/000.p",
        "0/000.p/3/",
        "0/000.p/3%0A",
        "0/000.p/٣",
        "00/000.p/3",
        "0/0.p/3",
        "0/x000/000.p/3",
        "0/001/000.p/3",
        "1/000.p/1",
        "64/000.p/3",
        "entries/000.p/3",
        "entries/000",
        "../checkpoint",
        "0/../0/000.p/3",
        "0/000.p/..%2f..%2f..%2fcheckpoint",
        "%2e%2e/%2e%2e/checkpoint",
        "0//000.p/3",
        "/etc/passwd",
        "0/" + "x999/" * 7 + "999",
        "0/000.p/3%00",
        "",
    ],
)
def test_no_other_address_is_a_tile(ask, three, path):
    assert ask(f"tile/{path}").status_code == 404


def test_the_keys_are_the_logs_the_latest_first(ask, three):
    answer = ask("keys")

    assert [parse_verifier(line) for line in answer.content.decode().splitlines()] == log_keys.verifiers()
    assert answer["Content-Type"] == TEXT


def test_the_tool_and_the_formats_are_the_files_themselves(ask):
    tool, formats = ask("invoiced_log.py"), ask("log-format.md")

    assert tool.content == Path(invoiced_log.__file__).read_bytes()
    assert tool["Content-Disposition"] == 'attachment; filename="invoiced_log.py"'
    assert formats.content == (settings.BASE_DIR / "docs" / "log-format.md").read_bytes()
    assert (tool["Content-Type"], formats["Content-Type"]) == (TEXT, TEXT)


def test_before_the_first_checkpoint_that_is_said(ask):
    assert (ask("checkpoint").status_code, ask("checkpoint").content) == (404, b"The log has signed nothing yet.\n")
    assert ask("tile/0/000.p/1").status_code == 404
    assert (ask("keys").status_code, ask("keys").content) == (200, b"")
    page = ask("").content.decode()
    assert "The log has signed nothing yet." in page
    assert "The log has no key yet." in page


def test_the_page_says_whose_log_it_is_and_how_to_check_it(ask, three):
    page = ask("")

    text = page.content.decode()
    key = str(log_keys.verifiers()[0])
    for words in ("testserver/log", key, "invoiced_log.py verify", "12 Mar 2026, 12:00:07 UTC"):
        assert words in text, words
    assert ask("checkpoint").content.decode().splitlines()[2] in text


@pytest.mark.parametrize("address", ADDRESSES, ids=[address or "page" for address in ADDRESSES])
def test_each_is_for_everybody_and_only_to_be_read(ask, three, address):
    assert ask(address).status_code == ask(address, "head").status_code == 200
    assert ask(address, "post").status_code in (403, 405)
    answer = ask(address)
    assert answer.cookies == {}
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_entries_are_nowhere_among_it(ask, three):
    everything = b"".join(ask(address).content for address in ADDRESSES[:3])

    assert b"S-1" not in everything
    assert str(three[0].pk).encode() not in everything


def test_whoever_is_signed_in_gets_no_cookie_with_what_may_be_kept(ada, three):
    for name in ("audit:public_checkpoint", "audit:public_keys"):
        answer = ada.get(reverse(name))
        assert (answer.status_code, answer.cookies) == (200, {})


@pytest.mark.parametrize("address", ["checkpoint", "tile/0/000.p/3", "keys"])
def test_what_may_be_kept_is_the_same_for_all_signed_in_or_not(ask, ada, three, address):
    for answer in (ask(address), ada.get(f"/log/{address}")):
        assert answer["Cache-Control"].startswith("public, max-age=")
        assert "Vary" not in answer.headers


@pytest.mark.parametrize("address", ["checkpoint", "tile/0/000.p/3", "keys"])
def test_an_answer_that_turns_a_session_over_is_kept_by_nobody(three, address):
    company = visitors.company("Acme")
    visitors.member(company)
    membership = visitors.member(company, "employee", name="Bo")
    bo = visitors.browser(membership)
    Membership.objects.filter(pk=membership.pk).update(role="account_manager")

    answer = bo.get(f"/log/{address}")

    assert "__Host-session" in answer.cookies
    assert answer["Cache-Control"] == "no-store"
