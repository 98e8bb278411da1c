"""Where the demo is and how to get in: printed, and written down for scripts in `<DATA_DIR>/demo.json`."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from invoiced.demo.access import MORE_SIGN_INS
from invoiced.demo.company import PASSWORD, PEOPLE
from invoiced.demo.story import Story

PLAIN_HTTP = (
    "This demo speaks plain http, for this machine only: its cookies are not marked Secure, as they are anywhere else."
)


def write(path: Path, site: str, story: Story) -> dict[str, Any]:
    """The first time: the sign-ins and the link are known only now."""
    members = [
        {"email": email, "password": PASSWORD, "role": role, "totp_secret": story.team.totp_secrets.get(email)}
        for role, email in [(role, email) for role, _, email in PEOPLE] + MORE_SIGN_INS
    ]
    return _save(path, {"url": site, "members": members, "portal_link": story.portal_link})


def move(path: Path, site: str) -> dict[str, Any]:
    """The demo may be started on another port: its addresses follow."""
    signs = json.loads(path.read_text())
    return _save(path, {**signs, "url": site, "portal_link": site + urlsplit(signs["portal_link"]).path})


def lines(signs: dict[str, Any], mail: Path | None) -> list[str]:
    shown = ["", f"Invoiced is at {signs['url']}", "", "Sign in as:"]
    for member in signs["members"]:
        code = f", authenticator secret {member['totp_secret']}" if member["totp_secret"] else ""
        shown.append(f"  {member['email']:<24} {member['password']}   ({member['role']}{code})")
    shown += ["", "As a customer, open:", f"  {signs['portal_link']}", ""]
    if mail:
        shown += ["Mail is on the page Mailbox. Who is signed out finds theirs, such as a link for a new password, in:"]
        shown += [f"  {mail}", ""]
    return [*shown, PLAIN_HTTP, "Ctrl-C stops it.", ""]


def _save(path: Path, signs: dict[str, Any]) -> dict[str, Any]:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(json.dumps(signs, indent=2) + "\n")
    return signs
