"""What holds for every letter that leaves the building, whoever it is for: how it is put together and how it fails."""

import re
import smtplib
from email.mime.text import MIMEText
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from audit.actors import Actor

TRIES = 15
AUTOMATION = Actor.automation("mail", "Automatic mail")
EXPECTED = (smtplib.SMTPException, OSError)
LONGEST_SUBJECT = 180
EMPTY_LINES = re.compile(r"\n{3,}")


class NotDelivered(Exception):
    """A letter could not be sent; it is tried again."""


class Overtaken(Exception):
    """Something happened that makes a letter wrong; it is not sent."""


def compose(name: str, context: dict[str, Any], *, id: Any, **head: Any) -> EmailMultiAlternatives:
    """The letter of the templates `name`, as text and HTML. `id` begins its Message-ID; `head` says who to whom."""
    subject = one_line(render_to_string(f"{name}.subject.txt", context))
    letter = EmailMultiAlternatives(
        subject=subject,
        body=EMPTY_LINES.sub("\n\n", render_to_string(f"{name}.txt", context)),
        headers={"Message-ID": f"<{id}@{sender().rpartition('@')[2]}>", "Auto-Submitted": "auto-generated"},
        **head,
    )
    letter.attach_alternative(render_to_string(f"{name}.html", context | {"subject": subject}), "text/html")
    return letter


def text_file(name: str, text: str) -> MIMEText:
    """A text to enclose, whose bytes no server on the way wraps or ends differently."""
    enclosed = MIMEText(text, "plain", "utf-8")
    enclosed.add_header("Content-Disposition", "attachment", filename=name)
    return enclosed


def sender() -> str:
    """The address all letters come from, without a name."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def one_line(text: str) -> str:
    """What may stand in a head line of a letter: no line end, no control character, not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    words = " ".join(printable.split())
    return words if len(words) <= LONGEST_SUBJECT else f"{words[: LONGEST_SUBJECT - 1].rstrip()}…"


def reason(failure: Exception) -> str:
    """Why a letter did not leave, in words for whoever sent it."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return "The mail server does not accept this address. Check it."
    if isinstance(failure, smtplib.SMTPResponseException):
        said = (
            failure.smtp_error.decode(errors="replace") if isinstance(failure.smtp_error, bytes) else failure.smtp_error
        )
        return one_line(f"The mail server answered {failure.smtp_code}: {said}")
    if isinstance(failure, Overtaken):
        return str(failure)
    if isinstance(failure, EXPECTED):
        return one_line(f"The mail server cannot be reached: {failure or type(failure).__name__}.")
    return f"The letter could not be made ({type(failure).__name__}). The log of the worker says more."


def is_final(failure: Exception) -> bool:
    """Whether another try would end the same way: the address is refused for good, or the letter is out of date."""
    if isinstance(failure, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in failure.recipients.values())
    return isinstance(failure, Overtaken)
