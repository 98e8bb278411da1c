"""What was mailed, as the person who gets it reads it."""

import re
from email import message_from_bytes, policy

from django.core import mail

from tests.queue import work


def delivered():
    """The letters that leave when the worker has run, oldest first; they are read once."""
    work()
    letters = [message_from_bytes(one.message().as_bytes(), policy=policy.default) for one in mail.outbox]
    mail.outbox.clear()
    return letters


def text(letter):
    return letter.get_body(("plain",)).get_content()


def html(letter):
    return letter.get_body(("html",)).get_content()


def path(letter):
    """Where the link in a letter leads, which its two forms agree on."""
    [found] = re.findall(r"https://testserver(/account/\S+|/sign-in/reset/\S+|/invitation/\S+)", text(letter))
    assert set(re.findall(r'href="https://testserver([^"]+)"', html(letter))) == {found}
    return found


def token(letter):
    return path(letter).rstrip("/").rpartition("/")[2]
