"""Letters to people about their own account: rows of the change that caused them, written and sent by the worker.

A link's token is made when its letter leaves and only its hash is kept, so no row of ours opens anything.
"""

import logging
import zoneinfo
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as written
from django_tasks import task

from accounts import events, mail
from accounts.letter_kinds import INSTANTS, KINDS, LINKS, ORIGIN, PAGES, TO_AN_ADDRESS, TO_WHO_LEFT
from accounts.models import Company, Letter, MailedLink, User
from accounts.queries.checkpoint_mail import MailedCheckpoint, checkpoint_of
from accounts.queries.letters import may_know
from accounts.queries.memberships import home_company_id, zone_of
from audit import log
from audit.actors import Actor
from security.tokens import new_token, token_hash
from security.user_agents import describe

OUT_OF_DATE = "Its link was used or ran out before this left."
NOT_THEIRS = "Whoever it is for was not to know of it any more before this left."

logger = logging.getLogger(__name__)


def queue(
    kind: str,
    *,
    user: User | None,
    to: str,
    at: datetime,
    facts: dict[str, str] | None = None,
    link: MailedLink | None = None,
    company: Company | None = None,
) -> Letter:
    """One letter in the caller's transaction; it leaves after the commit.

    Without a user it never leaves, unless it is of a kind that is for an address.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("Letters are queued inside transaction.atomic, together with the change they tell of.")
    facts = facts or {}
    _require_known(kind, facts, link)
    letter = Letter(user=user, company=company, kind=kind, recipient=to, facts=facts, link=link, queued_at=at)
    letter.save(force_insert=True)
    deliver.enqueue(str(letter.pk))
    return letter


def origin(by: Actor) -> dict[str, str]:
    """The facts about where something was done from, as far as they are known."""
    device = " on ".join(part for part in describe(by.user_agent) if part)
    return {name: fact for name, fact in (("device", device), ("ip", by.ip)) if fact}


@task()
def deliver(letter_id: str) -> None:
    """Send one letter; what goes wrong is kept on its row, and tried again until the tries are used up."""
    letter = Letter.objects.select_related("user", "company", "link").filter(pk=letter_id).first()
    if letter is None or letter.status != Letter.Status.QUEUED:
        return
    at = timezone.now()
    try:
        if letter.user or letter.kind in TO_AN_ADDRESS:
            send(letter, at)
    except Exception as failure:
        if not isinstance(failure, (*mail.EXPECTED, mail.Overtaken)):
            logger.exception("letter %s cannot be made", letter.pk)
        if _failed(letter, failure, at):
            raise mail.NotDelivered(mail.reason(failure)) from failure
    else:
        _sent(letter, at)


def send(letter: Letter, at: datetime) -> None:
    """Hand one letter to the mail server. The server is asked first: while it is down, no token is made.

    What a company wrote to a member does not leave to who may not know of it any more.
    """
    if letter.kind not in TO_WHO_LEFT and not may_know(letter):
        raise mail.Overtaken(NOT_THEIRS)
    with get_connection() as connection:
        message = compose(letter, at)
        message.connection = connection
        message.send()


def compose(letter: Letter, at: datetime) -> EmailMultiAlternatives:
    """The letter with a fresh link, as text and as HTML; a checkpoint is also enclosed, byte for byte."""
    checkpoint = _checkpoint(letter)
    message = mail.compose(
        f"emails/accounts/{letter.kind}",
        _context(letter) | _action(letter, at) | {"checkpoint": checkpoint},
        id=letter.pk,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.recipient],
    )
    if checkpoint:
        message.attach(mail.text_file("checkpoint", checkpoint.note))
    return message


def _require_known(kind: str, facts: dict[str, str], link: MailedLink | None) -> None:
    if kind not in KINDS:
        raise ValueError(f'There is no letter "{kind}"; known: {", ".join(sorted(KINDS))}.')
    expected = KINDS[kind]
    if facts.keys() - ORIGIN != expected.facts:
        raise ValueError(f'The letter "{kind}" tells {sorted(expected.facts)}, device and ip, not {sorted(facts)}.')
    if (link and link.purpose) != expected.link:
        raise ValueError(f'The letter "{kind}" needs a link to {expected.link}, not {link and link.purpose}.')


def _context(letter: Letter) -> dict[str, Any]:
    zone = _zone(letter)
    facts = {name: mail.one_line(value) for name, value in letter.facts.items()}
    for name in INSTANTS & facts.keys():
        facts[name] = _instant(datetime.fromisoformat(facts[name]), zone)
    return {
        "company": letter.company,
        "name": mail.one_line(letter.user.name) if letter.user else "",
        "account": letter.user.email if letter.user else letter.recipient,
        "facts": facts,
        "when": _instant(letter.queued_at, zone),
        "until": _instant(letter.link.expires_at, zone) if letter.link else "",
        "site": settings.SITE_URL,
    }


def _checkpoint(letter: Letter) -> MailedCheckpoint | None:
    """What a letter of that kind is about. It is many lines that no fact could hold, so it is read when it leaves."""
    return checkpoint_of(int(letter.facts["size"])) if letter.kind == "checkpoint" else None


def _action(letter: Letter, at: datetime) -> dict[str, str]:
    """Where the button leads. A link's token is made here, in place of that of an earlier try."""
    if letter.link:
        route, words = LINKS[letter.link.purpose]
        return {"action": words, "action_url": settings.SITE_URL + reverse(route, args=[_new_token(letter.link, at)])}
    if letter.kind in PAGES:
        route, words = PAGES[letter.kind]
        return {"action": words, "action_url": settings.SITE_URL + reverse(route)}
    if "page" in letter.facts:
        return {"action": "See the request", "action_url": settings.SITE_URL + letter.facts["page"]}
    return {}


def _new_token(link: MailedLink, at: datetime) -> str:
    """A token for a link that still acts. This is the only time it is known: we keep its hash."""
    token = new_token()
    live = MailedLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=at)
    if not live.update(token_hash=token_hash(token)):
        raise mail.Overtaken(OUT_OF_DATE)
    return token


def _zone(letter: Letter) -> zoneinfo.ZoneInfo:
    """The time zone of the company the letter is about, else of the person's own; UTC for who belongs to none."""
    if letter.company:
        return zoneinfo.ZoneInfo(letter.company.time_zone)
    return zone_of(letter.user) if letter.user else zoneinfo.ZoneInfo("UTC")


def _instant(at: datetime, zone: zoneinfo.ZoneInfo) -> str:
    """ "12 Mar 2026, 18:05 (Europe/Berlin)"."""
    return f"{written(at.astimezone(zone), 'j M Y, H:i')} ({zone.key})"


def _sent(letter: Letter, at: datetime) -> None:
    letter.status, letter.sent_at, letter.failure = Letter.Status.SENT, at, ""
    letter.attempts += 1
    letter.save(update_fields=["status", "sent_at", "failure", "attempts"])


@transaction.atomic
def _failed(letter: Letter, failure: Exception, at: datetime) -> bool:
    """Keep why; whether it is worth another try."""
    letter.attempts += 1
    letter.failure = mail.reason(failure)[:300]
    again = letter.attempts < mail.TRIES and not mail.is_final(failure)
    if not again:
        letter.status = Letter.Status.FAILED
        log.record(
            events.LETTER_FAILED,
            target=letter,
            by=mail.AUTOMATION,
            at=at,
            company_id=letter.company_id or (letter.user and home_company_id(letter.user)),
            outcome="failure",
            recipient=letter.recipient,
            failure=letter.failure,
        )
    letter.save(update_fields=["attempts", "failure", "status"])
    return again
